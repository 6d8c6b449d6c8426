// Draws one nucleus into a tile: as a dot where it is tiny, with fewer corners where they would not show.
import type { Nucleus } from "../contracts";

/** From image px to px of a canvas: subtract, then multiply. */
export interface Placement {
  x: number;
  y: number;
  scale: number;
}

const DOT = 3; // px; what is smaller is a dot
const CORNER = 0.8; // px; corners nearer than this to the one before are left out

export function boundsOf(nucleus: Nucleus): [number, number, number, number] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  const ring = nucleus.rings[0] ?? [];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const [x, y] = [ring[i] as number, ring[i + 1] as number];
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return [x0, y0, x1, y1];
}

/** Add a nucleus to the current path of a context; true where it was so small that a dot was filled. */
export function addNucleus(ctx: CanvasRenderingContext2D, nucleus: Nucleus, place: Placement, unit: number): boolean {
  const ring = nucleus.rings[0];
  if (!ring || nucleus.kind === "rejected") return false;
  if (nucleus.kind === "point") {
    addPoint(ctx, (ring[0] ?? 0) - place.x, (ring[1] ?? 0) - place.y, place.scale, unit);
    return false;
  }
  const [x0, y0, x1, y1] = boundsOf(nucleus);
  const size = Math.max(x1 - x0, y1 - y0) * place.scale;
  if (size < DOT * unit) {
    const side = Math.max(unit, size * 0.8);
    ctx.fillRect((x0 - place.x) * place.scale, (y0 - place.y) * place.scale, side, side);
    return true;
  }
  for (const each of nucleus.rings) addRing(ctx, each, place, CORNER * unit);
  return false;
}

function addRing(ctx: CanvasRenderingContext2D, ring: number[], place: Placement, least: number): void {
  let [lastX, lastY] = [-1e9, -1e9];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const x = ((ring[i] as number) - place.x) * place.scale;
    const y = ((ring[i + 1] as number) - place.y) * place.scale;
    if (i === 0) ctx.moveTo(x, y);
    else if (Math.abs(x - lastX) + Math.abs(y - lastY) < least) continue;
    else ctx.lineTo(x, y);
    [lastX, lastY] = [x, y];
  }
  ctx.closePath();
}

function addPoint(ctx: CanvasRenderingContext2D, dx: number, dy: number, scale: number, unit: number): void {
  const radius = 4 * unit;
  ctx.moveTo(dx * scale + radius, dy * scale);
  ctx.arc(dx * scale, dy * scale, radius, 0, 2 * Math.PI);
}
