// Studies: the list, each with how far it is.
import type { Studio } from "../contracts";
import { count, day, empty, h, showLoaded, table, type Child } from "./dom";
import { bar } from "./parts";
import type { StudyLine } from "./values";

export function showStudies(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal) => {
    const studies = await studio.api.get<StudyLine[]>("studies", signal);
    const make = h("a", { class: "button main", href: "#/studies/new" }, "Make a study");
    if (!studies.length) {
      return [
        h("h1", {}, "Studies"),
        empty(
          "No study yet",
          "In a study several people mark the same fields without seeing each other's work. From their answers come agreement, one truth, and the nuclei that they dispute.",
          make,
        ),
      ];
    }
    return [h("div", { class: "row spread" }, h("h1", {}, "Studies"), make), table(HEADS, studies.map(row))];
  });
}

const HEADS = ["Study", { text: "Fields", class: "number" }, { text: "Raters", class: "number" }, "Arms", "Done", "To review", "Since"];

function row(study: StudyLine): Child[] {
  return [
    h("a", { href: `#/study/${study.id}` }, study.name),
    study.fields,
    study.raters,
    study.arms.join(", "),
    h(
      "div",
      { class: "done-cell" },
      bar(study.done, study.total, `${study.done} of ${study.total} done`),
      h("span", { class: "muted" }, `${study.done} of ${study.total}`),
    ),
    study.to_review ? h("a", { href: "#/review" }, count(study.to_review, "field")) : h("span", { class: "muted" }, "none"),
    h("span", { class: "muted" }, day(study.since)),
  ];
}
