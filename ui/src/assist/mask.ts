// The mask under the brush: asked for where the person looks, then for the whole plane; the newest strokes win.
import type { Api, Box, DocumentState, Overlay, Stroke, TileLayer, View, Viewer } from "../contracts";
import { type Following, follow } from "./jobs";
import { type RunningJob, areaOf, boxInView } from "./parts";
import { type LayerName, paintedMask } from "./mask_picture";

const SENT = 50; // the last strokes go with the wish, since they may not be saved yet
const TRIES = 8;
const PAUSE_MS = 200;
/** Pixels of a view that are masked: what a person sees of a slide from far away is too much. */
export const MOST_IN_VIEW = 1 << 22;

export type MaskState = "empty" | "waiting" | "view" | "plane" | "stale";

interface PixelsInfo {
  shown: boolean;
  whole_plane: boolean;
}

export class Mask {
  isLive = true;
  isUncertainty = false;
  opacity = 0.45;
  isActive = false;
  /** Milliseconds from lifting the brush to the mask in view, of the last time. */
  took = 0;
  said = "";
  state: MaskState = "empty";
  private info: PixelsInfo = { shown: true, whole_plane: true };
  private picture: { canvas: HTMLCanvasElement; box: Box; z: number } | null = null;
  private planeOf = "";
  private planeZ = -1;
  private seen = "";
  private request: AbortController | null = null;
  private job: Following | null = null;
  private timer = 0;
  private readonly layer: TileLayer;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: Api,
    private readonly viewer: Viewer,
    private readonly document: DocumentState,
  ) {
    const overlay: Overlay = { id: "mask", order: 10, visible: true, draw: (ctx, view) => this.draw(ctx, view) };
    viewer.addOverlay(overlay);
    this.layer = {
      id: "pixels", name: "Mask of scribbles", order: 10, visible: false, opacity: this.opacity,
      url: (level, row, col, view) => this.tileUrl(level, row, col, view),
    };
    document.on("open", () => void this.opened());
    document.on("change", () => this.looked());
    viewer.on("view", () => this.moved());
    viewer.on("z", () => this.moved());
  }

  on(f: () => void): void {
    this.listeners.add(f);
  }

  get isShown(): boolean {
    return this.info.shown;
  }

  get hasWholePlane(): boolean {
    return this.info.whole_plane;
  }

  get layerName(): LayerName {
    return this.isUncertainty ? "uncertainty" : "classes"; // probabilities are ten times as many bytes
  }

  /** What every wish says of the strokes: those that are seen, the last in full. */
  wish(): { z: number; ids: string[]; strokes: readonly Stroke[] } {
    const strokes = this.document.strokes;
    return { z: this.viewer.view.z, ids: strokes.map((one) => one.id), strokes: strokes.slice(-SENT) };
  }

  setActive(isActive: boolean): void {
    if (isActive === this.isActive) return;
    this.isActive = isActive;
    this.showLayer();
    if (isActive) {
      void this.prepare();
      if (this.isLive) this.update();
    }
  }

  setOpacity(opacity: number): void {
    this.opacity = this.layer.opacity = opacity;
    this.viewer.redraw();
  }

  setUncertainty(is: boolean): void {
    this.isUncertainty = is;
    this.planeOf = "";
    this.update();
  }

  /** Ask for the mask of what is on screen now, whatever was asked before. */
  update(): void {
    const image = this.document.image;
    const box = image && boxInView(this.viewer.view, image);
    if (!image || !box || !this.info.shown) return;
    this.request?.abort();
    if (!this.canTrain()) return this.forget();
    if (areaOf(box) > MOST_IN_VIEW && !this.info.whole_plane) {
      return this.say("stale", "Zoom in to see the mask: on a slide as large as this, only what is in view is masked, up to 4 million pixels.");
    }
    void this.fetch(box, (this.request = new AbortController()), performance.now());
  }

  private canTrain(): boolean {
    return new Set(this.document.strokes.map((one) => one.class).filter((kind) => kind > 0)).size > 1;
  }

  private async fetch(box: Box, request: AbortController, begun: number): Promise<void> {
    const id = this.document.id;
    const wish = this.wish();
    const layer = this.layerName;
    this.say(this.picture ? "stale" : "waiting", "");
    try {
      const blob = await this.asked(`documents/${id}/pixels`, { ...wish, box, layer }, request);
      const canvas = await paintedMask(blob, layer);
      if (request.signal.aborted) return;
      this.picture = { canvas, box, z: wish.z };
      this.planeOf = "";
      this.took = performance.now() - begun;
      this.showLayer();
      this.say("view", "");
      this.viewer.redraw();
      if (this.info.whole_plane) void this.fetchPlane(wish);
    } catch (problem) {
      if (!request.signal.aborted) this.say("stale", (problem as Error).message);
    }
  }

  /** A wish that newer work on the server ended, or that came before its strokes, is made again. */
  private async asked(path: string, body: unknown, request: AbortController): Promise<Blob> {
    for (let left = TRIES; ; left--) {
      try {
        return await this.api.blob(path, body, request.signal);
      } catch (problem) {
        if (request.signal.aborted || left === 0 || (problem as { status?: number }).status !== 409) throw problem;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  private async fetchPlane(wish: ReturnType<Mask["wish"]>): Promise<void> {
    this.job?.stop();
    try {
      const job = await this.api.post<RunningJob>(`documents/${this.document.id}/pixels/plane`, wish);
      const following = (this.job = follow(this.api, job));
      const over = await following.done;
      if (this.job !== following || over.state !== "done" || this.seen !== wish.ids.join()) return;
      this.planeOf = `${wish.ids.length}-${wish.ids.at(-1) ?? ""}`;
      this.planeZ = wish.z;
      this.showLayer();
      this.say("plane", "");
    } catch {
      // the mask in view is there; the plane comes with the next stroke
    }
  }

  private async prepare(): Promise<void> {
    const { id, image } = this.document;
    const box = image && boxInView(this.viewer.view, image);
    if (!id || !box || areaOf(box) > MOST_IN_VIEW || !this.info.shown) return;
    await this.api.post(`documents/${id}/pixels/prepare`, { box, z: this.viewer.view.z }).catch(() => undefined);
  }

  private async opened(): Promise<void> {
    this.forget();
    this.seen = this.document.strokes.map((one) => one.id).join();
    const id = this.document.id;
    this.info = { shown: true, whole_plane: true };
    if (!id) return;
    try {
      this.info = await this.api.get<PixelsInfo>(`documents/${id}/pixels`);
    } catch {
      // asked again with the first stroke
    }
    this.tell();
    if (this.isActive && this.isLive) this.update();
  }

  /** Strokes were drawn, undone, or heard of. */
  private looked(): void {
    const seen = this.document.strokes.map((one) => one.id).join();
    if (seen === this.seen) return;
    this.seen = seen;
    this.planeOf = "";
    if (this.isLive && this.isActive) this.update();
    else this.say(this.picture ? "stale" : "empty", "");
    this.showLayer();
  }

  private moved(): void {
    if (!this.isActive) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      const isThere = this.planeOf !== "" && this.planeZ === this.viewer.view.z;
      if (!isThere && this.isLive && this.isActive) this.update();
      void this.prepare();
    }, PAUSE_MS);
  }

  private forget(): void {
    this.picture = null;
    this.planeOf = "";
    this.showLayer();
    this.say("empty", "");
    this.viewer.redraw();
  }

  private showLayer(): void {
    const isThere = this.planeOf !== "" && this.isActive;
    if (isThere === this.layer.visible) return;
    this.layer.visible = isThere;
    this.viewer.removeTileLayer(this.layer.id);
    if (isThere) this.viewer.addTileLayer(this.layer);
    this.viewer.redraw();
  }

  private tileUrl(level: number, row: number, col: number, view: View): string | null {
    if (!this.planeOf || view.z !== this.planeZ) return null;
    const place = `documents/${this.document.id}/pixels/tiles/${level}/${row}/${col}`;
    return this.api.url(place, { z: view.z, layer: this.layerName, of: this.planeOf });
  }

  private draw(ctx: CanvasRenderingContext2D, view: View): void {
    const shown = this.picture;
    if (!shown || !this.isActive || this.planeOf || shown.z !== view.z) return;
    const [x0, y0, x1, y1] = shown.box;
    ctx.globalAlpha = this.state === "stale" ? this.opacity * 0.7 : this.opacity;
    ctx.imageSmoothingEnabled = view.scale * view.dpr < 1;
    const { scale } = view;
    ctx.drawImage(shown.canvas, (x0 - view.x) * scale, (y0 - view.y) * scale, (x1 - x0) * scale, (y1 - y0) * scale);
  }

  private say(state: MaskState, said: string): void {
    [this.state, this.said] = [state, said];
    this.tell();
  }

  private tell(): void {
    for (const f of this.listeners) f();
  }
}
