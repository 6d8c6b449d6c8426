import assert from "node:assert/strict";
import { test } from "node:test";
import table from "../../tests/cases/edits.json";
import type { Change } from "../src/state/changes";
import { applied, emptyDrawn, strokesOf } from "../src/state/fold";

for (const case_ of table.cases) {
  test(case_.name, () => {
    let drawn = emptyDrawn();
    for (const { edit, by, taken } of case_.steps) {
      const next = applied(drawn, edit as unknown as Change, by);
      assert.equal(next !== null, taken);
      drawn = next ?? drawn;
    }
    const nuclei = [...drawn.nuclei.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(nuclei, case_.nuclei);
    assert.deepEqual(Object.fromEntries(drawn.removed), case_.removed);
    assert.deepEqual(strokesOf(drawn).map((stroke) => stroke.id), case_.strokes);
  });
}
