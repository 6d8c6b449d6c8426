// Magic wand: the region of like colours around a place, as they are displayed.
import type { PointerInfo, Tool } from "../contracts";
import { Raster } from "../shapes/raster";
import { traced } from "../shapes/trace";
import { displayQuery } from "../viewer/display";
import { levelFor } from "../viewer/geometry";
import { CanvasViewer } from "../viewer/viewer";
import { Board, pathOf, strokeTwice } from "./board";
import { WAND } from "./icons";
import { wandPanel } from "./options";

const LARGEST = 0.1; // part of what was read: more is background, not a nucleus
const REACH = 300; // pixels of the level that is displayed, each way

/** Displayed pixels around a place: red, green, blue, alpha; `x`, `y`, `cell` in image px. */
export interface Pixels {
  x: number;
  y: number;
  cell: number;
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

export function wand(board: Board): Tool {
  let pixels: Pixels | null = null;
  let from: PointerInfo | null = null;
  let outline: number[][] = [];
  let extra = 0;
  let isLarge = false;
  const grow = () => {
    if (!pixels || !from) return;
    const tolerance = Math.min(255, Math.max(1, board.tolerance + extra));
    const mask = region(pixels, from.x, from.y, tolerance);
    mask?.clip(board.field);
    isLarge = mask !== null && mask.area > LARGEST * mask.width * mask.height * mask.cell ** 2;
    outline = (mask && traced(mask)[0]?.slice(0, 1)) ?? []; // what is enclosed belongs to it
    board.show((ctx, view) => {
      ctx.beginPath();
      for (const ring of outline) pathOf(ctx, view, ring, true);
      strokeTwice(ctx, board.colour);
    });
  };
  const drop = () => {
    from = pixels = null;
    extra = 0;
    outline = [];
    board.show(null);
  };
  let reading: Promise<void> = Promise.resolve();
  return {
    id: "wand",
    name: "Magic wand",
    key: "W",
    icon: WAND,
    cursor: "crosshair",
    down(p) {
      drop();
      from = p;
      reading = displayed(board, p).then((found) => {
        if (from !== p) return;
        pixels = found;
        grow();
      });
    },
    move(p) {
      if (!from) return;
      extra = Math.round((p.x - from.x) / board.px(3));
      grow();
    },
    up() {
      const asked = from;
      void reading.then(() => {
        if (asked === null || from !== asked) return;
        const [found, more, isTooLarge] = [outline, extra, isLarge];
        drop();
        board.tolerance = Math.min(128, Math.max(1, board.tolerance + more));
        board.changed();
        if (isTooLarge) board.say("The region is far larger than a nucleus. Lower the tolerance: [, or drag to the left.");
        else if (found.length > 0) board.add("wand", [board.fresh(found)]);
        else board.say("There is no region here. Raise the tolerance, or click a plainer place.");
      });
    },
    cancel: drop,
    panel: () => wandPanel(board),
  };
}

/** Pixels that are joined to the one at a place and whose colours are near to it. */
export function region(pixels: Pixels, x: number, y: number, tolerance: number): Raster | null {
  const { width, height, cell, data } = pixels;
  const [col, row] = [Math.floor((x - pixels.x) / cell), Math.floor((y - pixels.y) / cell)];
  if (col < 0 || row < 0 || col >= width || row >= height) return null;
  const mask = new Raster(pixels.x, pixels.y, width, height, cell);
  const start = row * width + col;
  const colour = [0, 1, 2].map((c) => data[4 * start + c] as number) as [number, number, number];
  const isNear = (i: number) =>
    data[4 * i + 3] !== 0 &&
    Math.abs(data[4 * i]! - colour[0]) <= tolerance &&
    Math.abs(data[4 * i + 1]! - colour[1]) <= tolerance &&
    Math.abs(data[4 * i + 2]! - colour[2]) <= tolerance;
  const open = [start];
  mask.data[start] = 1;
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const c = i % width;
    const around = [c > 0 ? i - 1 : -1, c < width - 1 ? i + 1 : -1, i - width, i + width];
    for (const next of around) {
      if (next < 0 || next >= width * height || mask.data[next] || !isNear(next)) continue;
      mask.data[next] = 1;
      open.push(next);
    }
  }
  return mask;
}

/** The tiles around a place, as the viewer shows them: without outlines, with its contrast and colours. */
async function displayed(board: Board, p: PointerInfo): Promise<Pixels | null> {
  const { viewer, api } = board.studio;
  const image = viewer.image;
  if (!image || !(viewer instanceof CanvasViewer) || !viewer.display) return null;
  const view = viewer.view;
  const level = levelFor(view.scale, view.dpr, image.levels);
  const cell = 2 ** level;
  const side = image.tile * cell;
  const [c0, c1] = span(p.x, REACH * cell, side, image.width);
  const [r0, r1] = span(p.y, REACH * cell, side, image.height);
  const canvas = new OffscreenCanvas((c1 - c0 + 1) * image.tile, (r1 - r0 + 1) * image.tile);
  const ctx = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  const query = displayQuery(image, viewer.display, viewer.comparison.first, view.z, view.t ?? 0);
  const tiles: Promise<void>[] = [];
  for (let row = r0; row <= r1; row++) {
    for (let col = c0; col <= c1; col++) {
      const place = `images/${encodeURIComponent(image.id)}/tiles/${level}/${row}/${col}${query ? `?${query}` : ""}`;
      const draw = async () => ctx.drawImage(await createImageBitmap(await api.blob(place)), (col - c0) * image.tile, (row - r0) * image.tile);
      tiles.push(draw().catch(() => undefined)); // a tile that does not come is not joined to anything
    }
  }
  await Promise.all(tiles);
  const { width, height } = canvas;
  return { x: c0 * side, y: r0 * side, cell, width, height, data: ctx.getImageData(0, 0, width, height).data };
}

function span(at: number, reach: number, side: number, size: number): [number, number] {
  const last = Math.max(0, Math.ceil(size / side) - 1);
  return [Math.max(0, Math.floor((at - reach) / side)), Math.min(last, Math.floor((at + reach) / side))];
}
