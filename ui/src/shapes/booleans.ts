// Unions, cuts and repairs of outlines, by polyclip-ts.
import { difference, intersection, union, type Geom } from "polyclip-ts";
import type { Box } from "../contracts";
import { areaOf } from "../state/outline";
import { rounded } from "../state/changes";

type Rings = number[][];
const CUT = 0.02; // px that a cut is wide, so that the halves do not touch

/** What is inside an area that may cross itself, cut at a box: valid outlines, the largest first. */
export function valid(rings: Rings, box: Box): Rings[] {
  const [x0, y0, x1, y1] = box;
  return outlines(intersection([pairs(rings)] as Geom, [[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]] as Geom));
}

/** Everything that is in any of some nuclei: one outline where they touch, else several. */
export function joined(nuclei: Rings[]): Rings[] {
  const [first, ...rest] = nuclei.map((rings) => [pairs(rings)] as Geom);
  return first === undefined ? [] : outlines(union(first, ...rest));
}

/** A nucleus cut along a line of points; one outline where the line does not cross it. */
export function split(rings: Rings, line: readonly number[]): Rings[] {
  const knives: Geom[] = [];
  for (let i = 0; i + 3 < line.length; i += 2) {
    const knife = quad(line[i]!, line[i + 1]!, line[i + 2]!, line[i + 3]!);
    if (knife) knives.push(knife);
  }
  if (knives.length === 0) return [rings];
  return outlines(difference([pairs(rings)] as Geom, ...knives));
}

function quad(x0: number, y0: number, x1: number, y1: number): Geom | null {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1e-6) return null;
  const [ux, uy] = [((x1 - x0) / length) * CUT, ((y1 - y0) / length) * CUT];
  const [ax, ay, bx, by] = [x0 - ux, y0 - uy, x1 + ux, y1 + uy]; // a little longer: bends are cut through
  return [[[ax - uy, ay + ux], [bx - uy, by + ux], [bx + uy, by - ux], [ax + uy, ay - ux]]] as Geom;
}

function pairs(rings: Rings): [number, number][][] {
  return rings.map((ring) => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!]));
}

function outlines(found: [number, number][][][]): Rings[] {
  const all = found.map((polygon) => polygon.map((ring) => rounded(ring.slice(0, -1).flat())));
  const large = all.map((rings) => rings.filter((ring) => ring.length >= 6)).filter((rings) => rings.length > 0 && areaOf(rings) > 0.01);
  return large.sort((a, b) => areaOf(b) - areaOf(a));
}
