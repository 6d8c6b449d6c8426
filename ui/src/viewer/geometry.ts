// Arithmetic of the view: what is where, which level is sharp, how zooming keeps a point in place.
import type { View } from "../contracts";

export const MAX_SCALE = 64;

export interface Size {
  width: number;
  height: number;
}

export function toImage(view: View, cssX: number, cssY: number): [number, number] {
  return [view.x + cssX / view.scale, view.y + cssY / view.scale];
}

export function toCss(view: View, x: number, y: number): [number, number] {
  return [(x - view.x) * view.scale, (y - view.y) * view.scale];
}

/** The scale that shows the whole image with a small margin; never above 16. */
export function fitScale(view: Size, image: Size): number {
  const room = 0.96 * Math.min(view.width / image.width, view.height / image.height);
  return Math.min(16, room > 0 ? room : 1);
}

export function fitted(view: View, image: Size): View {
  return centred({ ...view, scale: fitScale(view, image) }, image.width / 2, image.height / 2);
}

export function centred(view: View, x: number, y: number): View {
  return { ...view, x: x - view.width / 2 / view.scale, y: y - view.height / 2 / view.scale };
}

/** Zoom by a factor so that the image point under (cssX, cssY) stays where it is. */
export function zoomedAt(view: View, factor: number, cssX: number, cssY: number, image: Size): View {
  const least = Math.min(fitScale(view, image) / 2, 1);
  const scale = Math.min(MAX_SCALE, Math.max(least, view.scale * factor));
  const [x, y] = toImage(view, cssX, cssY);
  return { ...view, scale, x: x - cssX / scale, y: y - cssY / scale };
}

/** Keep at least a part of the image on screen: its centre line cannot leave the view. */
export function kept(view: View, image: Size): View {
  const [w, h] = [view.width / view.scale, view.height / view.scale];
  const x = Math.min(image.width - w * 0.2, Math.max(-w * 0.8, view.x));
  const y = Math.min(image.height - h * 0.2, Math.max(-h * 0.8, view.y));
  return { ...view, x, y };
}

/** The coarsest level that still has a pixel for each pixel of the screen. */
export function levelFor(scale: number, dpr: number, levels: number): number {
  const level = Math.floor(-Math.log2(scale * dpr) + 0.01);
  return Math.min(levels - 1, Math.max(0, level));
}

export interface TilePlace {
  level: number;
  row: number;
  col: number;
}

/** Tiles of a level that touch the view, those nearest its centre first. */
export function visibleTiles(view: View, image: Size, level: number, tile: number, margin = 0): TilePlace[] {
  const side = tile * 2 ** level;
  const [w, h] = [view.width / view.scale, view.height / view.scale];
  const c0 = Math.max(0, Math.floor(view.x / side) - margin);
  const r0 = Math.max(0, Math.floor(view.y / side) - margin);
  const c1 = Math.min(Math.ceil(image.width / side), Math.ceil((view.x + w) / side) + margin);
  const r1 = Math.min(Math.ceil(image.height / side), Math.ceil((view.y + h) / side) + margin);
  const found: TilePlace[] = [];
  for (let row = r0; row < r1; row++) for (let col = c0; col < c1; col++) found.push({ level, row, col });
  const [cx, cy] = [(view.x + w / 2) / side - 0.5, (view.y + h / 2) / side - 0.5];
  const distance = (p: TilePlace) => (p.row - cy) ** 2 + (p.col - cx) ** 2;
  return found.sort((a, b) => distance(a) - distance(b));
}

/** The zoom, as a power of two, at which outlines are drawn for a scale; 0 is 1:1, −1 is half. */
export function outlineZoom(scale: number): number {
  return Math.round(Math.log2(scale));
}

/** A round length in µm (or px) for a bar of at most `room` css px, and how long the bar is. */
export function scaleBar(pxPerUnit: number, room: number): { length: number; css: number } {
  const most = room / pxPerUnit;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((s) => s * power <= most) ?? 1;
  return { length: step * power, css: step * power * pxPerUnit };
}

/** The nearest edge between device pixels, so that neighbouring tiles meet without a seam. */
export function edge(css: number, dpr: number): number {
  return Math.round(css * dpr) / dpr;
}
