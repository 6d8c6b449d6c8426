// A histogram of one channel with its black and white points, drawn when the server has counted.
import type { Api, ImageInfo } from "../contracts";
import { h } from "../shell/dom";

export interface Histogram {
  counts: number[] /* in bins of equal width from low to high */;
  low: number;
  high: number;
}

const [WIDTH, HEIGHT] = [256, 48];

/** `reach` is told the counts when they are there, and says where the picture is to end. */
export function histogramPicture(api: Api, image: ImageInfo, index: number, reach: (counted: Histogram) => number) {
  const element = h("canvas", { class: "histogram", width: WIDTH * 2, height: HEIGHT * 2, "aria-hidden": "true" });
  const ctx = element.getContext("2d") as CanvasRenderingContext2D;
  let top = image.channels[index]?.high ?? 1;
  let counted: Histogram | null = null;
  let marks = { low: 0, high: top };

  function draw(): void {
    const style = getComputedStyle(element);
    ctx.setTransform(2, 0, 0, 2, 0, 0);
    ctx.clearRect(0, 0, WIDTH, HEIGHT);
    ctx.fillStyle = style.color;
    for (const [x, w, share] of counted ? bars(counted, top) : []) {
      ctx.fillRect(x * WIDTH, HEIGHT * (1 - share), Math.max(0.5, w * WIDTH), HEIGHT * share);
    }
    ctx.fillStyle = style.borderBottomColor;
    for (const value of [marks.low, marks.high]) ctx.fillRect(Math.min(WIDTH - 2, (value / top) * WIDTH), 0, 2, HEIGHT);
  }

  api
    .get<Histogram>(`images/${encodeURIComponent(image.id)}/histogram?channel=${index}`)
    .then((histogram) => {
      counted = histogram;
      top = reach(histogram);
      draw();
    })
    .catch(() => undefined); // sliders work without it
  addEventListener("theme", draw);
  const mark = (given: { low: number; high: number }) => {
    marks = given;
    draw();
  };
  return { element, mark };
}

/** Bars as shares of the picture: left edge, width, height by the logarithm of the count. */
export function bars({ counts, low, high }: Histogram, top: number): [number, number, number][] {
  const most = Math.log1p(Math.max(...counts, 1));
  const width = (high - low) / counts.length / top;
  return counts.map((count, i) => [low / top + i * width, width, Math.log1p(count) / most]);
}
