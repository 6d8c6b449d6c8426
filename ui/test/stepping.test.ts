import assert from "node:assert/strict";
import { test } from "node:test";
import { stepped, type Placed } from "../src/state/stepping";

const place = (id: string, x: number, y: number): Placed => ({ id, at: [x, y] });
const ALL = [place("c", 10, 90), place("b", 200, 20), place("a", 10, 40), place("d", 10, 90)];

test("steps go line by line, from left to right, and on at the beginning", () => {
  const order: string[] = [];
  let at: Placed | null = null;
  for (let i = 0; i < 5; i++) order.push((at = stepped(ALL, at, 1))!.id);
  assert.deepEqual(order, ["a", "b", "c", "d", "a"]);
  assert.equal(stepped(ALL, ALL[2]!, -1)?.id, "d");
  assert.equal(stepped(ALL, null, -1)?.id, "d");
});

test("there is no step where nothing is", () => {
  assert.equal(stepped([], null, 1), null);
});
