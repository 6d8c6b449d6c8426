// The page of classes: what the studio offers in this project, and an admin who chooses others.
import type { Studio } from "../contracts";
import { classChips, classesForm, type ProjectClasses } from "../classes/editor";
import { fill, h, showLoaded } from "./dom";

export function showClasses(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal) => {
    const now = await studio.api.get<ProjectClasses>("classes", signal);
    const chips = h("div", {}, classChips(now.hierarchy));
    const kept = h("p", { class: "muted", role: "status" });
    const saved = (made: ProjectClasses) => {
      fill(chips, classChips(made.hierarchy));
      fill(kept, "Saved. What is open elsewhere shows them when it is opened again.");
    };
    const isAdmin = studio.api.me?.role === "admin";
    return [
      h("h1", {}, "Classes"),
      h("div", { class: "two" },
        h("section", { class: "part" }, h("h2", {}, "Choose"), isAdmin ? classesForm(studio, now, saved) : h("p", { class: "muted" }, "An admin chooses them.")),
        h("aside", { class: "part" }, h("h2", {}, "Offered now"), chips, kept)),
    ];
  });
}
