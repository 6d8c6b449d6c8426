// Tiles of one layer: asked for by distance from the centre, kept by last use, drawn with what is there.
import type { View } from "../contracts";
import { type Size, type TilePlace, edge, levelFor, visibleTiles } from "./geometry";
import { type Entry, type TileNews, TileRequests, isFinal, newEntry } from "./tile_requests";

const KEPT = 600;

export interface TileGrid extends Size {
  levels: number;
  tile: number;
}

export type Address = (level: number, row: number, col: number, view: View) => string | null;

export class TileSource {
  private readonly entries = new Map<string, Entry>();
  private readonly last = new Map<string, string>(); // place → address last drawn there
  private frame = 0;
  private readonly requests: TileRequests;

  constructor(
    private readonly grid: TileGrid,
    private readonly address: Address,
    news: TileNews,
  ) {
    const arrived = () => {
      this.forget();
      news.arrived();
    };
    this.requests = new TileRequests({ ...news, arrived });
  }

  /** Draw what is there, coarse tiles under sharp ones, and ask for what is missing. */
  draw(ctx: CanvasRenderingContext2D, view: View): void {
    this.frame++;
    const { levels, tile } = this.grid;
    const level = levelFor(view.scale, view.dpr, levels);
    const places = visibleTiles(view, this.grid, level, tile);
    const missing: TilePlace[] = [];
    const sketches: TilePlace[] = [];
    const sharp: [TilePlace, ImageBitmap][] = [];
    for (const place of places) {
      const entry = this.entry(place, view);
      if (entry?.bitmap) sharp.push([place, entry.bitmap]);
      else if (entry) missing.push(place);
      if (entry?.bitmap && entry.again !== null) sketches.push(place);
    }
    if (missing.length > 0) this.drawCoarser(ctx, view, missing, level);
    ctx.imageSmoothingEnabled = view.scale * view.dpr < 1;
    for (const [place, bitmap] of sharp) this.blit(ctx, view, place, bitmap);
    this.ask([...missing, ...sketches], level, view);
  }

  /** Is everything on screen as sharp as it can be? */
  isWhole(view: View): boolean {
    const level = levelFor(view.scale, view.dpr, this.grid.levels);
    return visibleTiles(view, this.grid, level, this.grid.tile).every((place) => {
      const entry = this.entry(place, view);
      return !entry || isFinal(entry) || entry.failed;
    });
  }

  close(): void {
    this.requests.close(this.entries.values());
    this.entries.clear();
  }

  private entry(place: TilePlace, view: View): Entry | null {
    const url = this.address(place.level, place.row, place.col, view);
    if (url === null) return null;
    let entry = this.entries.get(url);
    if (!entry) {
      entry = newEntry(url);
      this.entries.set(url, entry);
    }
    entry.used = this.frame;
    if (entry.bitmap) this.last.set(keyOf(place), url);
    return entry;
  }

  /** Under a tile that is not there yet: the one with other settings, else a coarser one. */
  private drawCoarser(ctx: CanvasRenderingContext2D, view: View, missing: TilePlace[], level: number): void {
    const drawn = new Set<string>();
    const under: [TilePlace, ImageBitmap][] = [];
    for (const place of missing) {
      for (let up = 0; level + up < this.grid.levels; up++) {
        const parent = { level: level + up, row: place.row >> up, col: place.col >> up };
        const key = keyOf(parent);
        const bitmap = this.known(parent, view);
        if (!bitmap) continue;
        if (!drawn.has(key)) under.push([parent, bitmap]);
        drawn.add(key);
        break;
      }
    }
    ctx.imageSmoothingEnabled = true; // what is not sharp yet must not look like pixels of the image
    under.sort((a, b) => b[0].level - a[0].level);
    for (const [place, bitmap] of under) this.blit(ctx, view, place, bitmap);
  }

  private known(place: TilePlace, view: View): ImageBitmap | null {
    const url = this.address(place.level, place.row, place.col, view);
    const entry = url === null ? undefined : this.entries.get(url);
    const before = this.entries.get(this.last.get(keyOf(place)) ?? "");
    const found = entry?.bitmap ? entry : before?.bitmap ? before : null;
    if (found) found.used = this.frame;
    return found?.bitmap ?? null;
  }

  private blit(ctx: CanvasRenderingContext2D, view: View, place: TilePlace, bitmap: ImageBitmap): void {
    const side = 2 ** place.level;
    const start = this.grid.tile * side;
    const x0 = edge((place.col * start - view.x) * view.scale, view.dpr);
    const y0 = edge((place.row * start - view.y) * view.scale, view.dpr);
    const x1 = edge((place.col * start + bitmap.width * side - view.x) * view.scale, view.dpr);
    const y1 = edge((place.row * start + bitmap.height * side - view.y) * view.scale, view.dpr);
    ctx.drawImage(bitmap, x0, y0, x1 - x0, y1 - y0);
  }

  private ask(missing: TilePlace[], level: number, view: View): void {
    const top = this.grid.levels - 1;
    const coarse = level < top ? visibleTiles(view, this.grid, Math.min(top, level + 3), this.grid.tile) : [];
    const found = [...coarse, ...missing].map((place) => this.entry(place, view));
    this.requests.want(found.filter((entry): entry is Entry => entry !== null), this.entries.values());
  }

  private forget(): void {
    if (this.entries.size <= KEPT) return;
    const old = [...this.entries.values()].filter((e) => !e.request).sort((a, b) => a.used - b.used);
    for (const entry of old.slice(0, this.entries.size - KEPT)) {
      if (entry.used === this.frame) return; // on screen now
      entry.bitmap?.close();
      this.entries.delete(entry.url);
    }
  }
}

function keyOf(place: TilePlace): string {
  return `${place.level}/${place.row}/${place.col}`;
}
