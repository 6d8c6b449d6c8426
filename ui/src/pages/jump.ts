// Goes to a place in a document: the address carries it, so that a link can be sent.
import type { Box, Studio } from "../contracts";

const SIDE_CSS_PX = 160;
/** How large the nucleus is shown that is jumped to. */

export function jumpTo(document: string, box: Box): void {
  location.hash = `#/document/${document}?at=${box.map((edge) => Math.round(edge)).join(",")}`;
}

/** The place that an address names, or null. */
export function placeOf(hash: string): Box | null {
  const at = new URLSearchParams(hash.split("?")[1] ?? "").get("at");
  const edges = at?.split(",").map(Number) ?? [];
  return edges.length === 4 && edges.every(Number.isFinite) ? (edges as Box) : null;
}

export function installJump(studio: Studio): void {
  studio.document.on("open", () => {
    const box = placeOf(location.hash);
    if (!box) return;
    const side = Math.max(box[2] - box[0], box[3] - box[1], 1);
    requestAnimationFrame(() => studio.viewer.goTo((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, Math.min(16, SIDE_CSS_PX / side)));
  });
}
