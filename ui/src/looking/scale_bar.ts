// The scale bar: a round length in µm, or in px where the spacing of the image is not known.
import type { Overlay, View } from "../contracts";
import { scaleBar } from "../viewer/geometry";
import type { CanvasViewer } from "../viewer/viewer";

const ROOM = 160;
const FONT = '600 12px system-ui, "Noto Sans", sans-serif';

export function scaleBarOverlay(viewer: CanvasViewer): Overlay {
  return {
    id: "scale-bar",
    order: 1000,
    visible: true,
    draw(ctx, view) {
      const spacing = viewer.image?.spacing_um ?? null;
      const bar = scaleBar(spacing ? view.scale / spacing[1] : view.scale, ROOM);
      draw(ctx, view, bar.css, lengthText(bar.length, spacing !== null));
    },
  };
}

export function lengthText(length: number, isPhysical: boolean): string {
  if (!isPhysical) return `${Number(length.toPrecision(3))} px`;
  if (length >= 1000) return `${length / 1000} mm`;
  return length >= 0.1 ? `${Number(length.toPrecision(3))} µm` : `${Number((length * 1000).toPrecision(3))} nm`;
}

function draw(ctx: CanvasRenderingContext2D, view: View, css: number, text: string): void {
  const [x, y] = [16, view.height - 16];
  ctx.font = FONT;
  const width = Math.max(css, ctx.measureText(text).width) + 16;
  ctx.fillStyle = "rgb(0 0 0 / 62%)";
  ctx.beginPath();
  ctx.roundRect(x - 8, y - 26, width, 34, 5);
  ctx.fill();
  ctx.fillStyle = "#ffffff";
  ctx.fillRect(x, y - 1, css, 3);
  ctx.fillText(text, x, y - 9);
}
