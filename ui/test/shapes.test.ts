import assert from "node:assert/strict";
import { test } from "node:test";
import { paintedOutlines } from "../src/tools/brush";
import { region } from "../src/tools/wand";
import { joined, split, valid } from "../src/shapes/booleans";
import { Raster } from "../src/shapes/raster";
import { isSimple, simplified, smoothed } from "../src/shapes/simplify";
import { traced } from "../src/shapes/trace";
import { Grid } from "../src/state/grid";
import { areaOf, isInside } from "../src/state/outline";

type Rings = number[][];
const square = (x: number, y: number, side: number): Rings => [[x, y, x + side, y, x + side, y + side, x, y + side]];
const field: [number, number, number, number] = [0, 0, 100, 100];
const near = (a: number, b: number, by: number) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

/** Numbers that look random and are the same in every run. */
function lot(seed: number): () => number {
  return () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

test("a dab of the brush is a disc", () => {
  const [outline, ...more] = paintedOutlines([], [{ x: 50, y: 50, r: 8 }], true, field);
  assert.equal(more.length, 0);
  near(areaOf(outline!), Math.PI * 64, 5);
  assert.ok(isSimple(outline![0]!));
});

test("the brush adds to a nucleus, and is cut at the edge of the field", () => {
  const [outline] = paintedOutlines(square(80, 40, 20), [{ x: 98, y: 50, r: 6 }, { x: 120, y: 50, r: 6 }], true, field);
  near(areaOf(outline!), 400, 8);
  assert.ok(Math.max(...outline![0]!.filter((_, i) => i % 2 === 0)) <= 100);
});

test("stroke after stroke, a nucleus keeps the size of what was not painted", () => {
  let rings = square(20, 20, 30);
  for (let i = 0; i < 20; i++) rings = paintedOutlines(rings, [{ x: 50, y: 21 + i * 1.3, r: 2 }], true, field)[0]!;
  for (let i = 0; i < 20; i++) rings = paintedOutlines(rings, [{ x: 52, y: 21 + i * 1.3, r: 2 }], false, field)[0]!;
  near(areaOf(rings), 900, 18);
});

test("the eraser cuts a nucleus in two, makes a hole, or removes it", () => {
  const across = paintedOutlines(square(20, 20, 40), [{ x: 10, y: 40, r: 4 }, { x: 70, y: 40, r: 4 }], false, field);
  assert.equal(across.length, 2);
  const [hole] = paintedOutlines(square(20, 20, 40), [{ x: 40, y: 40, r: 5 }], false, field);
  assert.equal(hole!.length, 2);
  near(areaOf(hole!), 1600 - Math.PI * 25, 8);
  assert.deepEqual(paintedOutlines(square(20, 20, 4), [{ x: 22, y: 22, r: 9 }], false, field), []);
});

test("whatever is painted, outlines are valid and hold what the mask holds", () => {
  const random = lot(3);
  for (let round = 0; round < 30; round++) {
    const mask = new Raster(0, 0, 24, 24, 1);
    for (let i = 0; i < mask.data.length; i++) mask.data[i] = random() < 0.55 && i % 24 > 0 && i % 24 < 23 && i >= 24 && i < 552 ? 1 : 0;
    for (const rings of traced(mask)) for (const ring of rings) assert.ok(isSimple(ring));
  }
  const disc = new Raster(0, 0, 60, 60, 0.5);
  disc.stamp(15, 15, 9, 15, 15, 9, 1);
  near(areaOf(traced(disc)[0]!), disc.area, 3);
});

test("a split keeps the area and gives as many parts as the line makes", () => {
  const parts = split(square(10, 10, 20), [0, 20, 40, 21]);
  assert.equal(parts.length, 2);
  near(parts.reduce((sum, rings) => sum + areaOf(rings), 0), 400, 1.5);
  assert.equal(split(square(10, 10, 20), [0, 0, 40, 1]).length, 1);
  assert.equal(split(square(10, 10, 20), [15, 0, 15, 40, 25, 40, 25, 0]).length, 3);
  for (const [ring] of parts) assert.ok(isSimple(ring!));
});

test("nuclei that touch become one, others stay apart", () => {
  const one = joined([square(0, 0, 10), square(5, 0, 10), square(10, 10, 5)]);
  assert.equal(one.length, 1);
  near(areaOf(one[0]!), 175, 0.01);
  assert.equal(joined([square(0, 0, 10), square(20, 0, 10)]).length, 2);
});

test("a drawn line that crosses itself is repaired, and cut at the field", () => {
  const eight = [[0, 0, 10, 10, 10, 0, 0, 10]];
  const outlines = valid(eight, field);
  assert.ok(outlines.length >= 1);
  for (const [ring] of outlines) assert.ok(isSimple(ring!));
  near(areaOf(valid(square(90, 90, 20), field)[0]!), 100, 0.01);
  assert.deepEqual(valid(square(200, 200, 20), field), []);
});

test("smoothing takes bumps away and keeps the size", () => {
  const bumpy: number[] = [];
  for (let i = 0; i < 60; i++) {
    const [angle, r] = [(i / 60) * 2 * Math.PI, 20 + (i % 2 ? 1 : -1)];
    bumpy.push(50 + r * Math.cos(angle), 50 + r * Math.sin(angle));
  }
  const smooth = smoothed(bumpy, 2);
  const radii = Array.from({ length: smooth.length / 2 }, (_, i) => Math.hypot(smooth[2 * i]! - 50, smooth[2 * i + 1]! - 50));
  assert.ok(Math.max(...radii) - Math.min(...radii) < 0.7);
  near(areaOf([smooth]), Math.PI * 400, 30);
});

test("fewer corners, the same shape", () => {
  const ring = [0, 0, 5, 0.01, 10, 0, 10, 5, 10, 10, 0, 10];
  assert.deepEqual(simplified(ring, 0.1), [0, 0, 10, 0, 10, 10, 0, 10]);
});

test("the wand takes what is joined and alike, no more", () => {
  const data = new Uint8ClampedArray(4 * 100).fill(255);
  for (const i of [11, 12, 21, 22, 77]) data.fill(40, 4 * i, 4 * i + 3);
  const mask = region({ x: 100, y: 100, cell: 2, width: 10, height: 10, data }, 103, 103, 20);
  assert.equal(mask!.area, 16);
  assert.equal(region({ x: 100, y: 100, cell: 2, width: 10, height: 10, data }, 90, 90, 20), null);
});

test("the grid finds what a look at every nucleus finds", () => {
  const [random, grid, all] = [lot(7), new Grid(), new Map<string, Rings>()];
  const nucleus = (id: string, rings: Rings) => ({ id, kind: "outline" as const, rings, label: "", z: null, suggestion: null, verdict: null, rater: "", revision: 1 });
  for (let i = 0; i < 400; i++) {
    const id = `n${i % 300}`; // some are changed
    const rings = square(1000 * random(), 1000 * random(), 3 + 200 * random() ** 6);
    all.set(id, rings);
    grid.set(nucleus(id, rings));
    if (i % 9 === 0) all.delete(id), grid.delete(id);
  }
  for (let i = 0; i < 60; i++) {
    const [x, y, w] = [1000 * random(), 1000 * random(), 400 * random()];
    const found = [...grid.inBox(x, y, x + w, y + w)].map((one) => one.id);
    const naive = [...all].filter(([, [ring]]) => ring![0]! <= x + w && ring![2]! >= x && ring![1]! <= y + w && ring![5]! >= y);
    assert.deepEqual(found.sort(), naive.map(([id]) => id).sort());
    const holding = [...all].filter(([, rings]) => isInside(rings, x, y)).sort((a, b) => areaOf(a[1]) - areaOf(b[1]));
    if (holding[0]) assert.equal(grid.at(x, y, 2)?.id, holding[0][0]);
  }
});
