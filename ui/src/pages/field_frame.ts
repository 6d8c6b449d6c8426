// A field that is a part of its image: it fills the view, and what lies around it is dimmed.
import type { Box, ImageInfo, Studio, View } from "../contracts";
import { placeOf } from "./jump";

const MARGIN = 0.96;
const MOST_SCALE = 16;

export function installFieldFrame(studio: Studio): void {
  const { viewer, document: state, shell } = studio;
  let shown: string | null = null;
  let stood = ""; // the view as it was left here: another one is the person's own
  const show = (): void => {
    const box = state.info?.box;
    if (box) viewer.goTo(...fieldView(box, viewer.view));
    else viewer.fit();
    stood = placeText(viewer.view);
  };
  state.on("open", () => {
    const box = state.info?.box ?? null;
    viewer.removeOverlay("field");
    if (box && state.info?.study) viewer.addOverlay({ id: "field", order: 5, visible: true, draw: (ctx, view) => drawFrame(ctx, view, box, state.image) });
    if (state.info?.study && shown !== state.id && !placeOf(location.hash)) show();
    shown = state.id;
  });
  new ResizeObserver(() => {
    if (state.info?.study && placeText(viewer.view) === stood) show();
  }).observe(viewer.element);
  addEventListener("hashchange", () => (shown = null));
  shell.addCommand({ id: "study.field", name: "Show the whole field of the study", key: "Shift+Home", group: "Studies", run: show });
}

function placeText({ x, y, scale, width, height }: View): string {
  return [scale, x + width / 2 / scale, y + height / 2 / scale].map((value) => value.toFixed(3)).join(" ");
}

/** Where the view goes for a field to fill it: its centre, and the scale. */
export function fieldView(box: Box, view: Pick<View, "width" | "height">): [number, number, number] {
  const [x0, y0, x1, y1] = box;
  const scale = MARGIN * Math.min(view.width / (x1 - x0), view.height / (y1 - y0));
  return [(x0 + x1) / 2, (y0 + y1) / 2, Math.min(MOST_SCALE, scale > 0 ? scale : 1)];
}

function drawFrame(ctx: CanvasRenderingContext2D, view: View, [x0, y0, x1, y1]: Box, image: ImageInfo | null): void {
  const [left, top] = [(x0 - view.x) * view.scale, (y0 - view.y) * view.scale];
  const [width, height] = [(x1 - x0) * view.scale, (y1 - y0) * view.scale];
  ctx.fillStyle = "rgb(0 0 0 / 55%)";
  ctx.beginPath();
  ctx.rect(-view.x * view.scale, -view.y * view.scale, (image?.width ?? 0) * view.scale, (image?.height ?? 0) * view.scale);
  ctx.rect(left, top, width, height);
  ctx.fill("evenodd");
  for (const [wide, colour] of [[3, "#000"], [1.5, "#fff"]] as const) {
    ctx.lineWidth = wide;
    ctx.strokeStyle = colour;
    ctx.strokeRect(left, top, width, height);
  }
}
