// The field of a document on a slide: what lies outside is dimmed, and opening it goes there.
import type { Box, DocumentState, ImageInfo, Overlay, View } from "../contracts";
import { toCss } from "../viewer/geometry";
import type { CanvasViewer } from "../viewer/viewer";

const ROOM = 0.9; // of the view that the field takes
const MOST_SCALE = 16;

export function fieldFrame(viewer: CanvasViewer, document: DocumentState): Overlay {
  document.on("open", () => {
    const box = document.info?.box;
    const isElsewhere = location.hash.includes("at="); // a link names a place within it
    if (box && !isElsewhere) requestAnimationFrame(() => showField(viewer, box));
  });
  return {
    id: "field-frame",
    order: 900,
    visible: true,
    draw: (ctx, view) => {
      const box = document.info?.study ? null : document.info?.box; // a study has a frame of its own
      if (box && viewer.image) draw(ctx, view, box, viewer.image);
    },
  };
}

export function showField(viewer: CanvasViewer, [x0, y0, x1, y1]: Box): void {
  const { width, height } = viewer.view;
  if (width === 0) return;
  const scale = Math.min(MOST_SCALE, ROOM * Math.min(width / (x1 - x0), height / (y1 - y0)));
  viewer.goTo((x0 + x1) / 2, (y0 + y1) / 2, scale);
}

function draw(ctx: CanvasRenderingContext2D, view: View, box: Box, image: ImageInfo): void {
  const [left, top] = toCss(view, box[0], box[1]);
  const [right, bottom] = toCss(view, box[2], box[3]);
  ctx.beginPath();
  ctx.rect(...toCss(view, 0, 0), image.width * view.scale, image.height * view.scale);
  ctx.rect(left, top, right - left, bottom - top);
  ctx.fillStyle = "rgb(0 0 0 / 45%)";
  ctx.fill("evenodd");
  for (const [width, colour] of [[3, "#000000"], [1.5, "#ffffff"]] as const) {
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.strokeRect(left, top, right - left, bottom - top);
  }
}
