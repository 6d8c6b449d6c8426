// A grid over the image that finds nuclei by place: 100,000 of them, changed one at a time.
import type { Box, Nucleus } from "../contracts";
import { areaOf, boxOf, distanceTo, isInside } from "./outline";

const WIDE = 2 ** 22; // cells in a row, more than any image has

interface Entry {
  nucleus: Nucleus;
  box: Box;
  cells: Box;
}

export class Grid {
  private readonly cells = new Map<number, Set<Entry>>();
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly side = 64) {}

  get size(): number {
    return this.entries.size;
  }

  /** Put a nucleus in, or what it is now; one without rings is not in the grid. Gives its box. */
  set(nucleus: Nucleus): Box | null {
    this.delete(nucleus.id);
    const box = boxOf(nucleus.rings);
    if (!box) return null;
    const entry = { nucleus, box, cells: this.cellsOf(box) };
    this.entries.set(nucleus.id, entry);
    for (const key of keys(entry.cells)) {
      const cell = this.cells.get(key);
      if (cell) cell.add(entry);
      else this.cells.set(key, new Set([entry]));
    }
    return box;
  }

  /** Take a nucleus out. Gives the box that it had. */
  delete(id: string): Box | null {
    const entry = this.entries.get(id);
    if (!entry) return null;
    this.entries.delete(id);
    for (const key of keys(entry.cells)) {
      const cell = this.cells.get(key);
      cell?.delete(entry);
      if (cell?.size === 0) this.cells.delete(key);
    }
    return entry.box;
  }

  /** Nuclei whose boxes meet a box, each once. */
  *inBox(x0: number, y0: number, x1: number, y1: number): Generator<Nucleus> {
    const [c0, r0, c1, r1] = this.cellsOf([x0, y0, x1, y1]);
    if ((c1 - c0 + 1) * (r1 - r0 + 1) > this.cells.size) {
      for (const entry of this.entries.values()) if (meets(entry.box, x0, y0, x1, y1)) yield entry.nucleus;
      return;
    }
    for (let row = r0; row <= r1; row++) {
      for (let col = c0; col <= c1; col++) {
        for (const entry of this.cells.get(row * WIDE + col) ?? []) {
          // a nucleus of many cells is given in the first of them that is asked for
          const isFirst = Math.max(entry.cells[0], c0) === col && Math.max(entry.cells[1], r0) === row;
          if (isFirst && meets(entry.box, x0, y0, x1, y1)) yield entry.nucleus;
        }
      }
    }
  }

  /** The smallest nucleus that holds a point, else the nearest within a distance; of those that count. */
  at(x: number, y: number, tolerance: number, counts: (n: Nucleus) => boolean = () => true): Nucleus | null {
    let [best, bestRank] = [null as Nucleus | null, Infinity];
    for (const nucleus of this.inBox(x - tolerance, y - tolerance, x + tolerance, y + tolerance)) {
      if (!counts(nucleus)) continue;
      const rank = rankAt(nucleus, x, y, tolerance);
      if (rank < bestRank) [best, bestRank] = [nucleus, rank];
    }
    return best;
  }

  private cellsOf(box: Box): Box {
    const cell = (value: number) => Math.max(0, Math.min(WIDE - 1, Math.floor(value / this.side)));
    return [cell(box[0]), cell(box[1]), cell(box[2]), cell(box[3])];
  }
}

/** Dots first, then what holds the point, the small before the large, then what is near. */
function rankAt(nucleus: Nucleus, x: number, y: number, tolerance: number): number {
  const distance = distanceTo(nucleus.rings, x, y);
  if (nucleus.kind === "point") return distance <= tolerance ? distance - 1e9 : Infinity;
  if (isInside(nucleus.rings, x, y)) return -1 / (1 + areaOf(nucleus.rings));
  return distance <= tolerance ? distance : Infinity;
}

function meets(box: Box, x0: number, y0: number, x1: number, y1: number): boolean {
  return box[0] <= x1 && box[2] >= x0 && box[1] <= y1 && box[3] >= y0;
}

function* keys([c0, r0, c1, r1]: Box): Generator<number> {
  for (let row = r0; row <= r1; row++) for (let col = c0; col <= c1; col++) yield row * WIDE + col;
}
