// The document as a fold of edits: the rules of annotate/document.py; tests/cases/edits.json holds both to them.
import type { Edit, Nucleus } from "../contracts";
import { isEdit, isSame, type Change, type StrokeEdit } from "./changes";

/** What is drawn after some number of edits. `removed` has the revision that removed each nucleus. */
export interface Drawn {
  revision: number;
  nuclei: Map<string, Nucleus>;
  removed: Map<string, number>;
  drawn: Map<string, StrokeEdit>;
  hidden: Set<string>;
}

export function emptyDrawn(): Drawn {
  return { revision: 0, nuclei: new Map(), removed: new Map(), drawn: new Map(), hidden: new Set() };
}

/** The revision that changed or removed a nucleus last; 0 for one never seen. */
export function revisionOf(drawn: Drawn, nucleus: string): number {
  return drawn.nuclei.get(nucleus)?.revision ?? drawn.removed.get(nucleus) ?? 0;
}

/** Whether an edit was made on what is there, or says what is there already. */
export function fits(drawn: Drawn, edit: Edit): boolean {
  const revision = revisionOf(drawn, edit.nucleus);
  if (edit.base === revision) return true;
  return revision > 0 && isSame(edit.after, drawn.nuclei.get(edit.nucleus) ?? null);
}

/** The document after one more edit, or null where the edit is in conflict; nothing is changed in place. */
export function applied(drawn: Drawn, change: Change, rater: string): Drawn | null {
  if (isEdit(change) && !fits(drawn, change)) return null;
  return replayed(drawn, [{ change, rater }]);
}

/** The document after edits of the log, which were judged when they came. */
export function replayed(drawn: Drawn, log: Iterable<{ change: Change; rater: string }>): Drawn {
  const next: Drawn = {
    revision: drawn.revision,
    nuclei: new Map(drawn.nuclei),
    removed: new Map(drawn.removed),
    drawn: new Map(drawn.drawn),
    hidden: new Set(drawn.hidden),
  };
  for (const { change, rater } of log) put(next, change, rater, ++next.revision);
  return next;
}

/** One step of the fold, in place: what `replayed` does for each edit, without copying 100,000 nuclei. */
export function put(drawn: Drawn, change: Change, rater: string, revision: number): void {
  if (isEdit(change)) putEdit(drawn, change, rater, revision);
  else putStroke(drawn, change);
}

function putEdit(drawn: Drawn, edit: Edit, rater: string, revision: number): void {
  if (edit.after === null) {
    drawn.nuclei.delete(edit.nucleus);
    drawn.removed.set(edit.nucleus, revision);
  } else {
    drawn.removed.delete(edit.nucleus);
    drawn.nuclei.set(edit.nucleus, { ...edit.after, rater, revision });
  }
}

function putStroke(drawn: Drawn, stroke: StrokeEdit): void {
  if (stroke.removes) drawn.hidden.add(stroke.removes);
  else if (stroke.restores) drawn.hidden.delete(stroke.restores);
  else drawn.drawn.set(stroke.id, stroke);
}

/** Strokes that count, in the order in which they were drawn. */
export function strokesOf(drawn: Drawn): StrokeEdit[] {
  return [...drawn.drawn.values()].filter((stroke) => !drawn.hidden.has(stroke.id));
}
