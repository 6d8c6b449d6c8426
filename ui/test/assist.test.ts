import assert from "node:assert/strict";
import { test } from "node:test";
import { accepted, atLeast, rejected, suggestionAt, suggestionUnder, wrongOutline } from "../src/assist/answers";
import { lookup, paint } from "../src/assist/mask_picture";
import { type Suggestion, boxInView, isInside, middleOf } from "../src/assist/parts";
import { newId } from "../src/state/ids";

function square(id: string, x: number, y: number, side: number, score: number | null = 0.5): Suggestion {
  const ring = [x, y, x + side, y, x + side, y + side, x, y + side];
  return { id, rings: [ring], label: "tumour", score, z: 2, source: "model fluo", made_by: "model fluo 0123" };
}

const makeId = () => newId("n");

test("an accepted suggestion keeps its outline, plane and origin, and gets the current class", () => {
  const { nucleus, after } = accepted(square("u-1", 0, 0, 10), "lymphocyte", makeId);
  assert.equal(after.id, nucleus);
  assert.deepEqual(after.rings, [[0, 0, 10, 0, 10, 10, 0, 10]]);
  assert.deepEqual([after.kind, after.label, after.z, after.suggestion, after.verdict], ["outline", "lymphocyte", 2, "u-1", "accepted"]);
  assert.equal(accepted(square("u-1", 0, 0, 10), "", makeId).after.label, "tumour");
});

test("a rejected suggestion is kept without an outline", () => {
  const { after } = rejected(square("u-1", 0, 0, 10), makeId);
  assert.deepEqual([after.kind, after.rings, after.suggestion, after.verdict], ["rejected", [], "u-1", null]);
});

test("a box over a suggestion says that its outline is wrong, and is kept in its place", () => {
  const { after } = wrongOutline(square("u-1", 0, 0, 10), [1, 2, 9, 12], "", makeId);
  assert.deepEqual([after.kind, after.verdict, after.suggestion], ["box", "wrong_outline", "u-1"]);
  assert.deepEqual(after.rings, [[1, 2, 9, 2, 9, 12, 1, 12]]);
});

test("a click finds the smallest suggestion around it", () => {
  const all = [square("u-1", 0, 0, 100), square("u-2", 10, 10, 10)];
  assert.equal(suggestionAt(all, 15, 15)?.id, "u-2");
  assert.equal(suggestionAt(all, 50, 50)?.id, "u-1");
  assert.equal(suggestionAt(all, 150, 50), null);
});

test("a box belongs to the suggestion that it overlaps most", () => {
  const all = [square("u-1", 0, 0, 100), square("u-2", 10, 10, 10)];
  assert.equal(suggestionUnder(all, [9, 9, 22, 22])?.id, "u-2");
  assert.equal(suggestionUnder(all, [5, 5, 95, 95])?.id, "u-1");
  assert.equal(suggestionUnder(all, [200, 200, 210, 210]), null);
});

test("one without a score counts as sure", () => {
  const all = [square("u-1", 0, 0, 1, 0.4), square("u-2", 0, 0, 1, 0.6), square("u-3", 0, 0, 1, null)];
  assert.deepEqual(atLeast(all, 0.5).map((one) => one.id), ["u-2", "u-3"]);
  assert.equal(atLeast(all, 0).length, 3);
});

test("a hole is outside", () => {
  const rings = [[0, 0, 10, 0, 10, 10, 0, 10], [3, 3, 3, 7, 7, 7, 7, 3]];
  assert.equal(isInside(rings, 1, 1), true);
  assert.equal(isInside(rings, 5, 5), false);
  assert.deepEqual(middleOf(rings[0] as number[]), [5, 5]);
});

test("the box in view is cut at the edge of the image", () => {
  const image = { width: 100, height: 80 } as Parameters<typeof boxInView>[1];
  const view = { scale: 2, x: -10, y: 30.5, width: 400, height: 60, z: 0, dpr: 1 };
  assert.deepEqual(boxInView(view, image), [0, 30, 100, 61]);
  assert.equal(boxInView({ ...view, x: 500 }, image), null);
});

test("background is clear in the mask, and sure pixels are in the view of uncertainty", () => {
  const classes = new Uint8ClampedArray([1, 1, 1, 255, 2, 2, 2, 255, 3, 3, 3, 255]);
  paint(classes, "classes");
  assert.deepEqual([classes[3], classes[7], classes[11]], [0, 255, 255]);
  assert.notDeepEqual(classes.slice(4, 7), classes.slice(8, 11));
  const unsure = lookup("uncertainty");
  assert.deepEqual([unsure[3], unsure[4 * 200 + 3]], [0, 200]);
  assert.deepEqual([lookup("probability")[127 * 4 + 3], lookup("probability")[128 * 4 + 3]], [0, 255]);
});
