// What a person answers to suggestions, as changes of nuclei: what was suggested and what was done are both kept.
import type { Box, NewNucleus } from "../contracts";
import { type Suggestion, boxOf, isInside } from "./parts";

type Change = { nucleus: string; after: NewNucleus };

/** The outline is right: a nucleus of the current class, or of the class that was suggested. */
export function accepted(suggestion: Suggestion, label: string, newId: () => string): Change {
  const id = newId();
  const { rings, z } = suggestion;
  const after: NewNucleus = {
    id, kind: "outline", rings, label: label || suggestion.label, z, suggestion: suggestion.id, verdict: "accepted",
  };
  return { nucleus: id, after };
}

/** There is no nucleus. */
export function rejected(suggestion: Suggestion, newId: () => string): Change {
  const id = newId();
  const after: NewNucleus = {
    id, kind: "rejected", rings: [], label: "", z: suggestion.z, suggestion: suggestion.id, verdict: null,
  };
  return { nucleus: id, after };
}

/** There is a nucleus, but the outline is wrong: the box that the person drew stands for it. */
export function wrongOutline(suggestion: Suggestion, box: Box, label: string, newId: () => string): Change {
  const id = newId();
  const [x0, y0, x1, y1] = box;
  const after: NewNucleus = {
    id, kind: "box", rings: [[x0, y0, x1, y0, x1, y1, x0, y1]], label: label || suggestion.label,
    z: suggestion.z, suggestion: suggestion.id, verdict: "wrong_outline",
  };
  return { nucleus: id, after };
}

/** The smallest suggestion under a point. */
export function suggestionAt(suggestions: Iterable<Suggestion>, x: number, y: number): Suggestion | null {
  let found: Suggestion | null = null;
  let least = Infinity;
  for (const one of suggestions) {
    const [x0, y0, x1, y1] = boxOf(one.rings[0] ?? []);
    const area = (x1 - x0) * (y1 - y0);
    if (x < x0 || x > x1 || y < y0 || y > y1 || area >= least || !isInside(one.rings, x, y)) continue;
    [found, least] = [one, area];
  }
  return found;
}

/** The suggestion whose box overlaps a drawn box most, by area of both over area of either. */
export function suggestionUnder(suggestions: Iterable<Suggestion>, box: Box): Suggestion | null {
  let found: Suggestion | null = null;
  let best = 0;
  for (const one of suggestions) {
    const other = boxOf(one.rings[0] ?? []);
    const width = Math.min(box[2], other[2]) - Math.max(box[0], other[0]);
    const height = Math.min(box[3], other[3]) - Math.max(box[1], other[1]);
    if (width <= 0 || height <= 0) continue;
    const both = width * height;
    const share = both / ((box[2] - box[0]) * (box[3] - box[1]) + (other[2] - other[0]) * (other[3] - other[1]) - both);
    if (share > best) [found, best] = [one, share];
  }
  return found;
}

/** Those at or above a confidence; one without a score counts as sure. */
export function atLeast(suggestions: Iterable<Suggestion>, least: number): Suggestion[] {
  return [...suggestions].filter((one) => (one.score ?? 1) >= least);
}
