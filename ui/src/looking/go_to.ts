// Go to a position that somebody else named: two numbers, as the strip shows them.
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";

const SCALE = 2; // at least; a position is looked at from near

export function askPlace(viewer: CanvasViewer): void {
  const { image } = viewer;
  if (!image || document.querySelector("dialog[open]")) return;
  const input = h("input", { placeholder: `${image.width >> 1}, ${image.height >> 1}`, autocomplete: "off" });
  const problem = h("p", { class: "problem", role: "alert" });
  const field = h("label", { class: "field" }, h("span", {}, "Position in pixels: x, y"), input);
  const buttons = h(
    "div",
    { class: "actions" },
    h("button", { class: "main", type: "submit" }, "Go"),
    h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
  );
  const form = h("form", { class: "stack" }, field, problem, buttons);
  const dialog = h("dialog", { class: "dialog", "aria-label": "Go to a position" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const place = placeOf(input.value, image);
    if (!place) {
      problem.textContent = `Two numbers below ${image.width} and ${image.height} are expected, such as 120, 80.`;
      return;
    }
    dialog.close();
    viewer.goTo(...place, Math.max(SCALE, viewer.view.scale));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** "120, 80", "x 120 y 80" or "120 80"; null where it is no place in the image. */
export function placeOf(text: string, image: { width: number; height: number }): [number, number] | null {
  const numbers = text.match(/-?\d+(?:\.\d+)?/g)?.map(Number) ?? [];
  const [x, y] = numbers;
  if (numbers.length !== 2 || x === undefined || y === undefined) return null;
  return x >= 0 && y >= 0 && x <= image.width && y <= image.height ? [x, y] : null;
}
