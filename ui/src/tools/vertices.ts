// Vertices: drag a corner of the chosen outline, drag the middle of a side for a new one, Alt and click removes one.
import type { Nucleus, PointerInfo, Tool } from "../contracts";
import { valid } from "../shapes/booleans";
import { isSimple } from "../shapes/simplify";
import { Board, pathOf, strokeTwice } from "./board";
import { VERTICES } from "./icons";
import { hint } from "./options";

interface Held {
  nucleus: Nucleus;
  rings: number[][];
  ring: number;
  at: number;
}

export function vertices(board: Board): Tool {
  let held: Held | null = null;
  const only = () => (board.chosen().length === 1 ? (board.chosen()[0] as Nucleus) : null);
  const show = () => board.show((ctx, view) => {
    const rings = held?.rings ?? only()?.rings ?? [];
    ctx.beginPath();
    for (const ring of rings) pathOf(ctx, view, ring, true);
    strokeTwice(ctx, board.colour, 1.5);
    ctx.fillStyle = "#ffffff";
    ctx.strokeStyle = "#1a1f24";
    ctx.lineWidth = 1.5;
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        ctx.beginPath();
        ctx.rect((ring[i]! - view.x) * view.scale - 3.5, (ring[i + 1]! - view.y) * view.scale - 3.5, 7, 7);
        ctx.fill();
        ctx.stroke();
      }
    }
  });
  board.document.on("selection", () => {
    if (isUsed) show();
  });
  let isUsed = false;
  return {
    id: "vertices",
    name: "Vertices",
    key: "T",
    icon: VERTICES,
    cursor: "default",
    down(p) {
      const nucleus = only();
      held = nucleus && hold(board, nucleus, p);
      if (held && p.alt) {
        const ring = held.rings[held.ring]!;
        if (ring.length > 6) ring.splice(held.at, 2);
        release(board, held);
        held = null;
      }
      if (!held && !p.alt) board.document.select(board.at(p) ? [board.at(p)!.id] : []);
      show();
    },
    move(p) {
      if (!held) return;
      [held.rings[held.ring]![held.at], held.rings[held.ring]![held.at + 1]] = board.inside(p);
      show();
    },
    up() {
      if (held) release(board, held);
      held = null;
      show();
    },
    hover() {
      isUsed = true;
      if (!held) show();
    },
    cancel() {
      held = null;
      isUsed = false;
      board.show(null);
    },
    panel: () => hint("Choose a nucleus, then drag its corners; drag a side for a new corner; Alt and click removes one."),
  };
}

/** The corner under the pointer, or a new one on the side under it. */
function hold(board: Board, nucleus: Nucleus, p: PointerInfo): Held | null {
  const rings = nucleus.rings.map((ring) => [...ring]);
  const reach = board.px(p.kind === "touch" ? 14 : 7);
  for (const [r, ring] of rings.entries()) {
    for (let i = 0; i < ring.length; i += 2) {
      if (Math.hypot(ring[i]! - p.x, ring[i + 1]! - p.y) <= reach) return { nucleus, rings, ring: r, at: i };
    }
  }
  if (p.alt) return null;
  for (const [r, ring] of rings.entries()) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [mx, my] = [(ring[i]! + ring[j]!) / 2, (ring[i + 1]! + ring[j + 1]!) / 2];
      if (Math.hypot(mx - p.x, my - p.y) > reach) continue;
      ring.splice(i + 2, 0, mx, my);
      return { nucleus, rings, ring: r, at: i + 2 };
    }
  }
  return null;
}

function release(board: Board, held: Held): void {
  const isWhole = held.rings.length === 1 && isSimple(held.rings[0]!);
  const outline = isWhole ? held.rings : valid(held.rings, board.field)[0];
  if (outline) board.reshape("vertices", held.nucleus, [outline]);
}
