// One study: who is how far, what can be done with it now, and each field of each rater.
import type { Studio } from "../contracts";
import { agreementCard, startConsensus } from "./consensus_parts";
import { count, duration, empty, fill, h, showLoaded, table, tried, type Child } from "./dom";
import { exportCard } from "./export_card";
import { bar, chip, choice, figure } from "./parts";
import { FINISHED, STATUS_NAMES, STATUS_SIGNS, type Board, type ConsensusState, type Person, type StudyField, type StudyTask } from "./values";

export function showStudy(studio: Studio, element: HTMLElement, id: string): () => void {
  return showLoaded(element, async (signal, again) => {
    const [board, consensus, people] = await Promise.all([
      studio.api.get<Board>(`studies/${id}`, signal),
      studio.api.get<ConsensusState>(`studies/${id}/consensus`, signal),
      studio.api.get<Person[]>("users", signal),
    ]);
    const said = h("div", { "aria-live": "polite" });
    return [
      h("p", { class: "crumb" }, h("a", { href: "#/studies" }, "Studies")),
      head(studio, board, said, again),
      figures(board),
      said,
      ...board.warnings.map((words) => h("p", { class: "note" }, words)),
      board.raters_list.length ? matrix(studio, board, said) : noRaters(),
      h("div", { class: "part-grid" }, agreementCard(board, consensus), joinCard(studio, board, people, said, again), exportCard(studio, board), designCard(board)),
    ];
  });
}

function head(studio: Studio, board: Board, said: HTMLElement, again: () => void): HTMLElement {
  const run = h("button", { type: "button", class: "main", onclick: () => void startConsensus(studio, board.id, run, said, again) }, "Make the consensus");
  if (!board.done) run.disabled = true;
  return h(
    "div",
    { class: "row spread" },
    h("h1", {}, board.name),
    h("div", { class: "row" }, board.to_review ? h("a", { class: "button", href: `#/review?study=${board.id}` }, `Review ${count(board.to_review, "field")}`) : null, run),
  );
}

function figures(board: Board): HTMLElement {
  const seconds = board.progress.reduce((sum, one) => sum + one.seconds, 0);
  const mean = board.done ? seconds / board.done : 0;
  return h(
    "div",
    { class: "figures" },
    figure(`${board.done} of ${board.total}`, "done"),
    figure(String(board.to_review), "to review"),
    figure(String(board.needs_work), "sent back"),
    figure(board.done ? duration(mean) : "–", "per field"),
  );
}

function noRaters(): HTMLElement {
  return empty("Nobody takes part yet", "Choose raters below; each gets fields in an order of their own.");
}

function matrix(studio: Studio, board: Board, said: HTMLElement): HTMLElement {
  const tasks = new Map(board.tasks.map((task) => [`${task.rater} ${task.field} ${task.repeat}`, task]));
  const repeats = Math.max(0, ...board.tasks.map((task) => task.repeat));
  const heads = [
    "Rater",
    "Done",
    ...board.fields_list.map((field) => ({ text: String(field.number), class: "cell" })),
    { text: "Time", class: "number" },
  ];
  const rows = board.progress.map((one) => {
    const rater = board.raters_list.find((known) => known.alias === one.rater);
    return [
      h("span", {}, one.rater, rater && !rater.active ? h("small", { class: "muted" }, " left") : null),
      h("div", { class: "done-cell" }, bar(one.done, one.total, `${one.done} of ${one.total} done`), h("span", { class: "muted" }, `${one.done} of ${one.total}`)),
      ...board.fields_list.map((field) => h("div", { class: "cells" }, cellsOf(board, tasks, one.rater, field, repeats))),
      one.seconds ? duration(one.seconds) : "–",
    ] as Child[];
  });
  return h(
    "section",
    { class: "part wide" },
    h("h2", {}, "Progress"),
    h("div", { class: "scroll" }, table(heads, rows)),
    legend(board),
    h(
      "details",
      {},
      h("summary", {}, "Fields and their known truth"),
      h("div", { class: "scroll" }, table(["Field", "Image", "Part", "Known truth"], board.fields_list.map((field) => fieldRow(studio, board, field, said)))),
    ),
  );
}

function cellsOf(board: Board, tasks: Map<string, StudyTask>, rater: string, field: StudyField, repeats: number): Child[] {
  const found: Child[] = [];
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const task = tasks.get(`${rater} ${field.id} ${repeat}`);
    if (!task) continue;
    const words = `${rater}, field ${field.number}${repeat ? ", seen again" : ""}: ${STATUS_NAMES[task.status]}${board.arms.length > 1 ? `, ${task.arm}` : ""}`;
    const sign = `${STATUS_SIGNS[task.status]}`;
    const kind = `cell-mark chip-${task.status}${armMark(board, task)}`;
    found.push(
      task.document
        ? h("a", { class: kind, href: `#/document/${task.document}`, title: words, "aria-label": words }, sign)
        : h("span", { class: kind, title: words, role: "img", "aria-label": words }, sign),
    );
  }
  return found;
}

function armMark(board: Board, task: StudyTask): string {
  return board.arms.length > 1 && board.design.arms.find((arm) => arm.name === task.arm)?.suggestions ? " with-suggestions" : "";
}

function legend(board: Board): HTMLElement {
  const both = board.design.arms.length > 1 && board.design.arms.some((arm) => arm.suggestions);
  return h(
    "p",
    { class: "legend" },
    (["not_started", "in_work", "done", "needs_work", "approved"] as const).map(chip),
    both ? h("span", { class: "chip" }, h("span", { class: "cell-mark with-suggestions sample", "aria-hidden": "true" }, ""), "with suggestions") : null,
  );
}

function fieldRow(studio: Studio, board: Board, field: StudyField, said: HTMLElement): Child[] {
  const draw = h("button", {
    type: "button",
    class: "link",
    onclick: () => void tried(said, async () => {
      const { document } = await studio.api.post<{ document: string }>(`studies/${board.id}/fields/${field.id}/gold`);
      location.hash = `#/document/${document}`;
    }),
  }, field.gold ? "Open" : "Draw the truth");
  return [
    field.number,
    field.image_name,
    h("span", { class: "muted" }, field.box ? `${field.box[0]}, ${field.box[1]} to ${field.box[2]}, ${field.box[3]}` : "whole"),
    draw,
  ];
}

function joinCard(studio: Studio, board: Board, people: Person[], said: HTMLElement, again: () => void): HTMLElement {
  const active = new Set(board.raters_list.filter((rater) => rater.active).map((rater) => rater.alias));
  const others = people.filter((person) => person.active && person.role !== "viewer" && !active.has(person.alias));
  const into = new Set<string>();
  const join = h("button", {
    type: "button",
    disabled: true,
    onclick: () => void tried(said, async () => {
      await studio.api.post(`studies/${board.id}/raters`, { raters: [...into] });
      again();
    }),
  }, "Add them");
  const list = h("ul", { class: "checks" });
  fill(list, others.map((person) => h("li", {}, choice("checkbox", "join", `${person.alias} · ${person.name}`, false, (is) => {
    if (is) into.add(person.alias);
    else into.delete(person.alias);
    join.disabled = into.size === 0;
  }))));
  return h(
    "section",
    { class: "part" },
    h("h2", {}, "Add raters"),
    h("p", { class: "hint" }, "They get fields that have too few raters first. What others have stays as it is."),
    others.length ? [list, join] : h("p", { class: "muted" }, "Everybody who may draw takes part. ", h("a", { href: "#/people" }, "Invite people")),
    leaveRow(studio, board, said, again),
  );
}

function leaveRow(studio: Studio, board: Board, said: HTMLElement, again: () => void): Child {
  const active = board.raters_list.filter((rater) => rater.active);
  if (!active.length) return null;
  const who = h("select", { "aria-label": "Rater who leaves" }, active.map((rater) => h("option", { value: rater.alias }, rater.alias)));
  const leave = async (): Promise<void> => {
    const sure = await studio.shell.ask(`Let ${who.value} leave this study? What ${who.value} drew stays; open fields go to the next who joins.`, ["Let them leave", "Cancel"]);
    if (sure !== "Let them leave") return;
    await tried(said, async () => {
      await studio.api.post(`studies/${board.id}/raters/${who.value}/withdraw`);
      again();
    });
  };
  return h("details", {}, h("summary", {}, "Somebody leaves"), h("div", { class: "row" }, who, h("button", { type: "button", onclick: () => void leave() }, "Let them leave")));
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
