// The same nucleus as two people left it, and the person's choice. Whichever is chosen, undo brings the other back.
import type { NewNucleus, Nucleus } from "../contracts";
import { bare } from "./changes";
import type { Drawing } from "./drawing";
import type { Edits } from "./edits";
import type { Gestures } from "./gestures";
import { newId } from "./ids";
import type { EditQueue } from "./queue";

export type Choice = "theirs" | "mine" | "both";

/** null: removed. */
export interface Conflict {
  nucleus: string;
  mine: NewNucleus | null;
  theirs: Nucleus | null;
}

export function conflictsOf(queue: EditQueue, drawing: Drawing): Conflict[] {
  return [...queue.conflicts.keys()].map((nucleus) => {
    const mine = drawing.nucleus(nucleus);
    return { nucleus, mine: mine ? bare(mine) : null, theirs: drawing.theirs(nucleus) };
  });
}

export interface Sides {
  queue: EditQueue;
  drawing: Drawing;
  gestures: Gestures;
  edits: Edits;
}

/** What waited for the nucleus is given up, and what was chosen is drawn anew on what the server has. */
export async function settle({ queue, drawing, gestures, edits }: Sides, nucleus: string, choice: Choice): Promise<void> {
  const dropped = await queue.drop(nucleus);
  const mine = drawing.drop(nucleus) ?? null;
  gestures.forget(nucleus, new Set(dropped.map((change) => change.gesture)));
  if (choice === "theirs") {
    const theirs = drawing.theirs(nucleus);
    gestures.did(newId("g"), "conflict", [{ nucleus, before: mine, after: theirs && bare(theirs) }]);
  } else if (choice === "mine") {
    edits.commit("conflict", [{ nucleus, after: mine }]);
  } else if (mine) {
    const id = newId("n");
    edits.commit("conflict", [{ nucleus: id, after: { ...mine, id } }]);
  }
}
