// A slide without a pyramid is read once: how far that is, over the image, until it is done.
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";

const QUIET_MS = 6000; // nothing was heard: another image is shown, or one that needs no overview

export function overviewNote(viewer: CanvasViewer): HTMLElement {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "How much of the slide is read" });
  const said = h("span", {});
  const element = h("div", { class: "overview-note", role: "status", hidden: true }, said, bar);
  let timer = 0;

  viewer.element.addEventListener("sketched", (event) => {
    const made = (event as CustomEvent<number>).detail;
    bar.value = made;
    said.textContent = overviewText(made);
    element.hidden = made >= 1;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      element.hidden = true;
    }, QUIET_MS);
  });
  return element;
}

export function overviewText(made: number): string {
  return `This slide has no pyramid. An overview is made once: ${Math.floor(made * 100)} %. Zoom in to see pixels now.`;
}
