// Which part of the image is on screen, and what moves it.
import type { ImageInfo, View } from "../contracts";
import { centred, fitted, kept, toImage, zoomedAt } from "./geometry";

type Listener = (view: View) => void;

export class Camera {
  now: View = { scale: 1, x: 0, y: 0, width: 0, height: 0, z: 0, dpr: 1, t: 0 };
  image: ImageInfo | null = null;
  private readonly listeners = { view: new Set<Listener>(), z: new Set<Listener>() };
  private isFitWanted = false;
  private moved = 0;

  constructor(private readonly redraw: () => void) {}

  /** Milliseconds since the view moved. */
  get rest(): number {
    return performance.now() - this.moved;
  }

  /** Another image: its middle plane, all of it, as soon as there is room. */
  begin(image: ImageInfo): void {
    this.setPlane(Math.floor(image.n_z / 2), 0);
    this.isFitWanted = true;
  }

  on(event: "view" | "z", f: Listener): () => void {
    this.listeners[event].add(f);
    return () => this.listeners[event].delete(f);
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

  /** A turn of the wheel at a place. */
  wheel(event: WheelEvent, at: [number, number]): void {
    if (event.shiftKey && this.image && this.image.n_z > 1) {
      this.setPlane(this.now.z + Math.sign(event.deltaY || event.deltaX));
      return;
    }
    const lines = event.deltaMode === 1 ? 33 : 1;
    const strength = event.ctrlKey ? 100 : 300; // a pinch on a touchpad comes as a wheel with ctrl
    this.zoomAt(2 ** (-(event.deltaY * lines) / strength), ...at);
  }

  /** There is other room for the view: its middle stays; `isShown` is false while there is none. */
  resize(width: number, height: number, dpr: number, isShown: boolean): void {
    const isFirst = this.now.width === 0;
    const middle = toImage(this.now, this.now.width / 2, this.now.height / 2);
    this.now = { ...this.now, width, height, dpr };
    if (isShown && this.image && (isFirst || this.isFitWanted)) {
      this.isFitWanted = false;
      this.fit();
    } else this.goTo(...middle);
  }

  private setView(view: View): void {
    this.now = this.image ? kept(view, this.image) : view;
    this.moved = performance.now();
    for (const f of this.listeners.view) f(this.now);
    this.redraw();
  }
}
