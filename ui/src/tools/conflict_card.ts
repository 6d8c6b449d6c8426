// A conflict on the image: both versions are drawn, and a card beside them asks which to keep.
import type { Board } from "./board";
import { pathOf, strokeTwice } from "./board";
import { boxOf } from "../state/outline";
import type { Choice, Conflict } from "../state/conflicts";
import { h } from "../shell/dom";

const MINE = "#0072b2";
const THEIRS = "#d55e00";

export function showConflicts(board: Board): void {
  const { viewer } = board.studio;
  const card = h("section", { class: "conflict", role: "alertdialog", "aria-label": "Two versions of a nucleus" });
  card.hidden = true;
  card.addEventListener("pointerdown", (event) => event.stopPropagation()); // the image is under it
  viewer.element.append(card);
  let shown = "";
  const draw = () => {
    const conflict = board.document.conflicts[0];
    card.hidden = !conflict;
    if (!conflict) shown = "";
    if (conflict && shown !== conflict.nucleus + String(board.document.conflicts.length)) {
      if (!shown.startsWith(conflict.nucleus)) goTo(board, conflict);
      shown = conflict.nucleus + String(board.document.conflicts.length);
      fill(board, card, conflict);
    }
    viewer.redraw();
  };
  viewer.addOverlay({
    id: "conflict",
    order: 110,
    visible: true,
    draw: (ctx, view) => {
      const conflict = board.document.conflicts[0];
      if (!conflict) return;
      for (const [version, colour, dash] of [[conflict.theirs, THEIRS, []], [conflict.mine, MINE, [7, 5]]] as const) {
        ctx.beginPath();
        for (const ring of version?.rings ?? []) pathOf(ctx, view, ring, true);
        ctx.setLineDash([...dash]);
        strokeTwice(ctx, colour, 2.5);
      }
    },
  });
  for (const event of ["conflict", "open", "change"] as const) board.document.on(event, draw);
}

function goTo(board: Board, { mine, theirs }: Conflict): void {
  const box = boxOf([...(mine?.rings ?? []), ...(theirs?.rings ?? [])]);
  const { viewer } = board.studio;
  const [z, view] = [mine?.z ?? theirs?.z, viewer.view];
  if (typeof z === "number") viewer.setPlane(z);
  if (!box) return;
  const isSeen = box[0] > view.x && box[1] > view.y && box[2] < view.x + view.width / view.scale && box[3] < view.y + view.height / view.scale;
  if (!isSeen) viewer.goTo((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
}

function fill(board: Board, card: HTMLElement, conflict: Conflict): void {
  const { mine, theirs, nucleus } = conflict;
  const who = theirs?.rater && theirs.rater !== board.studio.api.me?.alias ? theirs.rater : "";
  const other = who || (theirs ? "Another window of yours" : "Somebody");
  const left = board.document.conflicts.length - 1;
  const keep = (choice: Choice, text: string, main = false) =>
    h("button", { type: "button", class: main ? "main" : "", onclick: () => void board.document.resolve(nucleus, choice) }, text);
  card.replaceChildren(
    h("h2", {}, "Two versions of this nucleus"),
    h("p", {}, `${other} ${theirs ? "changed" : "removed"} it while you ${mine ? "changed" : "removed"} it. Which shall stay? Undo brings the other back.`),
    h("ul", {}, legend(THEIRS, "line", "Theirs", theirs?.label, theirs === null), legend(MINE, "dash", "Mine", mine?.label, mine === null)),
    h("div", { class: "choices" }, keep("theirs", "Keep theirs"), keep("mine", "Keep mine"), mine && theirs ? keep("both", "Keep both", true) : null),
    ...(left > 0 ? [h("p", { class: "muted" }, `${left} more after this one.`)] : []),
  );
}

function legend(colour: string, kind: string, name: string, label: string | undefined, isGone: boolean): HTMLElement {
  const sample = h("span", { class: `sample ${kind}` });
  sample.style.borderColor = colour;
  return h("li", {}, sample, `${name}: ${isGone ? "removed" : label || "no class"}`);
}
