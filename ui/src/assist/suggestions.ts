// Suggestions of the open document: what is not answered yet is drawn dashed, and answered by click, key and box.
import type { Api, Box, DocumentState, NewNucleus, Overlay, View, Viewer } from "../contracts";
import { newId } from "../state/ids";
import { stepped } from "../state/stepping";
import { accepted, atLeast, rejected, suggestionAt, suggestionUnder, wrongOutline } from "./answers";
import { currentClass } from "./current_class";
import { type Suggestion, boxOf, middleOf } from "./parts";

const MOST_DASHED = 3000; // dashes are slow to draw: more than this get plain thin lines
const makeId = () => newId("n");

export class Suggestions {
  all: Suggestion[] = [];
  /** Why none are shown; empty where they are. */
  refused = "";
  hovered: Suggestion | null = null;
  isShown = true;
  least = 0;
  private previewed: number[][][] = [];
  private open: Suggestion[] | null = null;
  private openVersion = -1;
  private boxes = new Map<string, Box>();
  private loading = 0;
  private loadedFor: string | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: Api,
    private readonly viewer: Viewer,
    private readonly document: DocumentState,
  ) {
    const overlay: Overlay = { id: "suggestions", order: 30, visible: true, draw: (ctx, view) => this.draw(ctx, view) };
    viewer.addOverlay(overlay);
    document.on("open", () => {
      if (document.id !== this.loadedFor) this.all = []; // those of another field must not be answered here
      this.open = null;
      this.tell();
      void this.load();
    });
    document.on("change", () => this.tell());
    viewer.on("z", () => void this.load());
  }

  on(f: () => void): void {
    this.listeners.add(f);
  }

  async load(): Promise<void> {
    const turn = ++this.loading;
    const id = this.document.id;
    let [found, refused] = [[] as Suggestion[], ""];
    try {
      if (id) found = await this.api.get<Suggestion[]>(`documents/${id}/suggestions?z=${this.viewer.view.z}`);
    } catch (problem) {
      refused = (problem as Error).message;
    }
    if (turn !== this.loading) return;
    this.loadedFor = id;
    this.refused = refused;
    this.all = found;
    this.boxes = new Map(found.map((one) => [one.id, boxOf(one.rings[0] ?? [])]));
    [this.open, this.hovered] = [null, null];
    this.tell();
    this.viewer.redraw();
  }

  /** Those that nobody has answered here, and that no nucleus covers. */
  get unanswered(): Suggestion[] {
    const { layer } = this.document;
    if (this.open && this.openVersion === layer.version) return this.open;
    const answered = new Set<string>();
    for (const nucleus of layer.nuclei()) if (nucleus.suggestion) answered.add(nucleus.suggestion);
    this.openVersion = layer.version;
    this.open = this.all.filter((one) => {
      if (answered.has(one.id)) return false;
      const covering = layer.at(...middleOf(one.rings[0] ?? []), 0);
      return !covering || covering.kind === "rejected";
    });
    return this.open;
  }

  /** Those that are unanswered and sure enough. */
  get sure(): Suggestion[] {
    return atLeast(this.unanswered, this.least);
  }

  preview(outlines: number[][][]): void {
    this.previewed = outlines;
    this.viewer.redraw();
  }

  setLeast(least: number): void {
    this.least = least;
    this.tell();
    this.viewer.redraw();
  }

  at(x: number, y: number): Suggestion | null {
    return this.isShown ? suggestionAt(this.sure, x, y) : null;
  }

  hover(x: number, y: number): void {
    const found = this.at(x, y);
    if (found !== this.hovered) this.mark(found);
  }

  /** The one that a key answers. */
  mark(suggestion: Suggestion | null): void {
    this.hovered = suggestion;
    this.viewer.redraw();
  }

  /** Marks the next, or the one before; null where none waits. */
  step(by: 1 | -1): Suggestion | null {
    this.mark(this.after(this.hovered, by));
    return this.hovered;
  }

  /** The next to be answered after one; null where it is the last. */
  after(one: Suggestion | null, by: 1 | -1 = 1): Suggestion | null {
    const places = this.isShown ? this.sure.map((each) => ({ id: each.id, at: middleOf(each.rings[0] ?? []) })) : [];
    const from = places.find((place) => place.id === one?.id) ?? null;
    const id = stepped(places, from, by)?.id;
    return this.sure.find((each) => each.id === id) ?? null;
  }

  accept(suggestion: Suggestion): void {
    this.answer("accept", [accepted(suggestion, currentClass(), makeId)]);
  }

  reject(suggestion: Suggestion): void {
    this.answer("reject", [rejected(suggestion, makeId)]);
  }

  /** Whether there was a suggestion under the box. */
  isWrong(box: Box): boolean {
    const found = suggestionUnder(this.sure, box);
    if (found) this.answer("wrong outline", [wrongOutline(found, box, currentClass(), makeId)]);
    return found !== null;
  }

  /** One gesture, undone at once. Gives their number. */
  acceptAll(): number {
    const sure = this.sure;
    this.answer("accept all", sure.map((one) => accepted(one, currentClass(), makeId)));
    return sure.length;
  }

  private answer(tool: string, changes: { nucleus: string; after: NewNucleus }[]): void {
    this.hovered = null;
    if (changes.length > 0) this.document.commit(tool, changes);
    this.open = null;
    this.tell();
    this.viewer.redraw();
  }

  private tell(): void {
    for (const f of this.listeners) f();
  }

  private draw(ctx: CanvasRenderingContext2D, view: View): void {
    if (this.previewed.length > 0) outline(ctx, view, this.previewed, "#f0e442", true);
    if (!this.isShown || this.all.length === 0) return;
    const [x1, y1] = [view.x + view.width / view.scale, view.y + view.height / view.scale];
    const seen = this.sure.filter(({ id }) => {
      const box = this.boxes.get(id);
      return box && box[0] < x1 && box[2] > view.x && box[1] < y1 && box[3] > view.y;
    });
    outline(ctx, view, seen.map((one) => one.rings), "#ffd54a", seen.length <= MOST_DASHED);
    if (this.hovered) fill(ctx, view, this.hovered.rings);
  }
}

function outline(ctx: CanvasRenderingContext2D, view: View, nuclei: number[][][], colour: string, isDashed: boolean): void {
  const path = pathOf(view, nuclei);
  ctx.lineJoin = "round";
  ctx.strokeStyle = "rgb(0 0 0 / 55%)";
  ctx.lineWidth = 2.5;
  if (isDashed) ctx.stroke(path);
  ctx.setLineDash(isDashed ? [5, 4] : []);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.stroke(path);
  ctx.setLineDash([]);
}

function fill(ctx: CanvasRenderingContext2D, view: View, rings: number[][]): void {
  const path = pathOf(view, [rings]);
  ctx.fillStyle = "rgb(255 213 74 / 30%)";
  ctx.fill(path, "evenodd");
  ctx.strokeStyle = "#ffffff";
  ctx.lineWidth = 2;
  ctx.stroke(path);
}

function pathOf(view: View, nuclei: number[][][]): Path2D {
  const path = new Path2D();
  for (const ring of nuclei.flat()) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const [x, y] = [((ring[i] as number) - view.x) * view.scale, ((ring[i + 1] as number) - view.y) * view.scale];
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
    path.closePath();
  }
  return path;
}
