// Answers to suggestions on the image: a click accepts, a key rejects, a box says that the outline is wrong.
import type { Box, PointerInfo, Shell, Tool, View, Viewer } from "../contracts";
import { h } from "../shell/dom";
import type { Suggestions } from "./suggestions";

const ICON = "M5 12.500l4.500 4.500L19 7.500M3 5h3M9 3h3M3 10V8M21 14v4M18 21h-4M8 21H5";
const CLICK_CSS = 5;

export class AcceptTool implements Tool {
  readonly id = "accept";
  readonly name = "Accept suggestions";
  readonly key = "A";
  readonly cursor = "pointer";
  readonly icon = ICON;
  isActive = false;
  private from: [number, number] | null = null;
  private to: [number, number] | null = null;

  constructor(
    private readonly viewer: Viewer,
    private readonly shell: Shell,
    private readonly suggestions: Suggestions,
    private readonly looked: () => void,
    sure: HTMLElement,
  ) {
    this.element.append(
      h("p", {}, "Click a dashed outline to accept it with the current class. ", h("kbd", {}, "R"), " rejects the one under the pointer. Drag a box over one whose outline is wrong."),
      h("p", { class: "muted" }, "By keys: ", h("kbd", {}, "."), " and ", h("kbd", {}, ","), " mark the next and the one before, ", h("kbd", {}, "Enter"), " accepts, ", h("kbd", {}, "R"), " rejects."),
      sure,
    );
    viewer.addOverlay({ id: "wrong-box", order: 50, visible: true, draw: (ctx, view) => this.draw(ctx, view) });
  }

  readonly element = h("div", { class: "stack" });

  panel(): HTMLElement {
    this.looked(); // its keys count from now on
    return this.element;
  }

  down(p: PointerInfo): void {
    this.from = [p.x, p.y];
    this.to = null;
  }

  move(p: PointerInfo): void {
    const from = this.from;
    if (!from) return;
    const far = Math.hypot(p.x - from[0], p.y - from[1]) * this.viewer.view.scale > CLICK_CSS;
    if (far || this.to) this.to = [p.x, p.y];
    this.viewer.redraw();
  }

  up(p: PointerInfo): void {
    this.move(p);
    const box = this.box;
    [this.from, this.to] = [null, null];
    this.viewer.redraw();
    if (box) {
      const isThere = this.suggestions.isWrong(box);
      if (!isThere) this.shell.status("message", "There is no suggestion under this box. Draw it over a dashed outline.", "warn");
      return;
    }
    const found = this.suggestions.at(p.x, p.y);
    if (found && p.alt) this.suggestions.reject(found);
    else if (found) this.suggestions.accept(found);
  }

  hover(p: PointerInfo): void {
    this.suggestions.hover(p.x, p.y);
  }

  cancel(): void {
    [this.from, this.to] = [null, null];
    this.suggestions.hover(-1, -1);
    this.looked();
  }

  private get box(): Box | null {
    if (!this.from || !this.to) return null;
    const [[x0, y0], [x1, y1]] = [this.from, this.to];
    return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
  }

  private draw(ctx: CanvasRenderingContext2D, view: View): void {
    const box = this.box;
    if (!box) return;
    const [x, y] = [(box[0] - view.x) * view.scale, (box[1] - view.y) * view.scale];
    ctx.strokeStyle = "#ff8a80";
    ctx.lineWidth = 2;
    ctx.strokeRect(x, y, (box[2] - box[0]) * view.scale, (box[3] - box[1]) * view.scale);
  }
}
