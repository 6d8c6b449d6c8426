// Tiles of one layer: asked for by distance from the centre, kept by last use, drawn with what is there.
import type { View } from "../contracts";
import { type Size, type TilePlace, edge, levelFor, visibleTiles } from "./geometry";

const AT_ONCE = 6;
const KEPT = 600;
const BUSY_MS = 500; // before a server that is busy or out of reach is asked again
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export interface TileGrid extends Size {
  levels: number;
  tile: number;
}

interface Entry {
  url: string;
  bitmap: ImageBitmap | null;
  used: number;
  request: AbortController | null;
  failed: boolean;
}

export type Address = (level: number, row: number, col: number, view: View) => string | null;

export class TileSource {
  private readonly entries = new Map<string, Entry>();
  private readonly last = new Map<string, string>(); // place → address last drawn there
  private frame = 0;
  private busy = 0;
  private wanted: { key: string; url: string }[] = [];

  constructor(
    private readonly grid: TileGrid,
    private readonly address: Address,
    private readonly arrived: () => void,
    private readonly refused: (answer: Response) => void = () => undefined,
  ) {}

  /** Draw what is there, coarse tiles under sharp ones, and ask for what is missing. */
  draw(ctx: CanvasRenderingContext2D, view: View): void {
    this.frame++;
    const { levels, tile } = this.grid;
    const level = levelFor(view.scale, view.dpr, levels);
    const places = visibleTiles(view, this.grid, level, tile);
    const missing: TilePlace[] = [];
    const sharp: [TilePlace, ImageBitmap][] = [];
    for (const place of places) {
      const entry = this.entry(place, view);
      if (entry?.bitmap) sharp.push([place, entry.bitmap]);
      else if (entry) missing.push(place);
    }
    if (missing.length > 0) this.drawCoarser(ctx, view, missing, level);
    ctx.imageSmoothingEnabled = view.scale * view.dpr < 1;
    for (const [place, bitmap] of sharp) this.blit(ctx, view, place, bitmap);
    this.ask(missing, level, view);
  }

  /** Is everything on screen as sharp as it can be? */
  isWhole(view: View): boolean {
    const level = levelFor(view.scale, view.dpr, this.grid.levels);
    return visibleTiles(view, this.grid, level, this.grid.tile).every((place) => {
      const entry = this.entry(place, view);
      return !entry || entry.bitmap !== null || entry.failed;
    });
  }

  close(): void {
    for (const entry of this.entries.values()) {
      entry.request?.abort();
      entry.bitmap?.close();
    }
    this.entries.clear();
    this.wanted = [];
  }

  private entry(place: TilePlace, view: View): Entry | null {
    const url = this.address(place.level, place.row, place.col, view);
    if (url === null) return null;
    let entry = this.entries.get(url);
    if (!entry) {
      entry = { url, bitmap: null, used: 0, request: null, failed: false };
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
    const places = [...coarse.filter((p) => !this.entry(p, view)?.bitmap), ...missing];
    this.wanted = [];
    const urls = new Set<string>();
    for (const place of places) {
      const entry = this.entry(place, view);
      if (!entry || entry.bitmap || entry.failed) continue;
      urls.add(entry.url);
      if (!entry.request) this.wanted.push({ key: keyOf(place), url: entry.url });
    }
    for (const entry of this.entries.values()) {
      if (entry.request && !urls.has(entry.url)) entry.request.abort(); // nobody looks at it any more
    }
    this.next();
  }

  private next(): void {
    while (this.busy < AT_ONCE) {
      const want = this.wanted.shift();
      if (!want) return;
      const entry = this.entries.get(want.url);
      if (entry && !entry.request && !entry.bitmap) void this.fetch(entry);
    }
  }

  private async fetch(entry: Entry): Promise<void> {
    entry.request = new AbortController();
    this.busy++;
    try {
      const answer = await fetch(entry.url, { signal: entry.request.signal, credentials: "same-origin" });
      if (answer.ok) entry.bitmap = await createImageBitmap(await answer.blob());
      else if (answer.status === 503 || answer.status === 429) await pause(BUSY_MS); // asked again
      else {
        entry.failed = true;
        this.refused(answer);
      }
    } catch {
      if (!entry.request?.signal.aborted) await pause(BUSY_MS);
      // aborted or unreached: asked again when it is looked at
    } finally {
      entry.request = null;
      this.busy--;
      this.forget();
      this.arrived();
      this.next();
    }
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
