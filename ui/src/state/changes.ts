// Edits of nuclei and strokes as the log has them, and what one nucleus says.
import type { Edit, NewNucleus, Nucleus, Stroke } from "../contracts";

/** A stroke of the log; with `removes` or `restores` an earlier one taken back or brought back. */
export interface StrokeEdit extends Stroke {
  removes?: string | null;
  restores?: string | null;
  tool?: string;
  undoes?: string | null;
  redoes?: string | null;
  time?: string;
}

export type Change = Edit | StrokeEdit;

/** A change as `GET documents/{id}/changes` tells it. */
export type Logged = Change & { revision: number; by: string; stored?: string };

export function isEdit(change: Change): change is Edit {
  return "nucleus" in change;
}

/** Without rater and revision: what an edit makes. */
export function bare(nucleus: Nucleus | NewNucleus): NewNucleus {
  const { id, kind, rings, label, z, suggestion, verdict } = nucleus;
  return { id, kind, rings, label, z, suggestion, verdict };
}

/** Whether two say the same of a nucleus, whoever said it when; null is no nucleus. */
export function isSame(a: Nucleus | NewNucleus | null, b: Nucleus | NewNucleus | null): boolean {
  if (a === null || b === null) return a === b;
  const isAlike = a.id === b.id && a.kind === b.kind && a.label === b.label && (a.z ?? null) === (b.z ?? null);
  const isFrom = (a.suggestion ?? null) === (b.suggestion ?? null) && (a.verdict ?? null) === (b.verdict ?? null);
  return isAlike && isFrom && areSameRings(a.rings, b.rings);
}

function areSameRings(a: number[][], b: number[][]): boolean {
  return a.length === b.length && a.every((ring, i) => areSameNumbers(ring, b[i] as number[]));
}

function areSameNumbers(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** Numbers as they travel: to 2 decimals, so that what comes back is what was sent. */
export function rounded(ring: number[]): number[] {
  return ring.map((value) => Math.round(value * 100) / 100);
}
