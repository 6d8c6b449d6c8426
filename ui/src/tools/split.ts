// Split: draw a line across a nucleus, and it is two.
import type { Tool } from "../contracts";
import { split } from "../shapes/booleans";
import { bare } from "../state/changes";
import { newId } from "../state/ids";
import { boxOf } from "../state/outline";
import { Board, pathOf, strokeTwice } from "./board";
import { SPLIT } from "./icons";
import { hint } from "./options";

export function splitter(board: Board): Tool {
  let line: number[] = [];
  return {
    id: "split",
    name: "Split",
    key: "K",
    icon: SPLIT,
    cursor: "crosshair",
    down(p) {
      line = [p.x, p.y];
    },
    move(p) {
      if (line.length === 0) return;
      line.push(p.x, p.y);
      board.show((ctx, view) => {
        ctx.beginPath();
        pathOf(ctx, view, line, false);
        strokeTwice(ctx, "#d0021b");
      });
    },
    up() {
      if (line.length >= 4) cut(board, opened(line, board.px(1)));
      line = [];
      board.show(null);
    },
    cancel() {
      line = [];
      board.show(null);
    },
    panel: () => hint("Draw a line across a nucleus, from outside to outside: the larger part keeps its history, the other is new."),
  };
}

/** A line with fewer points: half of the ring that goes there and back. */
function opened(line: number[], tolerance: number): number[] {
  if (line.length <= 8) return line;
  const kept = [line[0]!, line[1]!];
  for (let i = 2; i < line.length - 2; i += 2) {
    const isFar = Math.hypot(line[i]! - kept.at(-2)!, line[i + 1]! - kept.at(-1)!) > 3 * tolerance;
    if (isFar) kept.push(line[i]!, line[i + 1]!);
  }
  return [...kept, ...line.slice(-2)];
}

/** All nuclei that the line crosses, in one gesture. */
function cut(board: Board, line: number[]): void {
  const layer = board.document.layer;
  const met = [...layer.inBox(...boxOf([line])!)].filter((one) => one.kind === "outline" && layer.isSeen(one));
  const changes = met.flatMap((nucleus) => {
    const [first, ...rest] = split(nucleus.rings, line);
    if (!first || rest.length === 0) return [];
    const more = rest.map((rings) => ({ ...bare(nucleus), id: newId("n"), rings, suggestion: null, verdict: null }));
    const kept = { ...bare(nucleus), rings: first, verdict: null };
    return [kept, ...more].map((after) => ({ nucleus: after.id, after }));
  });
  if (changes.length === 0) return board.say("The line must cross a nucleus from one side to the other.");
  board.document.commit("split", changes);
  board.document.select(changes.map((change) => change.nucleus));
}

