// The scribble brush: foreground, background, more classes, erase; a stroke is on screen while it is drawn.
import type { DocumentState, Overlay, PointerInfo, Stroke, Tool, View, Viewer } from "../contracts";
import { BACKGROUND, ERASE, FOREGROUND, classColour } from "./parts";

const ICON = "M4 20c2-5 3-8 6-11s6-5 9-5c1 3-2 6-5 9s-6 4-10 7M4 20l4-4";
const LEAST_STEP = 0.35; // of the radius: nearer points say nothing new

export class ScribbleTool implements Tool {
  readonly id = "scribble";
  readonly name = "Scribble";
  readonly key = "Q";
  readonly cursor = "none";
  readonly icon = ICON;
  kind = FOREGROUND;
  /** Of the brush, in pixels of the screen: as wide at every zoom. */
  radiusCss = 7;
  private points: number[] | null = null;
  private at: [number, number] | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly viewer: Viewer,
    private readonly document: DocumentState,
    private readonly options: () => HTMLElement,
    private readonly left: () => void,
    private readonly tell: (text: string) => void,
  ) {
    const overlay: Overlay = { id: "strokes", order: 40, visible: true, draw: (ctx, view) => this.draw(ctx, view) };
    viewer.addOverlay(overlay);
  }

  isActive = false;

  on(f: () => void): void {
    this.listeners.add(f);
  }

  panel(): HTMLElement {
    return this.options();
  }

  /** Colour and size of the brush; tells the panel. */
  choose(kind: number): void {
    this.kind = kind;
    this.viewer.redraw();
    for (const f of this.listeners) f();
  }

  resize(factor: number): void {
    this.radiusCss = Math.min(60, Math.max(1.5, this.radiusCss * factor));
    this.viewer.redraw();
    for (const f of this.listeners) f();
  }

  get radius(): number {
    return Math.max(0.5, Math.round((this.radiusCss / this.viewer.view.scale) * 100) / 100);
  }

  down(p: PointerInfo): void {
    this.points = [p.x, p.y];
    this.hover(p);
  }

  move(p: PointerInfo): void {
    const points = this.points;
    this.at = [p.x, p.y];
    if (!points) return;
    const [x, y] = [points.at(-2) as number, points.at(-1) as number];
    if (Math.hypot(p.x - x, p.y - y) >= LEAST_STEP * this.radius) points.push(p.x, p.y);
    this.viewer.redraw();
  }

  up(p: PointerInfo): void {
    this.move(p);
    const points = this.points;
    this.points = null;
    if (points && this.isTooLarge(points)) return this.tell("A stroke may cover at most 4 million pixels. Zoom in, or take a smaller brush.");
    if (points) this.document.addStroke({ class: this.kind, radius: this.radius, points, z: this.viewer.view.z });
  }

  private isTooLarge(points: number[]): boolean {
    let length = 2 * this.radius;
    for (let i = 2; i + 1 < points.length; i += 2) {
      length += Math.hypot((points[i] as number) - (points[i - 2] as number), (points[i + 1] as number) - (points[i - 1] as number));
    }
    return 2 * this.radius * length > 1 << 22;
  }

  hover(p: PointerInfo): void {
    this.at = [p.x, p.y];
    this.viewer.redraw();
  }

  cancel(): void {
    this.points = null;
    this.at = null;
    this.left();
  }

  private draw(ctx: CanvasRenderingContext2D, view: View): void {
    if (!this.isActive) return;
    ctx.lineCap = ctx.lineJoin = "round";
    for (const stroke of this.document.strokes) {
      if ((stroke.z ?? 0) === view.z) drawStroke(ctx, view, stroke, 0.55);
    }
    const [kind, radius] = [this.kind, this.radius];
    if (this.points) drawStroke(ctx, view, { class: kind, radius, points: this.points }, 0.85);
    if (this.at) this.drawBrush(ctx, view, this.at);
  }

  private drawBrush(ctx: CanvasRenderingContext2D, view: View, [x, y]: [number, number]): void {
    ctx.globalAlpha = 1;
    for (const [width, colour] of [[3, "rgb(0 0 0 / 60%)"], [1.5, this.kind === ERASE ? "#ffffff" : strokeColour(this.kind)]] as const) {
      ctx.beginPath();
      ctx.arc((x - view.x) * view.scale, (y - view.y) * view.scale, this.radius * view.scale, 0, 2 * Math.PI);
      ctx.lineWidth = width;
      ctx.strokeStyle = colour;
      ctx.stroke();
    }
  }
}

/** Background is drawn light, so that it is seen over dark and bright images. */
export function strokeColour(kind: number): string {
  if (kind === ERASE) return "#f5f5f5";
  return kind === BACKGROUND ? "#d55e00" : classColour(kind);
}

function drawStroke(ctx: CanvasRenderingContext2D, view: View, stroke: Pick<Stroke, "class" | "radius" | "points">, alpha: number): void {
  const { points } = stroke;
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = strokeColour(stroke.class);
  ctx.lineWidth = Math.max(1, 2 * stroke.radius * view.scale);
  ctx.setLineDash(stroke.class === ERASE ? [4, 6] : []);
  if (stroke.class === ERASE) ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.moveTo(((points[0] ?? 0) - view.x) * view.scale, ((points[1] ?? 0) - view.y) * view.scale);
  if (points.length === 2) ctx.lineTo(((points[0] ?? 0) - view.x) * view.scale + 0.01, ((points[1] ?? 0) - view.y) * view.scale);
  for (let i = 2; i + 1 < points.length; i += 2) {
    ctx.lineTo(((points[i] as number) - view.x) * view.scale, ((points[i + 1] as number) - view.y) * view.scale);
  }
  ctx.stroke();
  ctx.setLineDash([]);
}
