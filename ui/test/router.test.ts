import assert from "node:assert/strict";
import { test } from "node:test";
import { matchPath } from "../src/shell/router";

test("a path gives the parameters that it names", () => {
  assert.deepEqual(matchPath("study/:id", "#/study/a%20b"), { id: "a b" });
});

test("the empty path is the start page alone", () => {
  assert.deepEqual(matchPath("", "#/"), {});
  assert.deepEqual(matchPath("", ""), {});
  assert.equal(matchPath("", "#/studies"), null);
});

test("a path of another length does not fit", () => {
  assert.equal(matchPath("image/:id", "#/image"), null);
  assert.equal(matchPath("image/:id", "#/image/1/2"), null);
});
