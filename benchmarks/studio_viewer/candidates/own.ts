import { createApi } from "../../../ui/src/api/client";
import type { Nucleus, NucleusLayer } from "../../../ui/src/contracts";
import { boundsOf } from "../../../ui/src/viewer/outline_path";
import { createViewer } from "../../../ui/src/viewer/viewer";
import { COLOURS, run } from "./candidate";

const CELL = 256;

function layerOf(nuclei: Nucleus[]): NucleusLayer {
  const cells = new Map<string, Nucleus[]>();
  for (const nucleus of nuclei) {
    const [x0, y0] = boundsOf(nucleus);
    const key = `${Math.floor(x0 / CELL)}/${Math.floor(y0 / CELL)}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key)!.push(nucleus);
  }
  return {
    nuclei: () => nuclei,
    *inBox(x0, y0, x1, y1) {
      for (let cy = Math.floor(y0 / CELL) - 1; cy <= y1 / CELL; cy++)
        for (let cx = Math.floor(x0 / CELL) - 1; cx <= x1 / CELL; cx++) yield* cells.get(`${cx}/${cy}`) ?? [];
    },
    version: 0,
    colourOf: (n) => COLOURS[n.label] ?? "#fff",
    selected: new Set(),
    at: () => null,
  };
}

/** Follow the pointer with a stroke; gives the times from each event to the end of the frame that shows it. */
function brush(viewer: ReturnType<typeof createViewer>): number[] {
  const times: number[] = [];
  const points: [number, number][] = [];
  viewer.addOverlay({
    id: "brush",
    order: 1,
    visible: true,
    draw(ctx, view) {
      ctx.lineWidth = 40;
      ctx.lineCap = ctx.lineJoin = "round";
      ctx.strokeStyle = "rgb(255 255 255 / 50%)";
      ctx.beginPath();
      for (const [x, y] of points) ctx.lineTo((x - view.x) * view.scale, (y - view.y) * view.scale);
      ctx.stroke();
    },
  });
  const move = (p: { x: number; y: number }) => {
    points.push([p.x, p.y]);
    viewer.redraw();
  };
  viewer.setTool({ id: "brush", name: "Brush", key: "", cursor: "none", down: move, move });
  viewer.element.addEventListener("pointermove", (event) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => times.push(performance.now() - event.timeStamp);
      port2.postMessage(0);
    });
  });
  return times;
}

void run((root, image, nuclei) => {
  const viewer = createViewer(createApi("/api/"));
  root.append(viewer.element);
  viewer.setImage(image);
  viewer.setNuclei(layerOf(nuclei));
  Object.assign(window, { viewer, brush: () => brush(viewer) });
  return {
    ready: () => viewer.view.width > 0 && !viewer.isBusy,
    look: (x, y, scale) => viewer.goTo(x, y, scale),
    dragging: () => undefined,
  };
});
