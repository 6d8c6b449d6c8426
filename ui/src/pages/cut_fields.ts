// Cuts images into fields for a study: squares that do not overlap, drawn by lot, the same for a seed.
import type { Box } from "../contracts";

/** At most `count` squares of `side` px within an image; all of it where it is smaller than one. */
export function cutFields(width: number, height: number, side: number, count: number, seed: number): (Box | null)[] {
  if (count < 1 || side < 1) return [];
  if (width <= side && height <= side) return [null];
  const w = Math.min(side, width);
  const h = Math.min(side, height);
  const columns = Math.max(1, Math.floor(width / w));
  const rows = Math.max(1, Math.floor(height / h));
  const left = Math.floor((width - columns * w) / 2);
  const top = Math.floor((height - rows * h) / 2);
  const places = Array.from({ length: columns * rows }, (_, i) => i);
  const random = numbers(seed);
  const chosen: number[] = [];
  while (chosen.length < count && places.length > 0) {
    chosen.push(...places.splice(Math.floor(random() * places.length), 1));
  }
  return chosen
    .sort((a, b) => a - b)
    .map((place) => {
      const x = left + (place % columns) * w;
      const y = top + Math.floor(place / columns) * h;
      return [x, y, x + w, y + h] as Box;
    });
}

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
