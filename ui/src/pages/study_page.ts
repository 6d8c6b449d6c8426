// One study: who is how far, what can be done with it now, and how it is laid out.
import type { Studio } from "../contracts";
import { agreementCard, startConsensus } from "./consensus_parts";
import { count, fill, h, showLoaded } from "./dom";
import { exportCard } from "./export_card";
import { joinCard } from "./join_card";
import { keepFresh } from "./live";
import { progressBoard } from "./progress_board";
import { FINISHED, type Board, type ConsensusState, type Person } from "./values";

export function showStudy(studio: Studio, element: HTMLElement, id: string): () => void {
  return showLoaded(element, async (signal, again) => {
    const [board, consensus, people] = await Promise.all([
      studio.api.get<Board>(`studies/${id}`, signal),
      studio.api.get<ConsensusState>(`studies/${id}/consensus`, signal),
      studio.api.get<Person[]>("users", signal),
    ]);
    const said = h("div", { "aria-live": "polite" });
    const head = studyHead(studio, board, said, again);
    const progress = progressBoard(studio, board, said);
    let agreement = agreementCard(board, consensus);
    const fresh = (inner: AbortSignal) => studio.api.get<Board>(`studies/${id}`, inner);
    keepFresh(signal, board, fresh, (now) => {
      head.show(now);
      progress.show(now);
      if (consensus.ready) return;
      const renewed = agreementCard(now, consensus);
      agreement.replaceWith(renewed);
      agreement = renewed;
    });
    return [
      h("p", { class: "crumb" }, h("a", { href: "#/studies" }, "Studies")),
      head.element,
      said,
      ...board.warnings.map((words) => h("p", { class: "note" }, words)),
      ...progress.elements,
      h("div", { class: "part-grid" }, agreement, joinCard(studio, board, people, said, again), exportCard(studio, board), designCard(board)),
    ];
  });
}

function studyHead(studio: Studio, board: Board, said: HTMLElement, again: () => void): { element: HTMLElement; show: (now: Board) => void } {
  const run = h("button", { type: "button", class: "main", onclick: () => void startConsensus(studio, board.id, run, said, again) }, "Make the consensus");
  run.disabled = !board.done;
  const review = h("span", {});
  let wasDone = board.done;
  const show = (now: Board): void => {
    fill(review, now.to_review ? h("a", { class: "button", href: `#/review?study=${board.id}` }, `Review ${count(now.to_review, "field")}`) : null);
    if (!wasDone && now.done) run.disabled = false;
    wasDone = now.done;
  };
  show(board);
  return { element: h("div", { class: "row spread" }, h("h1", {}, board.name), h("div", { class: "row" }, review, run)), show };
}

function designCard(board: Board): HTMLElement {
  const design = board.design;
  const finished = board.tasks.filter((task) => FINISHED.has(task.status)).length;
  const rows: [string, string][] = [
    ["Arms", design.arms.map((arm) => arm.name).join(", ")],
    ["Raters per field", design.overlap ? String(design.overlap) : "all"],
    ["Seen again by each", count(design.repeats, "field")],
    ["Raters see each other", design.blind ? "no: blind" : "yes"],
    ["Feedback", design.feedback ? "on fields with known truth" : "none"],
    ["Made by", `${board.by}, ${board.since.slice(0, 10)}`],
    ["Documents done", String(finished)],
  ];
  return h("section", { class: "part" }, h("h2", {}, "How it is laid out"), h("dl", {}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]).flat()));
}
