import assert from "node:assert/strict";
import { test } from "node:test";
import type { View } from "../src/contracts";
import { edge, fitted, kept, levelFor, outlineZoom, scaleBar, toCss, toImage, visibleTiles, zoomedAt } from "../src/viewer/geometry";

const VIEW: View = { scale: 2, x: 10, y: 20, width: 400, height: 300, z: 0, dpr: 1 };
const IMAGE = { width: 1000, height: 600 };

test("image to screen and back is where it began", () => {
  assert.deepEqual(toImage(VIEW, ...toCss(VIEW, 33, 44)), [33, 44]);
});

test("zooming keeps the point under the pointer", () => {
  const before = toImage(VIEW, 120, 90);
  const zoomed = zoomedAt(VIEW, 1.7, 120, 90, IMAGE);
  const after = toImage(zoomed, 120, 90);
  assert.ok(Math.hypot(after[0] - before[0], after[1] - before[1]) < 1e-9);
  assert.equal(zoomed.scale, 3.4);
});

test("a fitted image is in the middle and wholly seen", () => {
  const view = fitted(VIEW, IMAGE);
  assert.ok(view.x <= 0 && view.y <= 0);
  assert.ok(view.x + view.width / view.scale >= IMAGE.width);
  assert.ok(Math.abs(view.x + view.width / view.scale / 2 - 500) < 1e-9);
});

test("an image cannot be lost outside of the view", () => {
  const view = kept({ ...VIEW, x: 1e6, y: -1e6 }, IMAGE);
  assert.ok(view.x < IMAGE.width);
  assert.ok(view.y + view.height / view.scale > 0);
});

test("the level has at least a pixel for each pixel of the screen", () => {
  assert.equal(levelFor(1, 1, 5), 0);
  assert.equal(levelFor(0.5, 1, 5), 1);
  assert.equal(levelFor(0.5, 2, 5), 0);
  assert.equal(levelFor(0.26, 1, 5), 1);
  assert.equal(levelFor(0.001, 1, 5), 4);
  assert.equal(levelFor(8, 1, 5), 0);
});

test("tiles are those in view and in the image, the nearest to the centre first", () => {
  const tiles = visibleTiles({ ...VIEW, x: 0, y: 0, scale: 0.5 }, IMAGE, 0, 256);
  assert.equal(tiles.length, 4 * 3); // 800 × 600 px of an image of 1000 × 600
  assert.deepEqual(tiles[0], { level: 0, row: 1, col: 1 });
  assert.ok(tiles.every((t) => t.row < 3 && t.col < 4));
});

test("no tile is asked for beside the image", () => {
  assert.deepEqual(visibleTiles({ ...VIEW, x: 5000 }, IMAGE, 0, 256), []);
  assert.deepEqual(visibleTiles({ ...VIEW, x: -5000 }, IMAGE, 0, 256), []);
});

test("outlines are drawn at the nearest power of two", () => {
  assert.deepEqual([0.1, 0.5, 0.9, 1, 1.3, 3].map(outlineZoom).map(Math.abs), [3, 1, 0, 0, 0, 2]);
});

test("a scale bar has a round length and room", () => {
  for (const px of [0.013, 0.9, 4, 77]) {
    const bar = scaleBar(px, 160);
    assert.ok(bar.css <= 160 && bar.css > 60);
    assert.match(bar.length.toPrecision(1), /^[0.]*[125]0*(e[+-]\d+)?$/);
  }
});

test("edges lie between pixels of the screen", () => {
  assert.equal(edge(10.3, 2), 10.5);
});
