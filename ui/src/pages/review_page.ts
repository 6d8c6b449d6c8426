// The queue of a senior: what waits for a look, what was sent back, what is approved.
import type { Studio } from "../contracts";
import { count, duration, empty, h, showLoaded, table, type Child } from "./dom";
import { chip } from "./parts";
import type { ReviewItem } from "./values";

export function showReview(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal) => {
    const wanted = new URLSearchParams(location.hash.split("?")[1] ?? "").get("study");
    const all = await studio.api.get<ReviewItem[]>("review", signal);
    const items = wanted ? all.filter((item) => item.study.id === wanted) : all;
    const waiting = items.filter((item) => item.status === "done");
    const back = items.filter((item) => item.status === "needs_work");
    const approved = items.filter((item) => item.status === "approved");
    if (!items.length) {
      return [
        h("h1", {}, "Review"),
        empty("Nothing to review yet", "Once raters say that a field is done, it waits here for a senior to approve it or to send it back.", h("a", { class: "button", href: "#/studies" }, "See how far the studies are")),
      ];
    }
    const next = waiting[0];
    return [
      h("div", { class: "row spread" }, h("h1", {}, "Review"), next ? h("a", { class: "button main", href: `#/document/${next.document}` }, `Look at the next of ${waiting.length}`) : null),
      group("To review", waiting, "Nothing waits. What was sent back comes again once it is done."),
      group("Sent back", back, null),
      group("Approved", approved, null),
    ];
  });
}

function group(title: string, items: ReviewItem[], none: string | null): Child {
  if (!items.length && !none) return null;
  return h(
    "section",
    { class: "part wide" },
    h("h2", {}, title, items.length ? h("small", { class: "muted" }, ` ${count(items.length, "field")}`) : null),
    items.length
      ? h("div", { class: "scroll" }, table(["Study", { text: "Field", class: "number" }, "Image", "Rater", "Arm", "State", { text: "Time", class: "number" }, ""], items.map(row)))
      : h("p", { class: "muted" }, none ?? ""),
  );
}

function row(item: ReviewItem): Child[] {
  return [
    h("a", { href: `#/study/${item.study.id}` }, item.study.name),
    item.field,
    item.image_name,
    h("span", {}, item.rater, item.repeat ? h("small", { class: "muted" }, " again") : null),
    h("span", { class: "muted" }, item.arm),
    chip(item.status),
    item.seconds ? duration(item.seconds) : "–",
    h("a", { class: "button", href: `#/document/${item.document}` }, "Open"),
  ];
}
