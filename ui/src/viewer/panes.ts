// One, two beside each other, or two with a line to swipe: which layer is drawn in which part of the screen.

export type Mode = "single" | "side" | "swipe";

export interface Comparison {
  mode: Mode;
  /** Ids of layers: "raw", "recipe", or that of a tile layer. */
  first: string;
  second: string;
  /** Where the line of the swipe is, as a share of the width. */
  at: number;
}

export interface Pane {
  layer: string;
  /** What is drawn, in css px of the element. */
  left: number;
  width: number;
  /** Where the view begins. */
  origin: number;
}

export function panesOf(comparison: Comparison, width: number): Pane[] {
  const { mode, first, second, at } = comparison;
  if (mode === "single") return [{ layer: first, left: 0, width, origin: 0 }];
  if (mode === "side") {
    const half = Math.floor(width / 2);
    return [
      { layer: first, left: 0, width: half - 1, origin: 0 },
      { layer: second, left: half + 1, width: width - half - 1, origin: half + 1 },
    ];
  }
  const line = Math.round(width * at);
  return [
    { layer: first, left: 0, width: line, origin: 0 },
    { layer: second, left: line, width: width - line, origin: 0 },
  ];
}

/** How wide a view is: half of the element where two are beside each other. */
export function viewWidth(comparison: Comparison, width: number): number {
  return comparison.mode === "side" ? Math.floor(width / 2) - 1 : width;
}
