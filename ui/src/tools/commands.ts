// Commands on what is chosen: remove, merge, fill holes, smooth, copy to another plane, undo, sizes.
import type { NewNucleus, Nucleus } from "../contracts";
import { joined } from "../shapes/booleans";
import { smoothed } from "../shapes/simplify";
import { bare } from "../state/changes";
import { newId } from "../state/ids";
import { areaOf } from "../state/outline";
import type { Board } from "./board";

export function addCommands(board: Board): void {
  const { shell } = board.studio;
  const add = (id: string, name: string, key: string, run: () => void, group = "Nuclei") =>
    shell.addCommand({ id: `draw.${id}`, name, key, group, run });
  add("undo", "Undo", "Ctrl+Z", () => board.document.undo(), "Drawing");
  add("redo", "Redo", "Ctrl+Shift+Z", () => board.document.redo(), "Drawing");
  add("redo2", "Redo", "Ctrl+Y", () => board.document.redo(), "Drawing");
  add("smaller", "Smaller brush, or less tolerance", "[", () => resize(board, 1 / 1.25), "Drawing");
  add("larger", "Larger brush, or more tolerance", "]", () => resize(board, 1.25), "Drawing");
  add("close", "Close the polygon", "Enter", () => board.keys.enter?.(), "Drawing");
  add("back", "Take back the last corner, or remove what is chosen", "Backspace", () => (board.keys.back ?? (() => remove(board)))(), "Drawing");
  add("escape", "Drop what is begun, then what is chosen", "Escape", () => board.drop(), "Drawing");
  add("remove", "Remove what is chosen", "Delete", () => remove(board));
  add("all", "Choose all that is shown", "Ctrl+A", () => board.document.select(shown(board)));
  add("merge", "Merge", "M", () => merge(board));
  add("holes", "Fill holes", "O", () => each(board, "fill holes", fillHoles));
  add("smooth", "Smooth", "Shift+S", () => each(board, "smooth", (one) => smooth(board, one)));
  add("next", "Copy to the next plane", "N", () => copy(board, 1));
  add("before", "Copy to the plane before", "Shift+N", () => copy(board, -1));
}

function resize(board: Board, factor: number): void {
  board.radius = Math.min(100, Math.max(0.5, Math.round(board.radius * factor * 2) / 2 || 0.5));
  if (factor > 1 && board.radius < 1) board.radius = 1;
  board.tolerance = Math.min(128, Math.max(1, Math.round(board.tolerance * factor)));
  board.changed();
}

function shown(board: Board): string[] {
  const { layer } = board.document;
  return [...layer.nuclei()].filter((one) => one.kind !== "rejected" && layer.isSeen(one)).map((one) => one.id);
}

function remove(board: Board): void {
  const ids = [...board.document.layer.selected];
  if (ids.length === 0) return board.say("Choose nuclei first: V, then click or drag a band.");
  board.document.commit("delete", ids.map((nucleus) => ({ nucleus, after: null })));
}

/** Each chosen outline becomes what `change` makes of it, in one gesture. */
function each(board: Board, tool: string, change: (nucleus: Nucleus) => NewNucleus): void {
  const chosen = board.chosen();
  if (chosen.length === 0) return board.say("Choose outlines first: V, then click or drag a band.");
  board.document.commit(tool, chosen.map((one) => ({ nucleus: one.id, after: change(one) })));
}

function fillHoles(nucleus: Nucleus): NewNucleus {
  return nucleus.rings.length > 1 ? { ...bare(nucleus), rings: nucleus.rings.slice(0, 1), verdict: null } : bare(nucleus);
}

function smooth(_: Board, nucleus: Nucleus): NewNucleus {
  const step = Math.sqrt(areaOf(nucleus.rings)) / 14;
  return { ...bare(nucleus), rings: nucleus.rings.map((ring) => smoothed(ring, step)), verdict: null };
}

/** One nucleus of several that touch: the largest keeps its history, class and name. */
function merge(board: Board): void {
  const chosen = board.chosen().sort((a, b) => areaOf(b.rings) - areaOf(a.rings));
  const [first, ...rest] = chosen;
  if (!first || rest.length === 0) return board.say("Choose two or more outlines that touch, then merge.");
  const outlines = joined(chosen.map((one) => one.rings));
  if (outlines.length !== 1) return board.say("These nuclei do not touch. Brush a bridge between them, then merge.");
  const after = { ...bare(first), rings: outlines[0] as number[][], verdict: null };
  const gone = rest.map((one) => ({ nucleus: one.id, after: null }));
  board.document.commit("merge", [{ nucleus: first.id, after }, ...gone]);
  board.document.select([first.id]);
}

/** The same outlines on the plane beside, which is shown, with the copies chosen: press again for the one after. */
function copy(board: Board, by: 1 | -1): void {
  const { viewer } = board.studio;
  const [from, planes] = [viewer.view.z, board.document.image?.n_z ?? 1];
  const to = from + by;
  if (planes < 2) return board.say("This image has one plane only.");
  if (to < 0 || to >= planes) return board.say("There is no plane beyond this one.");
  const chosen = [...board.document.layer.selected].map((id) => board.document.nucleus(id));
  const copies = chosen.flatMap((one) =>
    one && one.rings.length > 0 ? [{ ...bare(one), id: newId("n"), z: to, suggestion: null, verdict: null }] : [],
  );
  if (copies.length === 0) return board.say("Choose nuclei first: V, then click or drag a band.");
  board.document.commit("copy", copies.map((after) => ({ nucleus: after.id, after })));
  viewer.setPlane(to);
  board.document.select(copies.map((one) => one.id));
}
