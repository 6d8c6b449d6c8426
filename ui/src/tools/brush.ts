// Brush and eraser: paint one nucleus larger, or away, in image space.
import type { Box, Nucleus, PointerInfo, Tool } from "../contracts";
import { boxOf } from "../state/outline";
import { Raster } from "../shapes/raster";
import { traced } from "../shapes/trace";
import { Board, pathOf, strokeTwice } from "./board";
import { brushPanel } from "./options";
import { ERASER, BRUSH } from "./icons";

interface Dab {
  x: number;
  y: number;
  r: number;
}

export function brush(board: Board): Tool {
  return paint(board, "brush", "Brush", "B", BRUSH);
}

export function eraser(board: Board): Tool {
  return paint(board, "eraser", "Eraser", "E", ERASER);
}

function paint(board: Board, id: "brush" | "eraser", name: string, key: string, icon: string): Tool {
  let nucleus: Nucleus | null = null;
  let dabs: Dab[] = [];
  const dab = (p: PointerInfo): Dab => ({ x: p.x, y: p.y, r: board.radius * (p.kind === "pen" ? 0.4 + 1.2 * p.pressure : 1) });
  const show = () => board.show((ctx, view) => drawDabs(ctx, view, board, nucleus, dabs, id === "eraser"));
  return {
    id,
    name,
    key,
    icon,
    cursor: "none",
    hover(p) {
      board.show((ctx, view) => drawTip(ctx, view, dab(p), board));
    },
    down(p) {
      nucleus = target(board, p, id === "brush");
      if (id === "eraser" && !nucleus) return board.say("Click a nucleus to erase from, or choose one first.");
      dabs = [dab(p)];
      show();
    },
    move(p) {
      if (dabs.length === 0) return;
      dabs.push(dab(p));
      show();
    },
    up() {
      if (dabs.length > 0) painted(board, id, nucleus, dabs);
      dabs = [];
      board.show(null);
    },
    cancel() {
      dabs = [];
      board.show(null);
    },
    panel: () => brushPanel(board),
  };
}

/** The nucleus under the pointer where it is chosen or none is; else the chosen one; null begins a new one. */
function target(board: Board, p: PointerInfo, isBrush: boolean): Nucleus | null {
  const chosen = board.chosen();
  const there = board.at(p);
  const only = chosen.length === 1 ? (chosen[0] as Nucleus) : null;
  if (p.alt && isBrush) return null;
  if (there?.kind === "outline" && (!only || !isBrush || there.id === only.id)) return there;
  if (only && isBrush && !isNear(only, p, board.radius)) return null;
  return only;
}

/** Does a brush that goes down here meet the nucleus? */
function isNear(nucleus: Nucleus, p: PointerInfo, radius: number): boolean {
  const box = boxOf(nucleus.rings) as Box;
  return p.x > box[0] - radius && p.y > box[1] - radius && p.x < box[2] + radius && p.y < box[3] + radius;
}

function painted(board: Board, tool: "brush" | "eraser", nucleus: Nucleus | null, dabs: Dab[]): void {
  const outlines = paintedOutlines(nucleus?.rings ?? [], dabs, tool === "brush", board.field);
  if (nucleus) board.reshape(tool, nucleus, outlines);
  else board.add(tool, outlines.slice(0, 1).map((rings) => board.fresh(rings)));
}

/** Outlines after a stroke; several where the eraser cut a nucleus in two. */
export function paintedOutlines(rings: number[][], dabs: readonly Dab[], isBrush: boolean, field: Box): number[][][] {
  const circles = dabs.map(({ x, y, r }) => [x - r, y - r, x + r, y + r]);
  const box = boxOf([...rings, ...(isBrush || rings.length === 0 ? circles : [])]);
  if (!box) return [];
  const radius = Math.max(...dabs.map((one) => one.r));
  const mask = Raster.over(box, Math.min(0.25, radius / 8));
  mask.fill(rings);
  const before = mask.data.slice();
  for (const [i, to] of dabs.entries()) {
    const from = dabs[Math.max(0, i - 1)] as Dab;
    mask.stamp(from.x, from.y, from.r, to.x, to.y, to.r, isBrush ? 1 : 0);
  }
  mask.clip(field);
  const isChanged = mask.data.some((value, i) => value !== before[i]);
  return isChanged ? traced(mask) : [rings]; // no corner moves by a stroke that paints nothing
}

type View = { x: number; y: number; scale: number };

function drawTip(ctx: CanvasRenderingContext2D, view: View, tip: Dab, board: Board): void {
  ctx.beginPath();
  ctx.arc((tip.x - view.x) * view.scale, (tip.y - view.y) * view.scale, Math.max(1, tip.r * view.scale), 0, 7);
  strokeTwice(ctx, board.colour, 1.5);
}

function drawDabs(
  ctx: CanvasRenderingContext2D,
  view: Parameters<typeof pathOf>[1],
  board: Board,
  nucleus: Nucleus | null,
  dabs: Dab[],
  isEraser: boolean,
): void {
  if (dabs.length === 0) return;
  const colour = nucleus ? board.document.layer.colourOf(nucleus) : board.colour;
  ctx.save();
  if (isEraser && nucleus) {
    ctx.beginPath(); // only what can be erased is shown as erased
    for (const ring of nucleus.rings) pathOf(ctx, view, ring, true);
    ctx.clip("evenodd");
  }
  ctx.globalAlpha = isEraser ? 0.75 : 0.55;
  ctx.strokeStyle = ctx.fillStyle = isEraser ? "#ffffff" : colour;
  ctx.lineJoin = ctx.lineCap = "round";
  const isEven = dabs.every((one) => one.r === dabs[0]!.r);
  if (isEven && dabs.length > 1) {
    ctx.beginPath();
    pathOf(ctx, view, dabs.flatMap((one) => [one.x, one.y]), false);
    ctx.lineWidth = 2 * dabs[0]!.r * view.scale;
    ctx.stroke();
  } else {
    ctx.beginPath();
    for (const { x, y, r } of dabs) {
      const [cx, cy] = [(x - view.x) * view.scale, (y - view.y) * view.scale];
      ctx.moveTo(cx + r * view.scale, cy);
      ctx.arc(cx, cy, r * view.scale, 0, 7);
    }
    ctx.fill("nonzero");
  }
  ctx.restore();
  drawTip(ctx, view, dabs.at(-1) as Dab, board);
}
