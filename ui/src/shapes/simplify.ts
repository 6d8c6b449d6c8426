// Fewer corners, smoother lines, and whether a ring is a valid outline.
import { signedArea, toSegment } from "../state/outline";

/** Douglas and Peucker on a closed ring; with less tolerance where it would make the ring cross itself. */
export function simplified(ring: readonly number[], tolerance: number): number[] {
  for (const t of [tolerance, tolerance / 2, tolerance / 4]) {
    const fewer = thinned(ring, t);
    if (fewer.length >= 6 && isSimple(fewer)) return fewer;
  }
  return [...ring];
}

function thinned(ring: readonly number[], tolerance: number): number[] {
  const n = ring.length / 2;
  if (n < 5) return [...ring];
  const far = farthest(ring, 0);
  const kept = new Uint8Array(n);
  kept[0] = kept[far] = 1;
  const spans: [number, number][] = [[0, far], [far, n]];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    let [worst, at] = [tolerance, -1];
    for (let i = from + 1; i < to; i++) {
      const d = toSegment(ring[2 * i]!, ring[2 * i + 1]!, ring[2 * from]!, ring[2 * from + 1]!, ring[(2 * to) % ring.length]!, ring[(2 * to + 1) % ring.length]!);
      if (d > worst) [worst, at] = [d, i];
    }
    if (at < 0) continue;
    kept[at] = 1;
    spans.push([from, at], [at, to]);
  }
  return ring.filter((_, i) => kept[i >> 1] === 1);
}

function farthest(ring: readonly number[], from: number): number {
  let [most, at] = [-1, 0];
  for (let i = 0; i < ring.length; i += 2) {
    const d = Math.hypot(ring[i]! - ring[from]!, ring[i + 1]! - ring[from + 1]!);
    if (d > most) [most, at] = [d, i / 2];
  }
  return at;
}

/** Whether no two sides of a ring meet, but neighbours at their corner; and it has an area. */
export function isSimple(ring: readonly number[]): boolean {
  const n = ring.length / 2;
  if (n < 3 || signedArea(ring) === 0) return false;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const areNeighbours = j === i + 1 || (i === 0 && j === n - 1);
      if (areNeighbours ? folds(ring, i, j, n) : meet(ring, i, j, n)) return false;
    }
  }
  return true;
}

function side(ring: readonly number[], i: number, n: number): [number, number, number, number] {
  const j = (i + 1) % n;
  return [ring[2 * i]!, ring[2 * i + 1]!, ring[2 * j]!, ring[2 * j + 1]!];
}

/** Neighbouring sides that lie on each other. */
function folds(ring: readonly number[], i: number, j: number, n: number): boolean {
  const [a, b] = j === i + 1 ? [i, j] : [j, i];
  const [ax, ay, bx, by] = side(ring, a, n);
  const [, , cx, cy] = side(ring, b, n);
  return turn(ax, ay, bx, by, cx, cy) === 0 && (bx - ax) * (cx - bx) + (by - ay) * (cy - by) <= 0;
}

function meet(ring: readonly number[], i: number, j: number, n: number): boolean {
  const [ax, ay, bx, by] = side(ring, i, n);
  const [cx, cy, dx, dy] = side(ring, j, n);
  if (Math.max(ax, bx) < Math.min(cx, dx) || Math.max(cx, dx) < Math.min(ax, bx)) return false;
  if (Math.max(ay, by) < Math.min(cy, dy) || Math.max(cy, dy) < Math.min(ay, by)) return false;
  const isAcross = turn(ax, ay, bx, by, cx, cy) * turn(ax, ay, bx, by, dx, dy) <= 0;
  return isAcross && turn(cx, cy, dx, dy, ax, ay) * turn(cx, cy, dx, dy, bx, by) <= 0;
}

function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
}

/** A ring with its bumps gone and its size kept: Taubin's two passes, inwards and outwards. */
export function smoothed(ring: readonly number[], step: number): number[] {
  let points = evenly(ring, step);
  for (let pass = 0; pass < 8; pass++) {
    points = drawn(points, 0.5);
    points = drawn(points, -0.52);
  }
  const result = simplified(points, step / 12);
  return isSimple(result) ? result : [...ring];
}

function drawn(ring: number[], strength: number): number[] {
  const n = ring.length;
  return ring.map((value, i) => value + strength * ((ring[(i + 2) % n]! + ring[(i - 2 + n) % n]!) / 2 - value));
}

/** Points on a ring about one step from each other. */
function evenly(ring: readonly number[], step: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const [x0, y0] = [ring[i]!, ring[i + 1]!];
    const [x1, y1] = [ring[(i + 2) % ring.length]!, ring[(i + 3) % ring.length]!];
    const parts = Math.max(1, Math.round(Math.hypot(x1 - x0, y1 - y0) / step));
    for (let k = 0; k < parts; k++) points.push(x0 + ((x1 - x0) * k) / parts, y0 + ((y1 - y0) * k) / parts);
  }
  return points;
}
