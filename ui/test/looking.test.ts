import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImageInfo } from "../src/contracts";
import { sliderTop } from "../src/looking/display_panel";
import { placeOf } from "../src/looking/go_to";
import { bars } from "../src/looking/histogram";
import { fieldText } from "../src/looking/fields_panel";
import { overviewText } from "../src/looking/overview_note";
import { lengthText } from "../src/looking/scale_bar";
import { isTaken, keyCaps, keyName } from "../src/shell/keys";
import { factsText, statesOf } from "../src/start/images_page";
import { defaultDisplay, displayQuery, storedDisplay } from "../src/viewer/display";
import { panesOf, viewWidth } from "../src/viewer/panes";

const IMAGE: ImageInfo = {
  id: "a", name: "a", width: 640, height: 512, n_z: 5, n_t: 1, kind: "fluorescence", spacing_um: [0.3, 0.3], levels: 2,
  tile: 256, condition: "", group: "",
  channels: [{ name: "DAPI", colour: "#00a2ff", low: 100, high: 900, dtype_max: 4095 }],
};
const press = (key: string, given: object = {}) =>
  keyName({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given });

test("the default look needs no settings in the address of a tile", () => {
  assert.equal(displayQuery(IMAGE, defaultDisplay(IMAGE), "raw", 2, 0), "z=2");
});

test("what differs from the default is in the address", () => {
  const display = defaultDisplay(IMAGE);
  display.channels[0]!.gamma = 0.5;
  display.projection = "max";
  assert.equal(displayQuery(IMAGE, display, "recipe", 2, 0), "projection=max&c=0:100:900:0.5:00A2FF&layer=recipe");
});

test("settings kept for an image that has other channels now are left", () => {
  const kept = { getItem: () => JSON.stringify({ channels: [], invert: true }) };
  assert.deepEqual(storedDisplay(IMAGE, kept), defaultDisplay(IMAGE));
  assert.deepEqual(storedDisplay(IMAGE, { getItem: () => "{" }), defaultDisplay(IMAGE));
});

test("two panes beside each other have views of equal width", () => {
  const side = { mode: "side" as const, first: "raw", second: "recipe", at: 0.5 };
  assert.equal(viewWidth(side, 1001), 499);
  assert.deepEqual(panesOf(side, 1001).map((p) => p.layer), ["raw", "recipe"]);
  const [left, right] = panesOf({ ...side, mode: "swipe", at: 0.25 }, 1000);
  assert.deepEqual([left!.width, right!.left, right!.origin], [250, 250, 0]);
});

test("keys have one name on every keyboard", () => {
  assert.equal(press("z", { ctrlKey: true }), "Ctrl+Z");
  assert.equal(press("Z", { metaKey: true, shiftKey: true }), "Ctrl+Shift+Z");
  assert.equal(press("!", { code: "Digit1", shiftKey: true }), "Shift+1");
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("="), "+");
  assert.equal(press(" "), "Space");
  assert.deepEqual(keyCaps("Ctrl++"), ["Ctrl", "+"]);
  assert.deepEqual(keyCaps("Shift+ArrowLeft"), ["Shift", "←"]);
});

test("a press outside of any element is nobody's", () => {
  Object.assign(globalThis, { HTMLElement: class {} });
  assert.equal(isTaken(null, "A"), false);
});

test("sliders end where the values of the channel do", () => {
  const [about, settings] = [IMAGE.channels[0]!, defaultDisplay(IMAGE).channels[0]!];
  assert.equal(sliderTop({ ...about, dtype_max: 65535 }, settings, { counts: [], low: 0, high: 3000 }), 3000);
  assert.equal(sliderTop({ ...about, dtype_max: 65535 }, settings, null), 1350);
  assert.equal(sliderTop({ ...about, dtype_max: 1000 }, settings, null), 1000);
});

test("bars of a histogram lie where their values are", () => {
  assert.deepEqual(bars({ counts: [1, 0], low: 50, high: 100 }, 100), [[0.5, 0.25, 1], [0.75, 0.25, 0]]);
});

test("lengths are in µm, or in px where no pixel size is known", () => {
  assert.deepEqual([lengthText(20, true), lengthText(2000, true), lengthText(0.05, true)], ["20 µm", "2 mm", "50 nm"]);
  assert.equal(lengthText(500, false), "500 px");
});

test("a position is two numbers within the image", () => {
  assert.deepEqual(placeOf("x 120  y 80", IMAGE), [120, 80]);
  assert.equal(placeOf("120", IMAGE), null);
  assert.equal(placeOf("120, 513", IMAGE), null);
  assert.equal(placeOf("-1, 5", IMAGE), null);
});

test("an image says that its pixel size is not known", () => {
  assert.equal(factsText(IMAGE), "640 × 512 · 5 planes · 0.3 µm/px");
  assert.equal(factsText({ ...IMAGE, n_z: 1, spacing_um: null }), "640 × 512 · no pixel size");
});

test("the state of an image is that of one's own work, else of what is shared", () => {
  const head = (owner: string | null, status: string, study: string | null = null) => ({ image: "a", owner, status, study });
  assert.equal(statesOf([head("me", "done"), head(null, "in_work"), head("you", "approved")], "me").get("a"), "done");
  assert.equal(statesOf([head(null, "in_work"), head("me", "done", "s")], "me").get("a"), "in_work");
});

test("a field of a slide is told by its size and place", () => {
  const field = { box: [100, 200, 1100, 700] as [number, number, number, number], owner: "a1" };
  assert.equal(fieldText(IMAGE, field, "a1"), "300 µm × 150 µm at x 100, y 200");
  assert.equal(fieldText({ ...IMAGE, spacing_um: null }, { ...field, owner: null }, "a1"), "1000 px × 500 px at x 100, y 200, shared");
});

test("the overview in the making is never said to be whole", () => {
  assert.match(overviewText(0.999), /99 %/);
});
