// The line between two layers, to be pulled by pointer or arrow keys.
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";

export function swipeHandle(viewer: CanvasViewer): HTMLElement {
  const element = h("div", {
    class: "swipe",
    role: "slider",
    tabindex: "0",
    hidden: true,
    "aria-label": "Where the first layer ends",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
  });
  const move = (at: number) => viewer.compare({ at: Math.min(0.98, Math.max(0.02, at)) });
  viewer.onDisplay(() => {
    const { mode, at } = viewer.comparison;
    element.hidden = mode !== "swipe" || !viewer.image;
    element.style.left = `${at * 100}%`;
    element.setAttribute("aria-valuenow", String(Math.round(at * 100)));
  });
  element.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    event.stopPropagation();
    const box = viewer.element.getBoundingClientRect();
    if (event.buttons > 0) move((event.clientX - box.left) / box.width);
  });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    move(viewer.comparison.at + step);
  });
  return element;
}
