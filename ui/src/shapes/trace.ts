// From a mask to outlines: one for each piece, exterior first and then its holes.
import { areaOf, isInside, signedArea } from "../state/outline";
import type { Raster } from "./raster";
import { simplified } from "./simplify";

const LEAST_CELLS = 6; // smaller pieces and holes are crumbs of a brush

/** Outlines of the pieces of a mask, the largest first; lines run through the middles of cells' sides. */
export function traced(mask: Raster): number[][][] {
  const rings = ringsOf(mask).map((ring) => simplified(ring, 0.45 * mask.cell)).filter((ring) => ring.length >= 6);
  const least = LEAST_CELLS * mask.cell ** 2;
  const large = rings.filter((ring) => Math.abs(signedArea(ring)) >= least);
  const pieces = large.filter((ring) => signedArea(ring) > 0).map((ring) => [ring]);
  pieces.sort((a, b) => areaOf(a) - areaOf(b)); // a hole belongs to the smallest piece around it
  for (const hole of large.filter((ring) => signedArea(ring) < 0)) {
    pieces.find((piece) => isInside([piece[0]!], hole[0]!, hole[1]!))?.push(hole);
  }
  return pieces.reverse();
}

/** Closed paths along the sides of set cells, which are on the right hand; each side once. */
function ringsOf(mask: Raster): number[][] {
  const { width, height, data } = mask;
  const isSet = (col: number, row: number) => col >= 0 && row >= 0 && col < width && row < height && data[row * width + col] === 1;
  const done = new Uint8Array((width + 1) * (height + 1)); // corners whose side to the right was walked
  const rings: number[][] = [];
  for (let row = 0; row < height; row++) {
    for (let col = 0; col < width; col++) {
      const isTop = isSet(col, row) && !isSet(col, row - 1);
      if (isTop && !done[row * (width + 1) + col]) rings.push(walked(mask, isSet, done, col, row));
    }
  }
  return rings;
}

const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const; // right, down, left, up

function walked(
  mask: Raster,
  isSet: (col: number, row: number) => boolean,
  done: Uint8Array,
  col: number,
  row: number,
): number[] {
  const ring: number[] = [];
  let [x, y, way] = [col, row, 0];
  do {
    const [dx, dy] = STEPS[way]!;
    if (way === 0) done[y * (mask.width + 1) + x] = 1;
    ring.push(mask.x + (x + dx / 2) * mask.cell, mask.y + (y + dy / 2) * mask.cell);
    [x, y] = [x + dx, y + dy];
    way = nextWay(isSet, x, y, way);
  } while (x !== col || y !== row || way !== 0);
  return ring;
}

/** At a corner keep the set cells on the right; where two meet at the corner alone, stay with the same one. */
function nextWay(isSet: (col: number, row: number) => boolean, x: number, y: number, way: number): number {
  for (const turn of [1, 0, 3]) {
    const next = (way + turn) % 4;
    if (isSet(...onTheRight(x, y, next)) && !isSet(...onTheLeft(x, y, next))) return next;
  }
  return (way + 2) % 4;
}

function onTheRight(x: number, y: number, way: number): [number, number] {
  return ([[x, y], [x - 1, y], [x - 1, y - 1], [x, y - 1]] as const)[way] as [number, number];
}

function onTheLeft(x: number, y: number, way: number): [number, number] {
  return ([[x, y - 1], [x, y], [x - 1, y], [x - 1, y - 1]] as const)[way] as [number, number];
}
