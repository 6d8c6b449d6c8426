// The canvas viewer: image tiles, outlines in cached tiles, overlays on top, one frame when something changed.
import "./viewer.css";
import type { Api, ImageInfo, NucleusLayer, Overlay, TileLayer, Tool, View, Viewer } from "../contracts";
import { type DisplaySettings, defaultDisplay, storeDisplay, storedDisplay } from "./display";
import { centred, fitted, kept, toImage, zoomedAt } from "./geometry";
import { OutlineTiles } from "./outline_tiles";
import { type Comparison, type Pane, panesOf, viewWidth } from "./panes";
import { Pointers } from "./pointer";
import { drawSelected, selectedNuclei } from "./selection";
import { LayerSources } from "./sources";

type Listener = (view: View) => void;
const BUSY_MS = 6;
const IDLE_MS = 24;
const REST_MS = 120;

export class CanvasViewer implements Viewer {
  readonly element = document.createElement("div");
  readonly canvas = document.createElement("canvas");
  image: ImageInfo | null = null;
  comparison: Comparison = { mode: "single", first: "raw", second: "raw", at: 0.5 };
  isShowingNuclei = true;
  private now: View = { scale: 1, x: 0, y: 0, width: 0, height: 0, z: 0, dpr: 1, t: 0 };
  private readonly pointers: Pointers;
  private readonly overlays = new Map<string, Overlay>();
  private readonly sources: LayerSources;
  private readonly outlines = new OutlineTiles(() => this.redraw());
  private readonly listeners = { view: new Set<Listener>(), z: new Set<Listener>() };
  private readonly displayListeners = new Set<() => void>();
  private nucleusLayer: NucleusLayer | null = null;
  private isQueued = false;
  private isFitWanted = false;
  private moved = 0;
  private readonly ctx: CanvasRenderingContext2D;

  constructor(api: Api) {
    this.sources = new LayerSources(api, {
      redraw: () => this.redraw(),
      refused: (detail) => this.element.dispatchEvent(new CustomEvent("refused", { detail })),
      sketched: (detail) => this.element.dispatchEvent(new CustomEvent("sketched", { detail })),
    });
    this.element.className = "viewer";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-label", "Image. Arrows move, plus and minus zoom, question mark lists all keys.");
    this.element.append(this.canvas);
    this.ctx = this.canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
    this.pointers = new Pointers(this.element, {
      view: () => this.now,
      place: (event) => this.place(event),
      panBy: (dx, dy) => this.panBy(dx, dy),
      zoomAt: (factor, x, y) => this.zoomAt(factor, x, y),
      pointed: (at) => this.element.dispatchEvent(new CustomEvent("pointed", { detail: at })),
    });
    this.element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  get view(): View {
    return this.now;
  }

  get display(): DisplaySettings | null {
    return this.sources.display;
  }

  get isBusy(): boolean {
    return this.outlines.isBusy || this.panes().some((pane) => !this.sources.isWhole(pane.layer, this.now));
  }

  setImage(image: ImageInfo | null, layer = "raw"): void {
    const isOther = image?.id !== this.image?.id;
    this.sources.close();
    this.image = image;
    this.comparison = { ...this.comparison, first: layer };
    if (image && isOther) {
      this.sources.display = storedDisplay(image, localStorage);
      this.setPlane(Math.floor(image.n_z / 2), 0);
      this.isFitWanted = true;
    }
    this.displayChanged();
    this.resize();
  }

  setDisplay(display: DisplaySettings): void {
    this.sources.display = display;
    if (this.image) storeDisplay(this.image, display, localStorage);
    this.displayChanged();
  }

  resetDisplay(): void {
    if (this.image) this.setDisplay(defaultDisplay(this.image));
  }

  compare(comparison: Partial<Comparison>): void {
    this.comparison = { ...this.comparison, ...comparison };
    const { mode, first, second } = this.comparison;
    const other = this.choices().find((layer) => layer.id !== first)?.id ?? first;
    if (comparison.mode && mode !== "single" && first === second) this.comparison.second = other;
    this.displayChanged();
    this.resize();
  }

  onDisplay(f: () => void): void {
    this.displayListeners.add(f);
  }

  /** The layers that can be chosen: those of the server, then those that modules added. */
  choices(): { id: string; name: string }[] {
    const own = this.tileLayers().map(({ id, name }) => ({ id, name }));
    return [{ id: "raw", name: "Raw" }, { id: "recipe", name: "Recipe" }, ...own];
  }

  addOverlay(overlay: Overlay): void {
    this.overlays.set(overlay.id, overlay);
    this.redraw();
  }

  removeOverlay(id: string): void {
    this.overlays.delete(id);
    this.redraw();
  }

  addTileLayer(layer: TileLayer): void {
    this.sources.remove(layer.id);
    this.sources.added.set(layer.id, layer);
    this.displayChanged();
  }

  removeTileLayer(id: string): void {
    this.sources.remove(id);
    this.displayChanged();
  }

  tileLayers(): readonly TileLayer[] {
    return this.sources.inOrder();
  }

  changeLayer(id: string, given: { visible?: boolean; opacity?: number }): void {
    const layer = this.sources.added.get(id);
    if (!layer) return;
    Object.assign(layer, given); // the module that added it sees the change, too
    this.displayChanged();
  }

  showNuclei(isShowing: boolean): void {
    this.isShowingNuclei = isShowing;
    this.displayChanged();
  }

  setTool(tool: Tool | null): void {
    this.pointers.tool?.cancel?.();
    this.pointers.tool = tool;
    this.element.style.cursor = tool?.cursor ?? "";
  }

  holdSpace(isHeld: boolean): void {
    this.pointers.isSpaceHeld = isHeld;
    this.element.classList.toggle("is-hand", isHeld);
  }

  setNuclei(layer: NucleusLayer | null): void {
    this.nucleusLayer = layer;
    this.outlines.setLayer(layer);
    this.redraw();
  }

  setPlane(z: number, t = this.now.t ?? 0): void {
    const [nz, nt] = [this.image?.n_z ?? 1, this.image?.n_t ?? 1];
    const clamped = { z: Math.min(nz - 1, Math.max(0, z)), t: Math.min(nt - 1, Math.max(0, t)) };
    if (clamped.z === this.now.z && clamped.t === this.now.t) return;
    this.now = { ...this.now, ...clamped };
    for (const f of this.listeners.z) f(this.now);
    this.redraw();
  }

  fit(): void {
    if (this.image) this.setView(fitted(this.now, this.image));
  }

  goTo(x: number, y: number, scale = this.now.scale): void {
    this.setView(centred({ ...this.now, scale }, x, y));
  }

  zoomAt(factor: number, cssX = this.now.width / 2, cssY = this.now.height / 2): void {
    if (this.image) this.setView(zoomedAt(this.now, factor, cssX, cssY, this.image));
  }

  panBy(dx: number, dy: number): void {
    this.setView({ ...this.now, x: this.now.x - dx / this.now.scale, y: this.now.y - dy / this.now.scale });
  }

  toImage(cssX: number, cssY: number): [number, number] {
    return toImage(this.now, cssX, cssY);
  }

  on(event: "view" | "z", f: Listener): () => void {
    this.listeners[event].add(f);
    return () => this.listeners[event].delete(f);
  }

  redraw(_id?: string): void {
    if (this.isQueued) return;
    this.isQueued = true;
    requestAnimationFrame(() => this.frame());
  }

  private setView(view: View): void {
    this.now = this.image ? kept(view, this.image) : view;
    this.moved = performance.now();
    for (const f of this.listeners.view) f(this.now);
    this.redraw();
  }

  private displayChanged(): void {
    for (const f of this.displayListeners) f();
    this.redraw();
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 33 : 1;
    if (event.shiftKey && this.image && this.image.n_z > 1) {
      this.setPlane(this.now.z + Math.sign(event.deltaY || event.deltaX));
      return;
    }
    const strength = event.ctrlKey ? 100 : 300; // a pinch on a touchpad comes as a wheel with ctrl
    this.zoomAt(2 ** (-(event.deltaY * lines) / strength), ...this.place(event));
  }

  private place(event: { clientX: number; clientY: number }): [number, number] {
    const box = this.element.getBoundingClientRect();
    const x = event.clientX - box.left;
    const panes = this.panes();
    const pane = panes.find((p) => x < p.left + p.width) ?? panes[panes.length - 1];
    return [x - (pane?.origin ?? 0), event.clientY - box.top];
  }

  private panes(): Pane[] {
    return panesOf(this.comparison, this.element.clientWidth);
  }

  private resize(): void {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    const dpr = window.devicePixelRatio || 1;
    const isFirst = this.now.width === 0;
    this.canvas.width = Math.round(width * dpr);
    this.canvas.height = Math.round(height * dpr);
    const [cx, cy] = toImage(this.now, this.now.width / 2, this.now.height / 2);
    this.now = { ...this.now, width: viewWidth(this.comparison, width), height, dpr };
    if (width > 0 && this.image && (isFirst || this.isFitWanted)) {
      this.isFitWanted = false;
      this.fit();
    } else this.goTo(cx, cy);
  }

  private frame(): void {
    this.isQueued = false;
    const { ctx, now } = this;
    ctx.setTransform(now.dpr, 0, 0, now.dpr, 0, 0);
    ctx.fillStyle = getComputedStyle(this.element).backgroundColor;
    ctx.fillRect(0, 0, this.element.clientWidth, this.element.clientHeight);
    if (!this.image || now.width === 0) return;
    for (const pane of this.panes()) this.drawPane(this.image, pane);
    this.drawLine();
    if (!this.outlines.isBusy) return;
    this.outlines.work(performance.now() - this.moved > REST_MS ? IDLE_MS : BUSY_MS);
    this.redraw();
  }

  private drawPane(image: ImageInfo, pane: Pane): void {
    const { ctx, now } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(pane.left, 0, pane.width, now.height);
    ctx.clip();
    ctx.translate(pane.origin, 0);
    this.sources.of(image, pane.layer).draw(ctx, now);
    for (const layer of this.tileLayers()) {
      if (!layer.visible || layer.id === pane.layer) continue;
      ctx.globalAlpha = layer.opacity;
      this.sources.of(image, layer.id).draw(ctx, now);
    }
    ctx.globalAlpha = 1;
    if (this.isShowingNuclei && this.nucleusLayer) {
      this.outlines.draw(ctx, now);
      drawSelected(ctx, now, selectedNuclei(this.nucleusLayer), this.nucleusLayer);
    }
    for (const overlay of [...this.overlays.values()].sort((a, b) => a.order - b.order)) {
      if (!overlay.visible) continue;
      ctx.save();
      overlay.draw(ctx, now);
      ctx.restore();
    }
    ctx.restore();
  }

  private drawLine(): void {
    const second = this.panes()[1];
    if (!second) return;
    this.ctx.fillStyle = "#ffffff";
    this.ctx.fillRect(second.left - 1, 0, 2, this.now.height);
  }
}

export function createViewer(api: Api): CanvasViewer {
  return new CanvasViewer(api);
}
