// What a person did, gesture by gesture: what undo takes back next, and what redo brings back.
import type { Nucleus, NewNucleus } from "../contracts";
import { bare, isEdit, type Change, type StrokeEdit } from "./changes";

/** What a gesture did to one nucleus, or the stroke that it drew. */
export interface Step {
  nucleus: string;
  before: NewNucleus | null;
  after: NewNucleus | null;
  stroke?: StrokeEdit;
}

export interface Gesture {
  id: string;
  tool: string;
  undone: boolean;
  redoable: boolean;
}

/** As `GET documents/{id}/gestures` tells them; the rules are those of annotate/gestures.py. */
export class Gestures {
  private list: Gesture[] = [];
  private steps = new Map<string, Step[]>();

  reset(list: Gesture[]): void {
    this.list = list.map((gesture) => ({ ...gesture }));
    this.steps.clear();
  }

  /** Something new was done: what was taken back before cannot be brought back any more. */
  did(id: string, tool: string, steps: Step[]): void {
    this.steps.set(id, [...steps]);
    this.found(id, tool);
  }

  /** As `did`, where what it did is read from the log when it is needed. */
  found(id: string, tool: string): void {
    if (this.list.some((gesture) => gesture.id === id)) return;
    for (const gesture of this.list) gesture.redoable = false;
    this.list.push({ id, tool, undone: false, redoable: false });
  }

  /** The gesture that undo takes back next. */
  get last(): Gesture | null {
    return [...this.list].reverse().find((gesture) => !gesture.undone) ?? null;
  }

  /** The gesture that redo brings back next. */
  get next(): Gesture | null {
    return this.list.find((gesture) => gesture.redoable) ?? null;
  }

  mark(id: string, undone: boolean): void {
    const gesture = this.list.find((one) => one.id === id);
    if (gesture) [gesture.undone, gesture.redoable] = [undone, undone];
  }

  stepsOf(id: string): Step[] | undefined {
    return this.steps.get(id);
  }

  /** Work on a nucleus that was given up in a conflict is no part of its gestures any more. */
  forget(nucleus: string, gestures: ReadonlySet<string>): void {
    for (const id of gestures) {
      const left = (this.steps.get(id) ?? []).filter((step) => step.nucleus !== nucleus);
      this.steps.set(id, left);
      if (left.length === 0) this.list = this.list.filter((gesture) => gesture.id !== id);
    }
  }

  /** Learn from the log what earlier gestures did. */
  learn(log: Iterable<Change>): void {
    for (const [id, steps] of stepsOfLog(log)) if (!this.steps.has(id)) this.steps.set(id, steps);
  }
}

/** One pass over a log from its beginning: what each gesture found and what it left. */
export function stepsOfLog(log: Iterable<Change>): Map<string, Step[]> {
  const now = new Map<string, NewNucleus | null>();
  const found = new Map<string, Step[]>();
  for (const change of log) {
    const steps = found.get(change.gesture) ?? [];
    found.set(change.gesture, steps);
    if (!isEdit(change)) {
      if (!change.removes && !change.restores) steps.push({ nucleus: "", before: null, after: null, stroke: change });
      continue;
    }
    const after = change.after && bare(change.after as Nucleus);
    const known = steps.find((step) => step.nucleus === change.nucleus);
    if (known) known.after = after;
    else steps.push({ nucleus: change.nucleus, before: now.get(change.nucleus) ?? null, after });
    now.set(change.nucleus, after);
  }
  return found;
}
