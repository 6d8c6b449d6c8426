// What a person does becomes edits of the log, gesture by gesture.
import type { NewNucleus, Nucleus, Stroke } from "../contracts";
import { bare, isSame, rounded, type Change, type StrokeEdit } from "./changes";
import type { Drawing } from "./drawing";
import type { Gesture, Gestures, Step } from "./gestures";
import { newId } from "./ids";

export interface Drawn {
  nucleus: string;
  after: NewNucleus | null;
  base?: number;
}

export class Edits {
  constructor(
    private readonly drawing: Drawing,
    private readonly gestures: Gestures,
    /** Shows changes, and sends them. */
    private readonly put: (changes: Change[]) => void,
  ) {}

  /** One gesture of a tool; what changes nothing is no gesture. Gives its id. */
  commit(tool: string, changes: readonly Drawn[]): string {
    const gesture = newId("g");
    const steps = changes.map(({ nucleus, after }) => this.step(nucleus, after));
    const real = steps.filter((step) => !isSame(step.before, step.after));
    if (real.length === 0) return gesture;
    this.gestures.did(gesture, tool, real);
    this.put(real.map((step) => this.edit(step, { gesture, tool })));
    return gesture;
  }

  /** Gives the id of the stroke. */
  addStroke(stroke: Omit<Stroke, "id" | "gesture">): string {
    const [id, gesture] = [newId("e"), newId("g")];
    const change: StrokeEdit = { ...stroke, points: rounded(stroke.points), id, gesture, tool: "scribble", time: now() };
    this.gestures.did(gesture, "scribble", [{ nucleus: "", before: null, after: null, stroke: change }]);
    this.put([change]);
    return id;
  }

  /** Take back what a gesture did, or bring it back. */
  turn(turned: Gesture, steps: readonly Step[], isUndo: boolean): void {
    const mark = isUndo ? { undoes: turned.id } : { redoes: turned.id };
    const about = { gesture: newId("g"), tool: isUndo ? "undo" : "redo", ...mark };
    const nuclei = steps.filter((step) => !step.stroke);
    this.put(nuclei.map((step) => this.edit(this.turned(step, isUndo), about)));
    const strokes = steps.flatMap((step) => (step.stroke ? [step.stroke] : []));
    if (strokes.length > 0) this.put(strokes.map((stroke) => turnedStroke(stroke, about, isUndo)));
  }

  private step(nucleus: string, after: NewNucleus | null): Step {
    const before = this.drawing.nucleus(nucleus);
    const tidy = after && { ...bare(after as Nucleus), rings: after.rings.map(rounded) };
    return { nucleus, before: before ? bare(before) : null, after: tidy };
  }

  private edit({ nucleus, after, base }: Drawn, about: About): Change {
    return {
      id: newId("e"),
      nucleus,
      base: base ?? this.drawing.baseOf(nucleus),
      after,
      undoes: null,
      redoes: null,
      time: now(),
      ...about,
    };
  }

  /** A nucleus that somebody else changed since gets an old base: a conflict, in which the person chooses. */
  private turned(step: Step, isUndo: boolean): Drawn {
    const [expected, after] = isUndo ? [step.after, step.before] : [step.before, step.after];
    const there = this.drawing.nucleus(step.nucleus) ?? null;
    const isMine = isSame(there, expected) || isSame(there, after);
    return { nucleus: step.nucleus, after, ...(isMine ? {} : { base: 0 }) };
  }
}

interface About {
  gesture: string;
  tool: string;
  undoes?: string;
  redoes?: string;
}

function turnedStroke(stroke: StrokeEdit, about: About, isUndo: boolean): StrokeEdit {
  const target = isUndo ? { removes: stroke.id } : { restores: stroke.id };
  const { class: class_, radius, z } = stroke;
  return { id: newId("e"), class: class_, radius, z, points: [], time: now(), ...target, ...about };
}

function now(): string {
  return new Date().toISOString();
}
