// What every drawing tool works on: the document, the view, the class and size that are chosen, a sketch on top.
import type { Box, NewNucleus, Nucleus, PointerInfo, Studio, View } from "../contracts";
import { bare } from "../state/changes";
import { drawn, type DrawnDocument } from "../state/document";
import { newId } from "../state/ids";

export type Sketch = (ctx: CanvasRenderingContext2D, view: View) => void;

export class Board {
  readonly document: DrawnDocument;
  /** Class of what is drawn new. */
  label = "";
  /** Of brush and eraser, in image px. */
  radius = 6;
  /** How far colours may be from the one that is clicked, 0 to 255. */
  tolerance = 24;
  /** Gives points by keys to the tool in use. */
  keys: { enter?: () => void; back?: () => void; escape?: () => void } = {};
  private sketch: Sketch | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(readonly studio: Studio) {
    this.document = drawn(studio.document);
    studio.viewer.addOverlay({
      id: "tools",
      order: 100,
      visible: true,
      draw: (ctx, view) => this.sketch?.(ctx, view),
    });
  }

  /** Shown over the image until it is replaced; null: nothing. */
  show(sketch: Sketch | null): void {
    this.sketch = sketch;
    this.studio.viewer.redraw();
  }

  /** Sizes and classes changed: panels show them. */
  changed(): void {
    for (const f of this.watchers) f();
    this.studio.viewer.redraw();
  }

  onChange(f: () => void): void {
    this.watchers.add(f);
  }

  /** The part of the image that is drawn in. */
  get field(): Box {
    const { info, image } = this.document;
    return info?.box ?? [0, 0, image?.width ?? 0, image?.height ?? 0];
  }

  /** The plane of what is drawn; null where the image has one alone. */
  get plane(): number | null {
    return (this.document.image?.n_z ?? 1) > 1 ? this.studio.viewer.view.z : null;
  }

  get colour(): string {
    return this.document.layer.colours(this.label);
  }

  /** Image px of a distance on screen. */
  px(css: number): number {
    return css / this.studio.viewer.view.scale;
  }

  /** Where the pointer is, no farther out than the field. */
  inside(p: PointerInfo): [number, number] {
    const [x0, y0, x1, y1] = this.field;
    return [Math.min(x1, Math.max(x0, p.x)), Math.min(y1, Math.max(y0, p.y))];
  }

  at(p: PointerInfo): Nucleus | null {
    return this.document.layer.at(p.x, p.y, this.px(p.kind === "touch" ? 12 : 6));
  }

  /** Chosen nuclei that are outlines and on this plane. */
  chosen(): Nucleus[] {
    const found = [...this.document.layer.selected].map((id) => this.document.nucleus(id));
    return found.filter((n): n is Nucleus => n !== undefined && n.kind === "outline" && this.document.layer.isSeen(n));
  }

  fresh(rings: number[][], kind: Nucleus["kind"] = "outline"): NewNucleus {
    return { id: newId("n"), kind, rings, label: this.label, z: this.plane, suggestion: null, verdict: null };
  }

  /** New nuclei, chosen from now on. */
  add(tool: string, nuclei: NewNucleus[]): void {
    if (nuclei.length === 0) return;
    this.document.commit(tool, nuclei.map((after) => ({ nucleus: after.id, after })));
    this.document.select(nuclei.map((nucleus) => nucleus.id));
  }

  /** A nucleus has other outlines now: the largest keeps its id, further ones are new, none removes it. */
  reshape(tool: string, nucleus: Nucleus, outlines: number[][][]): void {
    const [first, ...more] = outlines;
    const rest = more.map((rings) => ({ ...bare(nucleus), id: newId("n"), rings, suggestion: null, verdict: null }));
    // an accepted suggestion that somebody redraws was not accepted as it was
    const after = first ? { ...bare(nucleus), kind: "outline" as const, rings: first, verdict: null } : null;
    this.document.commit(tool, [{ nucleus: nucleus.id, after }, ...rest.map((one) => ({ nucleus: one.id, after: one }))]);
    this.document.select([...(first ? [nucleus.id] : []), ...rest.map((one) => one.id)]);
  }

  /** Drop what is begun, else what is chosen. */
  drop(): void {
    if (this.studio.viewer.cancelGesture()) return;
    if (this.keys.escape) this.keys.escape();
    else this.document.select([]);
  }

  say(text: string, state: "ok" | "warn" = "warn"): void {
    this.studio.shell.status("message", text, state);
  }
}

/** Begin a path through image points; closed where it is a ring. */
export function pathOf(ctx: CanvasRenderingContext2D, view: View, points: readonly number[], isClosed: boolean): void {
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [(points[i]! - view.x) * view.scale, (points[i + 1]! - view.y) * view.scale];
    if (i === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  if (isClosed) ctx.closePath();
}

/** A line that is seen on bright and on dark ground. */
export function strokeTwice(ctx: CanvasRenderingContext2D, colour: string, width = 2): void {
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.strokeStyle = "rgb(255 255 255 / 85%)";
  ctx.lineWidth = width + 2;
  ctx.stroke();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.stroke();
}
