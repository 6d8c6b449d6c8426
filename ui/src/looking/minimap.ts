// The whole image in the corner, with a frame around what is seen; a press goes there.
import type { Api } from "../contracts";
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";

const SIDE = 148;

export function minimap(viewer: CanvasViewer, api: Api): HTMLElement {
  const picture = h("img", { alt: "", draggable: "false" });
  const frame = h("div", { class: "frame" });
  const element = h("div", { class: "minimap", "aria-hidden": "true", hidden: true }, picture, frame);
  let shown = "";
  let factor = 1;
  let sketched = -1;

  function follow(): void {
    const { image, view } = viewer;
    const isWhole = !image || (view.width >= image.width * view.scale * 0.98 && view.height >= image.height * view.scale * 0.98);
    element.hidden = isWhole;
    if (!image || isWhole) return;
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
  return element;
}
