// Classes of nuclei from fine to coarse, as a document carries them: a plain list, or levels like NuCLS.
import { hexOf, type Rgb } from "./vision";

export interface FineClass {
  name: string;
  main: string;
  super: string;
  own: string /* the colour that the hierarchy's file gives */;
}

interface Row {
  name: string;
  colour?: Rgb;
  parent?: string;
}

export interface Levels {
  name?: string;
  levels: { name: string; classes: Row[] }[];
}

/** Each finest class with the classes above it; levels beyond the third are not shown. Of a plain list nothing is above. */
export function fineClasses(hierarchy: unknown): FineClass[] {
  const { levels } = isLevels(hierarchy) ? hierarchy : ONE;
  const [fine, main, top] = levels;
  return (fine?.classes ?? []).map((row) => {
    const parent = main?.classes.find((one) => one.name === row.parent);
    const above = top ? top.classes.find((one) => one.name === parent?.parent) : parent;
    return { name: row.name, main: parent?.name ?? "", super: above?.name ?? "", own: hexOf(row.colour ?? [140, 140, 140]) };
  });
}

/** Whether classes are a plain list, whose colours are those of the palette already. */
export function isPlain(classes: readonly FineClass[]): boolean {
  return classes.every((one) => one.main === "");
}

/** Classes in the order of the legend: those of one coarse class together. */
export function inLegendOrder(classes: readonly FineClass[]): FineClass[] {
  const supers = [...new Set(classes.map((one) => one.super))];
  const mains = [...new Set(classes.map((one) => one.main))];
  const place = (one: FineClass) => supers.indexOf(one.super) * 1000 + mains.indexOf(one.main);
  return [...classes].sort((a, b) => place(a) - place(b));
}

/** Classes that nuclei have and the list lacks, in order of their names. */
export function others(classes: readonly FineClass[], counts: ReadonlyMap<string, number>): string[] {
  const listed = new Set(classes.map((one) => one.name));
  return [...counts].flatMap(([label, count]) => (count > 0 && label !== "" && !listed.has(label) ? [label] : [])).sort();
}

function isLevels(value: unknown): value is Levels {
  const levels = (value as Partial<Levels> | null)?.levels;
  return Array.isArray(levels) && levels.length > 0 && levels.every((level) => Array.isArray(level.classes));
}

/** Before a document is open; the server gives every document its classes. */
const ONE: Levels = { levels: [{ name: "class", classes: [{ name: "nucleus", colour: [228, 140, 16] }] }] };
