// Select: click, Shift and click, a band around many.
import type { Nucleus, PointerInfo, Tool } from "../contracts";
import { boxOf } from "../state/outline";
import { Board, pathOf } from "./board";
import { SELECT } from "./icons";
import { hint } from "./options";

export function select(board: Board): Tool {
  let from: PointerInfo | null = null;
  const show = (p: PointerInfo) => board.show((ctx, view) => {
    if (!from) return;
    ctx.beginPath();
    pathOf(ctx, view, [from.x, from.y, p.x, from.y, p.x, p.y, from.x, p.y], true);
    ctx.fillStyle = "rgb(255 255 255 / 18%)";
    ctx.fill();
    ctx.setLineDash([6, 4]);
    ctx.lineWidth = 2;
    ctx.strokeStyle = "#000000";
    ctx.stroke();
    ctx.lineDashOffset = 5;
    ctx.strokeStyle = "#ffffff";
    ctx.stroke();
  });
  return {
    id: "select",
    name: "Select",
    key: "V",
    icon: SELECT,
    cursor: "default",
    down(p) {
      from = p;
    },
    move(p) {
      if (from && isBand(board, from, p)) show(p);
    },
    up(p) {
      if (from && isBand(board, from, p)) board.document.select(within(board, from, p));
      else if (from) click(board, p);
      from = null;
      board.show(null);
    },
    cancel() {
      from = null;
      board.show(null);
    },
    panel: () => hint("Click a nucleus; Shift and click for several; drag a band around many. Number keys give a class, Delete removes."),
  };
}

function isBand(board: Board, from: PointerInfo, p: PointerInfo): boolean {
  return Math.max(Math.abs(p.x - from.x), Math.abs(p.y - from.y)) > board.px(4);
}

function click(board: Board, p: PointerInfo): void {
  const there = board.at(p);
  const selected = new Set(p.shift ? board.document.layer.selected : []);
  if (there && !selected.delete(there.id)) selected.add(there.id);
  board.document.select(selected);
}

/** Nuclei that are wholly inside a band, and those chosen before where Shift is held. */
function within(board: Board, from: PointerInfo, to: PointerInfo): string[] {
  const [x0, x1] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [y0, y1] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  const layer = board.document.layer;
  const isHeld = (nucleus: Nucleus) => {
    const box = boxOf(nucleus.rings);
    return box !== null && box[0] >= x0 && box[1] >= y0 && box[2] <= x1 && box[3] <= y1;
  };
  const found = [...layer.inBox(x0, y0, x1, y1)].filter((one) => layer.isSeen(one) && isHeld(one));
  return [...(to.shift ? layer.selected : []), ...found.map((one) => one.id)];
}
