import assert from "node:assert/strict";
import { test } from "node:test";
import { fineClasses, inLegendOrder } from "../src/classes/hierarchy";
import { APART, coloursOf, UNCLASSED } from "../src/classes/palette";
import { keyOf } from "../src/classes/panel";
import { parsed, smallestDifference, VISIONS } from "../src/classes/vision";

test("colour-blind people can tell the colours of classes apart, better than NuCLS's own", () => {
  const own = fineClasses(null).map((one) => parsed(one.own));
  const apart = [...APART, UNCLASSED].map(parsed);
  const least = (colours: typeof own) => Math.min(...VISIONS.map((vision) => smallestDifference(colours, vision).difference));
  assert.ok(least(apart) > 26, `${least(apart)}`);
  assert.ok(least(own) < 9, `${least(own)}`);
});

test("black and white are 100 apart in every vision", () => {
  for (const vision of VISIONS) {
    assert.ok(Math.abs(smallestDifference([[0, 0, 0], [255, 255, 255]], vision).difference - 100) < 0.1);
  }
});

test("thirteen classes are in seven and in three, and those of one are together", () => {
  const classes = fineClasses({});
  const isNamed = (name: string) => name !== "AMBIGUOUS";
  assert.equal(classes.length, 13);
  assert.equal(new Set(classes.map((one) => one.main).filter(isNamed)).size, 7);
  assert.equal(new Set(classes.map((one) => one.super).filter(isNamed)).size, 4);
  const order = inLegendOrder(classes).map((one) => one.super);
  assert.equal(order.filter((name, i) => name !== order[i - 1]).length, new Set(order).size);
  assert.equal(coloursOf(classes, "own").get("tumor"), "#ff0000");
});

test("the first ten classes have a digit, the next nine one with Shift", () => {
  assert.deepEqual([0, 8, 9, 10, 12, 19].map(keyOf), ["1", "9", "0", "Shift+1", "Shift+3", ""]);
});
