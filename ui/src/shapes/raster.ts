// A mask in cells of some size over a part of the image: painted by brushes, then traced into outlines.
import type { Box } from "../contracts";

export class Raster {
  readonly data: Uint8Array;

  /** `x`, `y`: image px at the upper left; `cell`: image px a cell is wide. */
  constructor(
    readonly x: number,
    readonly y: number,
    readonly width: number,
    readonly height: number,
    readonly cell: number,
  ) {
    this.data = new Uint8Array(width * height);
  }

  /** A raster over a box, of cells no larger than wanted, and no more of them than can be painted at once. */
  static over([x0, y0, x1, y1]: Box, wanted: number, most = 1200): Raster {
    const cell = Math.max(wanted, Math.max(x1 - x0, y1 - y0) / most);
    const [width, height] = [Math.ceil((x1 - x0) / cell) + 4, Math.ceil((y1 - y0) / cell) + 4];
    return new Raster(x0 - 2 * cell, y0 - 2 * cell, width, height, cell);
  }

  get area(): number {
    return this.data.reduce((sum, value) => sum + value, 0) * this.cell ** 2;
  }

  /** Set cells whose centres are inside rings, holes left out. */
  fill(rings: readonly number[][], value: 0 | 1 = 1): void {
    for (let row = 0; row < this.height; row++) {
      const crossings = crossingsAt(rings, this.y + (row + 0.5) * this.cell);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(0, Math.ceil((crossings[i]! - this.x) / this.cell - 0.5));
        const to = Math.min(this.width - 1, Math.ceil((crossings[i + 1]! - this.x) / this.cell - 0.5) - 1);
        if (from <= to) this.data.fill(value, row * this.width + from, row * this.width + to + 1);
      }
    }
  }

  /** Set cells whose centres a round brush meets on its way from one point to another. */
  stamp(x0: number, y0: number, r0: number, x1: number, y1: number, r1: number, value: 0 | 1): void {
    const r = Math.max(r0, r1);
    const [c0, c1] = this.range(Math.min(x0, x1) - r, Math.max(x0, x1) + r, this.x, this.width);
    const [w0, w1] = this.range(Math.min(y0, y1) - r, Math.max(y0, y1) + r, this.y, this.height);
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    for (let row = w0; row <= w1; row++) {
      const y = this.y + (row + 0.5) * this.cell;
      for (let col = c0; col <= c1; col++) {
        const x = this.x + (col + 0.5) * this.cell;
        const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
        const radius = r0 + along * (r1 - r0);
        const [ex, ey] = [x - x0 - along * dx, y - y0 - along * dy];
        if (ex * ex + ey * ey <= radius * radius) this.data[row * this.width + col] = value;
      }
    }
  }

  /** Nothing outside the image, or the field. */
  clip([x0, y0, x1, y1]: Box): void {
    for (let row = 0; row < this.height; row++) {
      const y = this.y + (row + 0.5) * this.cell;
      for (let col = 0; col < this.width; col++) {
        const x = this.x + (col + 0.5) * this.cell;
        if (x < x0 || y < y0 || x > x1 || y > y1) this.data[row * this.width + col] = 0;
      }
    }
  }

  private range(from: number, to: number, origin: number, cells: number): [number, number] {
    const first = Math.max(0, Math.floor((from - origin) / this.cell));
    return [first, Math.min(cells - 1, Math.ceil((to - origin) / this.cell))];
  }
}

function crossingsAt(rings: readonly number[][], y: number): number[] {
  const found: number[] = [];
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
      if (yi > y !== yj > y) found.push(((xj - xi) * (y - yi)) / (yj - yi) + xi);
    }
  }
  return found.sort((a, b) => a - b);
}
