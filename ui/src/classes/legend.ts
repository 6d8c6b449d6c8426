// The legend of classes: coarse classes as headings, a row a class, then what nuclei have beside the list.
import { h } from "../shell/dom";
import { type FineClass, inLegendOrder } from "./hierarchy";

export interface Rows {
  /** A row that gives a class; `level` is how far it is set in. */
  row(label: string, key: string, level: number): HTMLElement;
  /** A row of a class that the list lacks. */
  other(label: string): HTMLElement;
}

const MOST_KEYS = 19; // 1 to 9, 0, Shift and 1 to 9

/** The key of a class by its place in the hierarchy. */
export function keyOf(place: number): string {
  if (place < 10) return String((place + 1) % 10);
  return place < MOST_KEYS ? `Shift+${place - 9}` : "";
}

export const KEYS = MOST_KEYS;

export function legend(classes: readonly FineClass[], strays: readonly string[], rows: Rows): HTMLElement[] {
  const parts: HTMLElement[] = [rows.row("", "Shift+0", 0)];
  let [top, main] = ["", ""];
  for (const one of inLegendOrder(classes)) {
    if (one.super !== top) parts.push(h("p", { class: "level" }, shown(one.super)));
    const isGroup = one.main !== one.super && classes.filter((other) => other.main === one.main).length > 1;
    if (one.main !== main && isGroup) parts.push(h("p", { class: "main-class" }, shown(one.main)));
    [top, main] = [one.super, one.main];
    parts.push(rows.row(one.name, keyOf(classes.indexOf(one)), isGroup ? 1 : 0));
  }
  if (strays.length > 0) {
    parts.push(h("p", { class: "level", title: "Nuclei keep a class that was taken out of the list. Choose them here and give them another." }, "Not in the list"));
    parts.push(...strays.map((label) => rows.other(label)));
  }
  return parts;
}

export function shown(name: string): string {
  return name.replaceAll("_", " ");
}
