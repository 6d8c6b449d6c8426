// The canvas viewer: image tiles, outlines in cached tiles, overlays on top, one frame when something changed.
import "./viewer.css";
import type { Api, ImageInfo, NucleusLayer, Overlay, TileLayer, Tool, View, Viewer } from "../contracts";
import { Camera } from "./camera";
import type { DisplaySettings } from "./display";
import { toImage } from "./geometry";
import { Looks } from "./looks";
import { Painter } from "./painter";
import { type Comparison, type Pane, panesOf, viewWidth } from "./panes";
import { Pointers } from "./pointer";

export class CanvasViewer implements Viewer {
  readonly element = document.createElement("div");
  private readonly camera = new Camera(() => this.redraw());
  private readonly looks: Looks;
  private readonly painter: Painter;
  private readonly pointers: Pointers;
  private isQueued = false;

  constructor(api: Api) {
    this.looks = new Looks(api, {
      redraw: () => this.redraw(),
      refused: (detail) => this.element.dispatchEvent(new CustomEvent("refused", { detail })),
      sketched: (detail) => this.element.dispatchEvent(new CustomEvent("sketched", { detail })),
    });
    this.painter = new Painter(this.element, this.looks, () => this.redraw());
    this.element.className = "viewer";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-label", "Image. Arrows move, plus and minus zoom, question mark lists all keys.");
    this.element.append(this.painter.canvas);
    this.pointers = new Pointers(this.element, {
      view: () => this.view,
      place: (event) => this.place(event),
      panBy: (dx, dy) => this.panBy(dx, dy),
      zoomAt: (factor, x, y) => this.zoomAt(factor, x, y),
      pointed: (at) => this.element.dispatchEvent(new CustomEvent("pointed", { detail: at })),
    });
    this.element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  get image(): ImageInfo | null {
    return this.camera.image;
  }

  setImage(image: ImageInfo | null, layer = "raw"): void {
    const isOther = image?.id !== this.image?.id;
    this.camera.image = image;
    this.looks.setImage(image, layer);
    if (image && isOther) this.camera.begin(image);
    this.looks.changed();
    this.resize();
  }

  setTool(tool: Tool | null): void {
    if (!this.pointers.cancelGesture()) this.pointers.tool?.cancel?.();
    this.pointers.tool = tool;
    this.element.style.cursor = tool?.cursor ?? "";
  }

  cancelGesture(): boolean {
    return this.pointers.cancelGesture();
  }

  holdSpace(isHeld: boolean): void {
    this.pointers.isSpaceHeld = isHeld;
    this.element.classList.toggle("is-hand", isHeld);
  }

  // --- where ----------------------------------------------------------------------------------------

  get view(): View {
    return this.camera.now;
  }

  on(event: "view" | "z", f: (view: View) => void): () => void {
    return this.camera.on(event, f);
  }

  setPlane(z: number, t?: number): void {
    this.camera.setPlane(z, t);
  }

  fit(): void {
    this.camera.fit();
  }

  goTo(x: number, y: number, scale?: number): void {
    this.camera.goTo(x, y, scale);
  }

  zoomAt(factor: number, cssX?: number, cssY?: number): void {
    this.camera.zoomAt(factor, cssX, cssY);
  }

  panBy(dx: number, dy: number): void {
    this.camera.panBy(dx, dy);
  }

  toImage(cssX: number, cssY: number): [number, number] {
    return toImage(this.view, cssX, cssY);
  }

  // --- what -----------------------------------------------------------------------------------------

  get display(): DisplaySettings | null {
    return this.looks.display;
  }

  get comparison(): Comparison {
    return this.looks.comparison;
  }

  get isShowingNuclei(): boolean {
    return this.looks.isShowingNuclei;
  }

  setDisplay(display: DisplaySettings): void {
    this.looks.setDisplay(display);
  }

  resetDisplay(): void {
    this.looks.resetDisplay();
  }

  onDisplay(f: () => void): void {
    this.looks.onChange(f);
  }

  compare(comparison: Partial<Comparison>): void {
    this.looks.compare(comparison);
    this.resize();
  }

  choices(): { id: string; name: string }[] {
    return this.looks.choices();
  }

  tileLayers(): readonly TileLayer[] {
    return this.looks.layers();
  }

  addTileLayer(layer: TileLayer): void {
    this.looks.addLayer(layer);
  }

  removeTileLayer(id: string): void {
    this.looks.removeLayer(id);
  }

  changeLayer(id: string, given: { visible?: boolean; opacity?: number }): void {
    this.looks.changeLayer(id, given);
  }

  showNuclei(isShowing: boolean): void {
    this.looks.showNuclei(isShowing);
  }

  setNuclei(layer: NucleusLayer | null): void {
    this.painter.setNuclei(layer);
    this.redraw();
  }

  addOverlay(overlay: Overlay): void {
    this.painter.overlays.set(overlay.id, overlay);
    this.redraw();
  }

  removeOverlay(id: string): void {
    this.painter.overlays.delete(id);
    this.redraw();
  }

  // --- frames ---------------------------------------------------------------------------------------

  /** Whether tiles or outlines are still missing. */
  get isBusy(): boolean {
    return this.painter.isBusy || this.panes().some((pane) => !this.looks.sources.isWhole(pane.layer, this.view));
  }

  redraw(_id?: string): void {
    if (this.isQueued) return;
    this.isQueued = true;
    requestAnimationFrame(() => this.frame());
  }

  private frame(): void {
    this.isQueued = false;
    this.painter.paint(this.image, this.view, this.panes());
    if (!this.image || this.view.width === 0 || !this.painter.isBusy) return;
    this.painter.work(this.camera.rest);
    this.redraw();
  }

  private panes(): Pane[] {
    return panesOf(this.comparison, this.element.clientWidth);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const dpr = window.devicePixelRatio || 1;
    this.painter.resize(width, height, dpr);
    this.camera.resize(viewWidth(this.comparison, width), height, dpr, width > 0);
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.camera.wheel(event, this.place(event));
  }

  /** A place in its pane. */
  private place(event: { clientX: number; clientY: number }): [number, number] {
    const box = this.element.getBoundingClientRect();
    const x = event.clientX - box.left;
    const panes = this.panes();
    const pane = panes.find((p) => x < p.left + p.width) ?? panes[panes.length - 1];
    return [x - (pane?.origin ?? 0), event.clientY - box.top];
  }
}

export function createViewer(api: Api): CanvasViewer {
  return new CanvasViewer(api);
}
