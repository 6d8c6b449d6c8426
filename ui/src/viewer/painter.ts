// One frame: tiles, outlines and overlays of each pane, the line between two panes.
import type { ImageInfo, NucleusLayer, Overlay, View } from "../contracts";
import type { Looks } from "./looks";
import { OutlineTiles } from "./outline_tiles";
import type { Pane } from "./panes";
import { drawSelected, selectedNuclei } from "./selection";

const BUSY_MS = 6;
const IDLE_MS = 24;
const REST_MS = 120;

export class Painter {
  readonly canvas = document.createElement("canvas");
  readonly overlays = new Map<string, Overlay>();
  private readonly outlines: OutlineTiles;
  private readonly ctx = this.canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
  private nuclei: NucleusLayer | null = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly looks: Looks,
    redraw: () => void,
  ) {
    this.outlines = new OutlineTiles(redraw);
  }

  /** Whether outlines are still missing. */
  get isBusy(): boolean {
    return this.outlines.isBusy;
  }

  setNuclei(layer: NucleusLayer | null): void {
    this.nuclei = layer;
    this.outlines.setLayer(layer);
  }

  resize(width: number, height: number, dpr: number): void {
    this.canvas.width = Math.round(width * dpr);
    this.canvas.height = Math.round(height * dpr);
  }

  paint(image: ImageInfo | null, view: View, panes: Pane[]): void {
    const { ctx, element } = this;
    ctx.setTransform(view.dpr, 0, 0, view.dpr, 0, 0);
    ctx.fillStyle = getComputedStyle(element).backgroundColor;
    ctx.fillRect(0, 0, element.clientWidth, element.clientHeight);
    if (!image || view.width === 0) return;
    for (const pane of panes) this.pane(image, view, pane);
    if (panes[1]) this.line(panes[1].left, view.height);
  }

  /** Draw outlines that are missing, for a short while: less while the image moves. */
  work(rest: number): void {
    this.outlines.work(rest > REST_MS ? IDLE_MS : BUSY_MS);
  }

  private pane(image: ImageInfo, view: View, pane: Pane): void {
    const { ctx } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(pane.left, 0, pane.width, view.height);
    ctx.clip();
    ctx.translate(pane.origin, 0);
    this.tiles(image, view, pane.layer);
    if (this.looks.isShowingNuclei && this.nuclei) {
      this.outlines.draw(ctx, view);
      drawSelected(ctx, view, selectedNuclei(this.nuclei), this.nuclei);
    }
    this.over(view);
    ctx.restore();
  }

  private tiles(image: ImageInfo, view: View, chosen: string): void {
    const { ctx, looks } = this;
    looks.sources.of(image, chosen).draw(ctx, view);
    for (const layer of looks.layers()) {
      if (!layer.visible || layer.id === chosen) continue;
      ctx.globalAlpha = layer.opacity;
      looks.sources.of(image, layer.id).draw(ctx, view);
    }
    ctx.globalAlpha = 1;
  }

  private over(view: View): void {
    for (const overlay of [...this.overlays.values()].sort((a, b) => a.order - b.order)) {
      if (!overlay.visible) continue;
      this.ctx.save();
      overlay.draw(this.ctx, view);
      this.ctx.restore();
    }
  }

  private line(x: number, height: number): void {
    this.ctx.fillStyle = "#ffffff";
    this.ctx.fillRect(x - 1, 0, 2, height);
  }
}
