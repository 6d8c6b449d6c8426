// The progress board of a study: figures, and a cell for each rater and field; it follows what people do.
import type { Studio } from "../contracts";
import { duration, empty, fill, h, table, tried, type Child } from "./dom";
import { bar, chip, figure } from "./parts";
import { STATUS_NAMES, STATUS_SIGNS, type Board, type StudyField, type StudyTask } from "./values";

export interface ProgressBoard {
  elements: HTMLElement[];
  /** Show how far everybody is now; what is open or has the focus stays so. */
  show(board: Board): void;
}

export function progressBoard(studio: Studio, board: Board, said: HTMLElement): ProgressBoard {
  const top = h("div", { class: "figures" });
  const scroll = h("div", { class: "scroll" });
  const show = (now: Board): void => {
    const focused = scroll.querySelector<HTMLElement>(":focus")?.dataset["cell"];
    fill(top, figures(now));
    fill(scroll, matrix(now));
    if (focused) scroll.querySelector<HTMLElement>(`[data-cell="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };
  show(board);
  const section = board.raters_list.length
    ? h("section", { class: "part wide" }, h("h2", {}, "Progress"), scroll, legend(board), fieldList(studio, board, said))
    : empty("Nobody takes part yet", "Choose raters below; each gets fields in an order of their own.");
  return { elements: [top, section], show };
}

function figures(board: Board): HTMLElement[] {
  const seconds = board.progress.reduce((sum, one) => sum + one.seconds, 0);
  const mean = board.done ? seconds / board.done : 0;
  return [
    figure(`${board.done} of ${board.total}`, "done"),
    figure(String(board.to_review), "to review"),
    figure(String(board.needs_work), "sent back"),
    figure(board.done ? duration(mean) : "–", "per field"),
  ];
}

/** A row for each rater, a cell for each field: a click opens what was drawn there. */
function matrix(board: Board): HTMLElement {
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
  return table(heads, rows);
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
        ? h("a", { class: kind, href: `#/document/${task.document}`, "data-cell": `${rater} ${field.id} ${repeat}`, title: words, "aria-label": words }, sign)
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

function fieldList(studio: Studio, board: Board, said: HTMLElement): HTMLElement {
  const rows = board.fields_list.map((field) => fieldRow(studio, board, field, said));
  return h("details", {}, h("summary", {}, "Fields and their known truth"), h("div", { class: "scroll" }, table(["Field", "Image", "Part", "Known truth"], rows)));
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
