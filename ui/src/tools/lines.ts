// Polygon, freehand, box and dot: new nuclei from a line, two corners or a place.
import type { PointerInfo, Tool } from "../contracts";
import { valid } from "../shapes/booleans";
import { simplified } from "../shapes/simplify";
import { Board, pathOf, strokeTwice } from "./board";
import { BOX, DOT, FREEHAND, POLYGON } from "./icons";
import { hint } from "./options";

/** Click corner after corner; a double click, Enter or a click on the first corner closes it. */
export function polygon(board: Board): Tool {
  let points: number[] = [];
  let tip: [number, number] | null = null;
  let before = 0; // numbers in `points` when the pointer went down
  const show = () => board.show(points.length === 0 ? null : (ctx, view) => {
    ctx.beginPath();
    pathOf(ctx, view, tip ? [...points, ...tip] : points, points.length >= 4);
    strokeTwice(ctx, board.colour);
    ctx.beginPath();
    ctx.arc((points[0]! - view.x) * view.scale, (points[1]! - view.y) * view.scale, 4, 0, 7);
    strokeTwice(ctx, board.colour);
  });
  const drop = () => {
    points = [];
    tip = null;
    board.keys = {};
    board.show(null);
  };
  const finish = () => {
    const rings = [points];
    drop();
    addArea(board, "polygon", rings);
  };
  const back = () => {
    points.splice(-2);
    if (points.length === 0) drop();
    else show();
  };
  const begin = () => (board.keys = { enter: finish, back, escape: drop });
  const isOn = (i: number, [x, y]: [number, number]) => Math.hypot(points[i]! - x, points[i + 1]! - y) < board.px(7);
  return {
    id: "polygon",
    name: "Polygon",
    key: "P",
    icon: POLYGON,
    cursor: "crosshair",
    down(p) {
      const at = board.inside(p);
      before = points.length;
      if (points.length === 0) begin();
      if (points.length >= 6 && (isOn(0, at) || isOn(points.length - 2, at))) return finish();
      if (points.length === 0 || !isOn(points.length - 2, at)) points.push(...at);
      show();
    },
    hover(p) {
      tip = board.inside(p);
      if (points.length > 0) show();
    },
    cancel: drop,
    interrupt() {
      points.length = Math.min(points.length, before);
      if (points.length === 0) drop();
      else show();
    },
    panel: () => hint("Click corner after corner. Enter, a double click or the first corner closes it; Backspace takes the last corner back."),
  };
}

export function freehand(board: Board): Tool {
  let points: number[] = [];
  return {
    id: "freehand",
    name: "Freehand",
    key: "L",
    icon: FREEHAND,
    cursor: "crosshair",
    down(p) {
      points = [...board.inside(p)];
    },
    move(p) {
      if (points.length === 0) return;
      points.push(...board.inside(p));
      board.show((ctx, view) => {
        ctx.beginPath();
        pathOf(ctx, view, points, true);
        strokeTwice(ctx, board.colour);
      });
    },
    up() {
      const ring = points.length >= 6 ? simplified(points, Math.min(0.4, board.px(0.75))) : points;
      points = [];
      board.show(null);
      addArea(board, "freehand", [ring]);
    },
    cancel() {
      points = [];
      board.show(null);
    },
    panel: () => hint("Draw around a nucleus; letting go closes the line."),
  };
}

export function box(board: Board): Tool {
  let from: [number, number] | null = null;
  const ringTo = (p: PointerInfo): number[] => {
    const [[x0, y0], [x1, y1]] = [from as [number, number], board.inside(p)];
    const [l, r, t, b] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
    return [l, t, r, t, r, b, l, b];
  };
  return {
    id: "box",
    name: "Box",
    key: "R",
    icon: BOX,
    cursor: "crosshair",
    down(p) {
      from = board.inside(p);
    },
    move(p) {
      if (!from) return;
      const ring = ringTo(p);
      board.show((ctx, view) => {
        ctx.beginPath();
        pathOf(ctx, view, ring, true);
        strokeTwice(ctx, board.colour);
      });
    },
    up(p) {
      const ring = from ? ringTo(p) : [];
      from = null;
      board.show(null);
      const [l, t, r, , , b] = ring;
      if (r! - l! >= 1 && b! - t! >= 1) board.add("box", [board.fresh([ring], "box")]);
    },
    cancel() {
      from = null;
      board.show(null);
    },
    panel: () => hint("Draw from corner to corner: a nucleus that is counted and classified, not outlined."),
  };
}

export function dot(board: Board): Tool {
  let at: [number, number] | null = null;
  return {
    id: "dot",
    name: "Dot",
    key: "D",
    icon: DOT,
    cursor: "crosshair",
    down(p) {
      const [x0, y0, x1, y1] = board.field;
      at = p.x < x0 || p.y < y0 || p.x > x1 || p.y > y1 ? null : [p.x, p.y];
    },
    up() {
      if (at) board.add("dot", [board.fresh([at], "point")]);
      at = null;
    },
    cancel() {
      at = null; // a second finger moves the image
    },
    panel: () => hint("Click the middle of a nucleus: one dot, one nucleus."),
  };
}

/** A drawn area becomes a nucleus: what crosses itself is repaired, what leaves the field is cut. */
function addArea(board: Board, tool: string, rings: number[][]): void {
  if (rings.some((ring) => ring.length < 6)) return;
  const outline = valid(rings, board.field)[0];
  if (!outline) return board.say("The line holds no part of the field. Draw around a nucleus inside it.");
  board.add(tool, [board.fresh(outline)]);
}
