// The whole image in the corner, with a frame around what is seen; a press goes there.
import type { Api, Box, DocumentState, View } from "../contracts";
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";

const SIDE = 148;

export function minimap(viewer: CanvasViewer, api: Api, drawing: DocumentState): HTMLElement {
  const picture = h("img", { alt: "", draggable: "false" });
  const frame = h("div", { class: "frame" });
  const element = h("div", { class: "minimap", "aria-hidden": "true", hidden: true }, picture, frame);
  let shown = "";
  let factor = 1;
  let sketched = -1;

  function follow(): void {
    const { image, view } = viewer;
    const isIdle = !image || isSeen(view, drawing.info?.box ?? [0, 0, image.width, image.height]);
    element.hidden = isIdle;
    if (!image || isIdle) return;
    if (shown !== image.id) {
      shown = image.id;
      factor = SIDE / Math.max(image.width, image.height);
      picture.src = api.url(`images/${encodeURIComponent(image.id)}/thumbnail`);
      element.style.width = `${Math.max(8, image.width * factor)}px`;
      element.style.height = `${Math.max(8, image.height * factor)}px`;
    }
    frame.style.transform = `translate(${view.x * factor}px, ${view.y * factor}px)`;
    frame.style.width = `${Math.max(4, (view.width / view.scale) * factor)}px`;
    frame.style.height = `${Math.max(4, (view.height / view.scale) * factor)}px`;
  }

  function go(event: PointerEvent): void {
    event.stopPropagation();
    if (event.type === "pointerdown") element.setPointerCapture(event.pointerId);
    if (event.buttons === 0) return;
    const box = element.getBoundingClientRect();
    viewer.goTo((event.clientX - box.left) / factor, (event.clientY - box.top) / factor);
  }

  for (const type of ["pointerdown", "pointermove", "pointerup"] as const) element.addEventListener(type, go);
  viewer.element.addEventListener("sketched", (event) => {
    const made = Math.floor((event as CustomEvent<number>).detail * 20) / 20;
    if (shown === "" || made === sketched) return;
    sketched = made; // the address differs, so that the browser asks again
    picture.src = `${api.url(`images/${encodeURIComponent(shown)}/thumbnail`)}?made=${made}`;
  });
  viewer.on("view", follow);
  viewer.onDisplay(follow);
  drawing.on("open", follow);
  return element;
}

/** Whether all of a part of the image is in view, but for a hair at its edges: no map is needed. */
function isSeen(view: View, [x0, y0, x1, y1]: Box): boolean {
  const [right, bottom] = [view.x + view.width / view.scale, view.y + view.height / view.scale];
  const [dx, dy] = [0.02 * (x1 - x0), 0.02 * (y1 - y0)];
  return view.x <= x0 + dx && view.y <= y0 + dy && right >= x1 - dx && bottom >= y1 - dy;
}
