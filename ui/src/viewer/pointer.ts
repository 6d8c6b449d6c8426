// Mouse, touch and pen: to the tool in image px, or to panning and pinching.
import type { PointerInfo, Tool, View } from "../contracts";
import { toImage } from "./geometry";

/** css px that a press may wander and still be a click; time never matters, so quick clicks are clicks. */
const WANDER = { mouse: 4, pen: 6, touch: 10 };

export interface Moves {
  view(): View;
  /** A pane may begin to the right of the element's edge. */
  place(event: { clientX: number; clientY: number }): [number, number];
  panBy(dx: number, dy: number): void;
  zoomAt(factor: number, cssX: number, cssY: number): void;
  pointed(at: [number, number] | null): void;
}

interface Press {
  at: [number, number];
  from: [number, number];
  role: "tool" | "pan" | "click-or-pan" | "dropped";
  info: PointerInfo;
}

export class Pointers {
  tool: Tool | null = null;
  isSpaceHeld = false;
  private readonly presses = new Map<number, Press>();

  constructor(
    private readonly element: HTMLElement,
    private readonly moves: Moves,
  ) {
    element.addEventListener("pointerdown", (e) => this.down(e));
    element.addEventListener("pointermove", (e) => this.move(e));
    element.addEventListener("pointerup", (e) => this.up(e));
    element.addEventListener("pointercancel", (e) => this.cancel(e));
    element.addEventListener("pointerleave", () => moves.pointed(null));
    element.addEventListener("contextmenu", (e) => e.preventDefault());
  }

  cancelGesture(): boolean {
    const begun = [...this.presses.values()].filter((press) => press.role === "tool");
    for (const press of begun) press.role = "dropped";
    if (begun.length > 0) this.tool?.cancel?.();
    return begun.length > 0;
  }

  private down(event: PointerEvent): void {
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    const at = this.moves.place(event);
    const press: Press = { at, from: at, role: this.role(event), info: this.info(event) };
    this.presses.set(event.pointerId, press);
    if (this.presses.size > 1) return this.pinch();
    if (press.role === "tool") this.tool?.down?.(press.info);
    else this.element.classList.add("is-panning");
  }

  private role(event: PointerEvent): Press["role"] {
    if (event.button !== 0 || this.isSpaceHeld || !this.tool) return "pan";
    return this.tool.pans ? "click-or-pan" : "tool";
  }

  /** A second finger: what the first one began is taken back, both move the image. */
  private pinch(): void {
    const isDrawing = [...this.presses.values()].some((p) => p.role === "tool");
    if (isDrawing && this.tool?.interrupt) this.tool.interrupt();
    else if (isDrawing) this.tool?.cancel?.();
    for (const press of this.presses.values()) press.role = "pan";
  }

  private move(event: PointerEvent): void {
    const at = this.moves.place(event);
    this.moves.pointed(at);
    const press = this.presses.get(event.pointerId);
    if (!press) {
      this.tool?.hover?.(this.info(event));
      return;
    }
    if (press.role === "tool") {
      const parts = event.getCoalescedEvents?.() ?? [];
      for (const part of parts.length > 0 ? parts : [event]) this.tool?.move?.(this.info(part));
    } else if (press.role === "dropped") return;
    else if (this.presses.size === 2) this.spread(press, at);
    else if (press.role === "pan" || this.hasWandered(press, at, event)) {
      press.role = "pan";
      this.moves.panBy(at[0] - press.at[0], at[1] - press.at[1]);
    } else return; // may still be a click
    press.at = at;
  }

  private hasWandered(press: Press, at: [number, number], event: PointerEvent): boolean {
    return Math.hypot(at[0] - press.from[0], at[1] - press.from[1]) > WANDER[kindOf(event)];
  }

  private spread(press: Press, at: [number, number]): void {
    const other = [...this.presses.values()].find((p) => p !== press) as Press;
    const before = Math.hypot(press.at[0] - other.at[0], press.at[1] - other.at[1]);
    const after = Math.hypot(at[0] - other.at[0], at[1] - other.at[1]);
    this.moves.panBy((at[0] - press.at[0]) / 2, (at[1] - press.at[1]) / 2);
    const middle = [(at[0] + other.at[0]) / 2, (at[1] + other.at[1]) / 2] as const;
    if (before > 8 && after > 8) this.moves.zoomAt(after / before, ...middle);
  }

  private up(event: PointerEvent): void {
    const press = this.release(event);
    if (press?.role === "tool") this.tool?.up?.(this.info(event));
    if (press?.role !== "click-or-pan") return;
    this.tool?.down?.(press.info);
    this.tool?.up?.(press.info);
  }

  private cancel(event: PointerEvent): void {
    if (this.release(event)?.role === "tool") this.tool?.cancel?.();
  }

  private release(event: PointerEvent): Press | undefined {
    const press = this.presses.get(event.pointerId);
    this.presses.delete(event.pointerId);
    if (this.presses.size === 0) this.element.classList.remove("is-panning");
    return press;
  }

  private info(event: PointerEvent): PointerInfo {
    const [x, y] = toImage(this.moves.view(), ...this.moves.place(event));
    return {
      x,
      y,
      pressure: event.pressure,
      kind: kindOf(event),
      button: Math.max(0, event.button),
      shift: event.shiftKey,
      alt: event.altKey,
      ctrl: event.ctrlKey || event.metaKey,
    };
  }
}

function kindOf(event: PointerEvent): "mouse" | "touch" | "pen" {
  return event.pointerType === "touch" || event.pointerType === "pen" ? event.pointerType : "mouse";
}
