// What the parts of assistance share: shapes of the wire, and small facts about views.
import type { Box, ImageInfo, Job, View } from "../contracts";

/** An outline to accept or reject. */
export interface Suggestion {
  id: string;
  rings: number[][];
  label: string;
  score: number | null;
  z: number | null;
  source: string;
  made_by: string;
}

export interface RunningJob extends Job {
  id: string;
  result: Record<string, unknown> | null;
}

/** Classes of strokes as the wire has them. */
export const ERASE = 0;
export const BACKGROUND = 1;
export const FOREGROUND = 2;

/** Colours of classes from 1 on: distinct to colour-blind people, and those of the server's tiles. */
export const CLASS_COLOURS = ["#8c8c8c", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#d55e00"];

export function classColour(number: number): string {
  return CLASS_COLOURS[(number - 1) % CLASS_COLOURS.length] ?? "#8c8c8c";
}

/** The part of the image that is on screen, in whole pixels; null where nothing of it is. */
export function boxInView(view: View, image: ImageInfo): Box | null {
  const box: Box = [
    Math.max(0, Math.floor(view.x)),
    Math.max(0, Math.floor(view.y)),
    Math.min(image.width, Math.ceil(view.x + view.width / view.scale)),
    Math.min(image.height, Math.ceil(view.y + view.height / view.scale)),
  ];
  return box[0] < box[2] && box[1] < box[3] ? box : null;
}

export function areaOf([x0, y0, x1, y1]: Box): number {
  return (x1 - x0) * (y1 - y0);
}

/** The middle of the box around a ring. */
export function middleOf(ring: readonly number[]): [number, number] {
  const [x0, y0, x1, y1] = boxOf(ring);
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

export function boxOf(ring: readonly number[]): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const [x, y] = [ring[i] as number, ring[i + 1] as number];
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** By the even-odd rule, holes left out. */
export function isInside(rings: readonly number[][], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i], ring[i + 1], ring[j], ring[j + 1]] as [number, number, number, number];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}
