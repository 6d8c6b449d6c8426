import assert from "node:assert/strict";
import { test } from "node:test";
import { isDue, isFinal, newEntry } from "../src/viewer/tile_requests";

const bitmap = {} as ImageBitmap;

test("a tile is asked for once, a sketch again when its time has come", () => {
  const entry = newEntry("a");
  assert.ok(isDue(entry, 0));
  assert.ok(!isFinal(entry));
  entry.bitmap = bitmap;
  assert.ok(!isDue(entry, 0));
  assert.ok(isFinal(entry));
  entry.again = 1500;
  assert.ok(!isDue(entry, 1499));
  assert.ok(isDue(entry, 1500));
  assert.ok(!isFinal(entry));
});

test("a tile that was refused is not asked for again", () => {
  assert.ok(!isDue({ ...newEntry("a"), failed: true }, 0));
});
