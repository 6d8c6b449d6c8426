// Outlines in cached tiles: drawn a little in each frame, so that panning only copies pictures.
import type { Box, Nucleus, NucleusLayer, View } from "../contracts";
import { edge, outlineZoom } from "./geometry";
import { addNucleus } from "./outline_path";

const SIDE = 512; // device px
const KEPT = 96;
const BATCH = 64; // nuclei of one colour in one path
const MARGIN = 4; // device px by which lines reach over from neighbouring tiles

interface Tile {
  key: string;
  zoom: number;
  row: number;
  col: number;
  canvas: HTMLCanvasElement | null /* what is shown */;
  next: HTMLCanvasElement | null /* what is being drawn */;
  left: Iterator<Nucleus> | null;
  stale: boolean;
  later: Box[] /* changed while it was being drawn */;
  used: number;
}

export class OutlineTiles {
  private readonly tiles = new Map<string, Tile>();
  private layer: NucleusLayer | null = null;
  private version = -1;
  private frame = 0;
  private z = -1;
  private queue: Tile[] = [];

  constructor(private readonly changed: () => void) {}

  setLayer(layer: NucleusLayer | null): void {
    this.layer = layer;
    this.version = -1;
    this.tiles.clear();
    this.queue = [];
  }

  /** Copy the tiles of a view to the screen; stale ones are shown until they are drawn anew. */
  draw(ctx: CanvasRenderingContext2D, view: View): void {
    if (!this.layer) return;
    this.frame++;
    this.notice(view);
    const zoom = outlineZoom(view.scale * view.dpr);
    const side = SIDE / 2 ** zoom;
    const [c0, r0] = [Math.floor(view.x / side), Math.floor(view.y / side)];
    const c1 = Math.ceil((view.x + view.width / view.scale) / side);
    const r1 = Math.ceil((view.y + view.height / view.scale) / side);
    this.queue = [];
    ctx.imageSmoothingEnabled = true;
    for (let row = r0; row < r1; row++) {
      for (let col = c0; col < c1; col++) {
        const tile = this.tile(zoom, row, col);
        if (tile.stale) this.queue.push(tile);
        if (tile.canvas) blit(ctx, view, tile);
        else this.drawOther(ctx, view, tile);
      }
    }
    this.forget();
  }

  get isBusy(): boolean {
    return this.queue.length > 0;
  }

  /** Draw outlines into waiting tiles for some milliseconds. */
  work(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (this.queue.length > 0 && performance.now() < end) {
      const tile = this.queue[0] as Tile;
      if (!this.step(tile)) continue;
      this.queue.shift();
      this.changed();
    }
  }

  private notice(view: View): void {
    const layer = this.layer as NucleusLayer;
    if (layer.version === this.version && view.z === this.z) return;
    const boxes = view.z === this.z && this.version >= 0 ? layer.changedSince?.(this.version) : null;
    if (boxes) for (const box of boxes) this.spoil(box);
    else for (const tile of this.tiles.values()) spoil(tile, view.z !== this.z);
    this.version = layer.version;
    this.z = view.z;
  }

  private spoil([x0, y0, x1, y1]: Box): void {
    for (const tile of this.tiles.values()) {
      const side = SIDE / 2 ** tile.zoom;
      const reach = (MARGIN * side) / SIDE;
      const isAcross = tile.col * side <= x1 + reach && (tile.col + 1) * side >= x0 - reach;
      const isTouched = isAcross && tile.row * side <= y1 + reach && (tile.row + 1) * side >= y0 - reach;
      if (!isTouched) continue;
      const around: Box = [x0 - reach, y0 - reach, x1 + reach, y1 + reach];
      if (tile.left) tile.later.push(around); // begun again at each edit, it would never be finished
      else if (!tile.stale) this.patch(tile, around);
    }
  }

  /** Draw one box of a finished tile anew, at once: a stroke of a brush changes no more. */
  private patch(tile: Tile, box: Box): void {
    const layer = this.layer as NucleusLayer;
    const side = SIDE / 2 ** tile.zoom;
    const place = { x: tile.col * side, y: tile.row * side, scale: 2 ** tile.zoom };
    const left = layer.inBox(...box)[Symbol.iterator]();
    const ctx = contextOf(tile.canvas as HTMLCanvasElement);
    ctx.save();
    ctx.beginPath();
    const [x0, y0, x1, y1] = box.map((v, i) => Math.round((v - (i % 2 ? place.y : place.x)) * place.scale)) as Box;
    ctx.rect(x0, y0, x1 - x0, y1 - y0);
    ctx.clip();
    ctx.clearRect(x0, y0, x1 - x0, y1 - y0);
    while (!drawBatch(ctx, left, layer, place, this.z));
    ctx.restore();
  }

  private tile(zoom: number, row: number, col: number): Tile {
    const key = `${zoom}/${row}/${col}`;
    let tile = this.tiles.get(key);
    if (!tile) {
      tile = { key, zoom, row, col, canvas: null, next: null, left: null, stale: true, later: [], used: 0 };
      this.tiles.set(key, tile);
    }
    tile.used = this.frame;
    return tile;
  }

  /** One batch of a tile; true when the tile is finished. */
  private step(tile: Tile): boolean {
    const layer = this.layer as NucleusLayer;
    const side = SIDE / 2 ** tile.zoom;
    const [x, y, reach] = [tile.col * side, tile.row * side, (MARGIN * side) / SIDE];
    if (!tile.left || !tile.next) {
      tile.left = layer.inBox(x - reach, y - reach, x + side + reach, y + side + reach)[Symbol.iterator]();
      tile.next = document.createElement("canvas");
      tile.next.width = tile.next.height = SIDE;
    }
    const ctx = contextOf(tile.next);
    const isDone = drawBatch(ctx, tile.left, layer, { x, y, scale: 2 ** tile.zoom }, this.z);
    if (!isDone) return false;
    tile.canvas = tile.next;
    [tile.next, tile.left, tile.stale] = [null, null, false];
    for (const box of tile.later.splice(0)) this.patch(tile, box);
    return true;
  }

  /** Until a tile is there: the one of a neighbouring zoom. */
  private drawOther(ctx: CanvasRenderingContext2D, view: View, tile: Tile): void {
    for (const up of [1, 2, 3]) {
      const parent = this.tiles.get(`${tile.zoom - up}/${tile.row >> up}/${tile.col >> up}`);
      if (parent?.canvas) return blit(ctx, view, parent, tile);
    }
    for (const [row, col] of [[0, 0], [0, 1], [1, 0], [1, 1]] as const) {
      const child = this.tiles.get(`${tile.zoom + 1}/${tile.row * 2 + row}/${tile.col * 2 + col}`);
      if (child?.canvas) blit(ctx, view, child);
    }
  }

  private forget(): void {
    if (this.tiles.size <= KEPT) return;
    for (const tile of [...this.tiles.values()].sort((a, b) => a.used - b.used)) {
      if (this.tiles.size <= KEPT || tile.used === this.frame) return;
      this.tiles.delete(tile.key);
    }
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d") as CanvasRenderingContext2D;
}

function spoil(tile: Tile, isOtherPlane: boolean): void {
  tile.stale = true;
  tile.left = tile.next = null;
  tile.later = [];
  if (isOtherPlane) tile.canvas = null;
}

function drawBatch(
  ctx: CanvasRenderingContext2D,
  left: Iterator<Nucleus>,
  layer: NucleusLayer,
  place: { x: number; y: number; scale: number },
  z: number,
): boolean {
  ctx.lineWidth = 1.5;
  ctx.lineJoin = "round";
  let colour = "";
  let isOpen = false;
  for (let n = 0; n < BATCH; n++) {
    const { value, done } = left.next();
    if (done) {
      if (isOpen) ctx.stroke();
      return true;
    }
    if (value.z !== null && value.z !== z) continue;
    const wanted = layer.colourOf(value);
    if (wanted !== colour) {
      if (isOpen) ctx.stroke();
      ctx.beginPath();
      ctx.strokeStyle = ctx.fillStyle = colour = wanted;
    }
    isOpen = true;
    addNucleus(ctx, value, place, 1);
  }
  if (isOpen) ctx.stroke();
  return false;
}

/** Copy a tile to where it is in the view, or only the part of it that another tile would cover. */
function blit(ctx: CanvasRenderingContext2D, view: View, tile: Tile, part: Tile = tile): void {
  const side = SIDE / 2 ** part.zoom;
  const share = 2 ** (tile.zoom - part.zoom) * SIDE;
  const sx = ((part.col * side) / (SIDE / 2 ** tile.zoom) - tile.col) * SIDE;
  const sy = ((part.row * side) / (SIDE / 2 ** tile.zoom) - tile.row) * SIDE;
  const x0 = edge((part.col * side - view.x) * view.scale, view.dpr);
  const y0 = edge((part.row * side - view.y) * view.scale, view.dpr);
  const x1 = edge(((part.col + 1) * side - view.x) * view.scale, view.dpr);
  const y1 = edge(((part.row + 1) * side - view.y) * view.scale, view.dpr);
  ctx.drawImage(tile.canvas as HTMLCanvasElement, sx, sy, share, share, x0, y0, x1 - x0, y1 - y0);
}
