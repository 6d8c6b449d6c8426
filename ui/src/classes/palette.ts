// Colours of classes: a set that colour-blind people can tell apart, or the hierarchy's own.
import { type FineClass, isPlain } from "./hierarchy";

export const UNCLASSED = "#00b4a5";
/** Of a class that nuclei have and the list lacks. */
export const OTHER = "#8c8c8c";

/**
 * Found by a search for the largest smallest difference over usual vision, deuteranopia and
 * protanopia: no two are nearer than 26 (CIE 1976); among NuCLS's own the smallest is 8.
 * test/classes.test.ts computes both.
 */
export const APART = [
  "#e48c10", "#b0b170", "#4d42ff", "#21fdff", "#9cafff", "#c1ff00",
  "#6a5d92", "#79ffca", "#a35708", "#6666d7", "#d5f87e", "#855a3e",
] as const;

export type Scheme = "apart" | "own";

/** The colour of each class; "" has that of nuclei without one. A plain list has the server's, which are apart. */
export function coloursOf(classes: readonly FineClass[], scheme: Scheme): Map<string, string> {
  let next = 0;
  const isOwn = scheme === "own" || isPlain(classes);
  const colours = classes.map(({ name, own }): [string, string] => {
    if (isOwn) return [name, own];
    return [name, name === "unlabeled" ? UNCLASSED : (APART[next++] ?? own)];
  });
  return new Map([...colours, ["", UNCLASSED]]);
}
