// The strip below the image: planes, times, projection, zoom, where the pointer is.
import { choice, h } from "../shell/dom";
import type { Projection } from "../viewer/display";
import type { CanvasViewer } from "../viewer/viewer";

const PROJECTIONS = [
  { id: "none", name: "One plane" },
  { id: "max", name: "Maximum" },
  { id: "mean", name: "Mean" },
];

export function fillStrip(strip: HTMLElement, viewer: CanvasViewer): void {
  const place = h("div", { class: "planes" });
  const where = h("output", { class: "where", "aria-label": "Position of the pointer" });
  const zoom = h("output", { class: "zoom", "aria-label": "Zoom" });
  const button = (name: string, title: string, run: () => void) =>
    h("button", { type: "button", class: "quiet", title, "aria-label": /\w/.test(name) ? null : title, onclick: run }, name);
  strip.append(
    place,
    where,
    button("−", "Zoom out (−)", () => viewer.zoomAt(0.5)),
    zoom,
    button("+", "Zoom in (+)", () => viewer.zoomAt(2)),
    button("1:1", "One pixel of the image is one of the screen", () => viewer.zoomAt(1 / viewer.view.scale / viewer.view.dpr)),
    button("Fit", "Show the whole image (Home)", () => viewer.fit()),
  );
  viewer.on("view", (view) => (zoom.textContent = zoomText(view.scale * view.dpr)));
  viewer.element.addEventListener("pointed", (event) => {
    where.textContent = positionText(viewer, (event as CustomEvent<[number, number] | null>).detail);
  });
  let shown = "";
  viewer.onDisplay(() => {
    const now = `${viewer.image?.id}/${viewer.display?.projection}`;
    if (now === shown) return;
    shown = now;
    place.replaceChildren(...planeControls(viewer));
  });
}

export function zoomText(scale: number): string {
  const percent = scale * 100;
  return `${percent >= 10 ? Math.round(percent) : percent.toPrecision(2)} %`;
}

function positionText(viewer: CanvasViewer, at: [number, number] | null): string {
  const { image } = viewer;
  if (!at || !image) return "";
  const [x, y] = viewer.toImage(...at).map(Math.floor) as [number, number];
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return "";
  return `x ${x}  y ${y}`;
}

function planeControls(viewer: CanvasViewer): HTMLElement[] {
  const { image, display } = viewer;
  if (!image || !display) return [];
  const found: HTMLElement[] = [];
  const isOne = display.projection === "none";
  if (image.n_z > 1) {
    if (isOne) found.push(axis("Plane", image.n_z, "z", viewer));
    const change = (id: string) => viewer.display && viewer.setDisplay({ ...viewer.display, projection: id as Projection });
    found.push(choice("Planes shown", PROJECTIONS, display.projection, change));
  }
  if (image.n_t > 1) found.push(axis("Time", image.n_t, "t", viewer));
  return found;
}

function axis(name: string, count: number, which: "z" | "t", viewer: CanvasViewer): HTMLElement {
  const input = h("input", { type: "range", min: 1, max: count, step: 1, "aria-label": name });
  const output = h("output", {});
  const show = () => {
    input.value = String((viewer.view[which] ?? 0) + 1);
    output.textContent = `${input.value} of ${count}`;
  };
  input.addEventListener("input", () => {
    const value = input.valueAsNumber - 1;
    viewer.setPlane(which === "z" ? value : viewer.view.z, which === "t" ? value : viewer.view.t);
  });
  viewer.on("z", show);
  show();
  return h("label", { class: "axis" }, h("span", {}, name), input, output);
}
