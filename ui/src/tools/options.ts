// What a tool offers beside the image: a sentence, a slider.
import { h, slider } from "../shell/dom";
import type { Board } from "./board";

export function hint(text: string): HTMLElement {
  return h("p", { class: "muted" }, text);
}

export function brushPanel(board: Board): HTMLElement {
  const range = { min: 0.5, max: 100, step: 0.5, value: board.radius };
  const control = slider("Radius", range, (value) => `${value} px`, (value) => {
    board.radius = value;
    board.changed();
  });
  board.onChange(() => control.set(board.radius));
  const text = "The chosen nucleus, or the one under the brush, is changed; else a new one begins. [ and ] change the size; a pen presses.";
  return h("div", { class: "tool-options" }, control.element, hint(text));
}

export function wandPanel(board: Board): HTMLElement {
  const range = { min: 1, max: 128, step: 1, value: board.tolerance };
  const control = slider("Tolerance", range, String, (value) => {
    board.tolerance = value;
    board.changed();
  });
  board.onChange(() => control.set(board.tolerance));
  const text = "Click in a nucleus; drag to the right for more, to the left for less. [ and ] change the tolerance.";
  return h("div", { class: "tool-options" }, control.element, hint(text));
}
