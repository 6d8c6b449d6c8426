import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fineClasses, inLegendOrder, isPlain, others } from "../src/classes/hierarchy";
import { keyOf } from "../src/classes/legend";
import { APART, coloursOf, UNCLASSED } from "../src/classes/palette";
import { PLACES } from "../src/classes/places";
import { parsed, smallestDifference, VISIONS } from "../src/classes/vision";

const core = join(process.cwd(), "../src/nuclarium/core");

/** The shipped file, whose rows are of one form. */
function nucls(): unknown {
  const text = readFileSync(join(core, "hierarchies/nucls.toml"), "utf-8");
  const levels = text.split("[[levels]]").slice(1).map((part) => {
    const rows = part.matchAll(/\{ name = "(\w+)".*?colour = \[(\d+), (\d+), (\d+)\](?:, parent = "(\w+)")? \}/g);
    const classes = [...rows].map(([, name, r, g, b, parent]) => ({ name, colour: [r, g, b].map(Number), parent }));
    return { name: /name = "(\w+)"/.exec(part)?.[1], classes };
  });
  return { levels };
}

test("colour-blind people can tell the colours of classes apart, better than NuCLS's own", () => {
  const own = fineClasses(nucls()).map((one) => parsed(one.own));
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
  const classes = fineClasses(nucls());
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

test("a plain list is flat, has its own colours, and what nuclei have beside it is named", () => {
  const rows = ["nucleus", "debris"].map((name, i) => ({ name, colour: parsed(PLACES[i]!) }));
  const classes = fineClasses({ levels: [{ name: "class", classes: rows }] });
  assert.ok(isPlain(classes));
  assert.deepEqual([...coloursOf(classes, "apart")], [["nucleus", PLACES[0]], ["debris", PLACES[1]], ["", UNCLASSED]]);
  assert.deepEqual(others(classes, new Map([["", 4], ["nucleus", 2], ["tumor", 1], ["stroma", 0]])), ["tumor"]);
});

test("of two levels the coarser is the heading", () => {
  const levels = [{ name: "a", classes: [{ name: "x", parent: "y" }] }, { name: "b", classes: [{ name: "y" }] }];
  const [one] = fineClasses({ levels });
  assert.deepEqual([one?.main, one?.super], ["y", "y"]);
});

test("the colours of plain lists are those of the server, and far apart for all eyes", () => {
  const hex = /_HEX = \(([^)]*)\)/.exec(readFileSync(join(core, "class_lists.py"), "utf-8"))?.[1] ?? "";
  assert.deepEqual([...PLACES], (hex.match(/[0-9a-f]{6}/g) ?? []).map((one) => `#${one}`));
  const least = (count: number) => Math.min(...VISIONS.map((vision) => smallestDifference([...PLACES.slice(0, count), UNCLASSED].map(parsed), vision).difference));
  assert.ok(least(4) > 34 && least(12) > 26 && least(24) > 15, `${[4, 12, 24].map(least)}`);
});
