// Next and before: chooses nuclei one after the other, for work by keys alone.
import type { Nucleus, Studio } from "../contracts";
import { boxOf } from "../state/outline";
import { stepped, type Placed } from "../state/stepping";
import type { Board } from "./board";

export function addStepCommands(board: Board): void {
  const add = (id: string, name: string, key: string, by: 1 | -1) =>
    board.studio.shell.addCommand({ id: `draw.${id}`, name, key, group: "Nuclei", run: () => step(board, by) });
  add("step", "Choose the next nucleus", ".", 1);
  add("step-back", "Choose the nucleus before", ",", -1);
}

function step(board: Board, by: 1 | -1): void {
  const { layer } = board.document;
  const seen = [...layer.nuclei()].filter((one) => one.rings.length > 0 && layer.isSeen(one)).map(placed);
  const chosen = seen.find((one) => layer.selected.has(one.id)) ?? null;
  const next = stepped(seen, chosen, by);
  if (!next) return board.say("There is no nucleus on this plane.");
  board.document.select([next.id]);
  bringIntoView(board.studio, next.at);
}

function placed(nucleus: Nucleus): Placed {
  const [x0, y0, x1, y1] = boxOf(nucleus.rings) ?? [0, 0, 0, 0];
  return { id: nucleus.id, at: [(x0 + x1) / 2, (y0 + y1) / 2] };
}

/** Move the image where a place is not on screen. */
export function bringIntoView({ viewer }: Studio, [x, y]: [number, number]): void {
  const { view } = viewer;
  const isSeen = x > view.x && y > view.y && x < view.x + view.width / view.scale && y < view.y + view.height / view.scale;
  if (!isSeen) viewer.goTo(x, y);
}
