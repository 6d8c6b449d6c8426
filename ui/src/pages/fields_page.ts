// "My fields": what a rater has to do next, one click away.
import type { Studio } from "../contracts";
import { count, duration, empty, fill, h, showLoaded, type Child } from "./dom";
import { keepFresh } from "./live";
import { chip, bar } from "./parts";
import { FINISHED, isLead, nextField, type OwnField } from "./values";

export function showFields(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal) => {
    const ask = (inner: AbortSignal) => studio.api.get<OwnField[]>("my/fields", inner);
    const fields = await ask(signal);
    const list = h("div", { class: "sheet" });
    const show = (now: OwnField[]): void => fill(list, ...(now.length ? listed(studio, now) : [nothing(studio)]));
    show(fields);
    keepFresh(signal, fields, ask, show);
    return [h("h1", {}, "My fields"), list];
  });
}

/** Open a field of one's own; the document is made when it is opened for the first time. */
export async function openField(studio: Studio, field: OwnField): Promise<void> {
  const { document } = await studio.api.post<{ document: string }>(`my/fields/${field.task}`);
  location.hash = `#/document/${document}`;
}

function nothing(studio: Studio): HTMLElement {
  const lead = isLead(studio.api.me?.role);
  return empty(
    "No field waits for you",
    lead
      ? "Make a study, and choose yourself or others as raters: everyone gets fields in an order of their own."
      : "Once a study is made that you take part in, your fields are here. Until then, look at the images.",
    lead ? h("a", { class: "button main", href: "#/studies/new" }, "Make a study") : null,
    h("a", { class: "button", href: "#/" }, "Look at the images"),
  );
}

function listed(studio: Studio, fields: OwnField[]): Child[] {
  const studies = new Map<string, OwnField[]>();
  for (const field of fields) studies.set(field.study.id, [...(studies.get(field.study.id) ?? []), field]);
  return [...studies.values()].map((own) => oneStudy(studio, own));
}

function oneStudy(studio: Studio, fields: OwnField[]): HTMLElement {
  const next = nextField(fields);
  const done = fields.filter((field) => FINISHED.has(field.status)).length;
  const seconds = fields.reduce((sum, field) => sum + field.seconds, 0);
  const first = fields[0] as OwnField;
  return h(
    "section",
    { class: "part" },
    h(
      "div",
      { class: "row spread" },
      h("div", {}, h("h2", {}, first.study.name), h("p", { class: "muted" }, `${done} of ${count(fields.length, "field")} done${seconds ? `, ${duration(seconds)} on task` : ""}`)),
      next
        ? h("button", { type: "button", class: "main", onclick: () => void openField(studio, next) }, words(next))
        : h("p", { class: "all-done" }, "✓ All done. Thank you."),
    ),
    bar(done, fields.length, `${done} of ${fields.length} fields done`),
    h("ol", { class: "fields" }, fields.map((field) => h("li", {}, tile(studio, field, field === next)))),
  );
}

function words(field: OwnField): string {
  if (field.status === "needs_work") return `Look again at field ${field.number}`;
  return field.status === "in_work" ? `Go on with field ${field.number}` : `Start field ${field.number}`;
}

function tile(studio: Studio, field: OwnField, isNext: boolean): HTMLElement {
  return h(
    "button",
    { type: "button", class: `field-tile${isNext ? " next" : ""}`, onclick: () => void openField(studio, field) },
    h("strong", {}, `Field ${field.number}`),
    chip(field.status),
    field.review ? h("span", { class: "reason" }, `“${field.review.reason}”`) : null,
    field.seconds ? h("span", { class: "muted" }, duration(field.seconds)) : null,
  );
}
