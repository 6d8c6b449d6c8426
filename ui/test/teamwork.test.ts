import assert from "node:assert/strict";
import { test } from "node:test";
import { cutFields } from "../src/pages/cut_fields";
import { duration } from "../src/pages/dom";
import { IDLE_AFTER_MS, TaskClock } from "../src/pages/task_clock";
import { nextField, type OwnField, type Status } from "../src/pages/values";

test("time without a move is left out, and nothing is counted twice", () => {
  const clock = new TaskClock();
  clock.active(0);
  clock.active(10_000);
  assert.equal(clock.take(20_000), 20);
  assert.equal(clock.take(20_000), 0);
  clock.active(21_000);
  clock.active(21_000 + 3_600_000);
  assert.equal(clock.take(21_000 + 3_600_000), 1 + IDLE_AFTER_MS / 1000);
});

test("a page that is not looked at does not count", () => {
  const clock = new TaskClock();
  clock.active(0);
  clock.pause(5_000);
  assert.equal(clock.take(60_000), 5);
  clock.active(60_000);
  assert.equal(clock.take(62_000), 2);
});

test("a clock that jumps back takes nothing away", () => {
  const clock = new TaskClock();
  clock.active(100_000);
  clock.active(104_000);
  clock.active(1_000);
  assert.ok(clock.take(3_000) >= 0);
});

test("fields lie in the image, do not overlap, and are the same for a seed", () => {
  const boxes = cutFields(1000, 700, 256, 5, 3);
  assert.equal(boxes.length, 5);
  assert.deepEqual(boxes, cutFields(1000, 700, 256, 5, 3));
  for (const [i, a] of boxes.entries()) {
    assert.ok(a && a[0] >= 0 && a[1] >= 0 && a[2] <= 1000 && a[3] <= 700);
    for (const b of boxes.slice(0, i)) {
      assert.ok(b && (a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3]));
    }
  }
  assert.deepEqual(cutFields(200, 200, 256, 5, 3), [null]);
  assert.equal(cutFields(1000, 700, 256, 50, 3).length, 6);
});

test("what came back is next, then what was begun", () => {
  const field = (task: string, status: Status): OwnField => ({ task, status }) as OwnField;
  const fields = [field("a", "done"), field("b", "not_started"), field("c", "in_work"), field("d", "needs_work")];
  assert.equal(nextField(fields)?.task, "d");
  assert.equal(nextField(fields, "d")?.task, "c");
  assert.equal(nextField(fields.slice(0, 2))?.task, "b");
  assert.equal(nextField(fields.slice(0, 1)), null);
});

test("durations are short words", () => {
  assert.deepEqual([12, 89.6, 600, 11_100].map(duration), ["12 s", "90 s", "10 min", "3 h 05 min"]);
});
