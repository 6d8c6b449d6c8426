// The places of the page: top bar, tool rail, viewer, panels, strip below; filled by the shell.
import { h } from "./dom";

export interface Places {
  root: HTMLElement;
  title: HTMLElement;
  menu: HTMLElement;
  saved: HTMLElement;
  corner: HTMLElement;
  studio: HTMLElement;
  rail: HTMLElement;
  left: HTMLElement;
  stage: HTMLElement;
  options: HTMLElement;
  strip: HTMLElement;
  right: HTMLElement;
  page: HTMLElement;
  toasts: HTMLElement;
}

export function createPlaces(viewer: HTMLElement): Places {
  const title = h("span", { class: "title" });
  const menu = h("nav", { class: "menu", "aria-label": "Pages" });
  const saved = h("span", { class: "saved", role: "status", "aria-live": "polite" });
  const corner = h("div", { class: "corner" });
  const home = h("a", { class: "brand", href: "#/" }, mark(), "nuclarium");
  const top = h("header", { class: "top" }, home, menu, title, saved, corner);
  const rail = h("div", { class: "rail", role: "toolbar", "aria-label": "Tools", "aria-orientation": "vertical" });
  const left = h("aside", { class: "panels left", "aria-label": "Left panels", hidden: true });
  const options = h("div", { class: "options", hidden: true });
  const stage = h("div", { class: "stage" }, viewer, options);
  const strip = h("div", { class: "strip" });
  const right = h("aside", { class: "panels right", "aria-label": "Panels" });
  const centre = h("div", { class: "centre" }, stage, strip);
  const studio = h("main", { class: "studio", hidden: true }, rail, left, centre, right);
  const page = h("main", { class: "page", hidden: true });
  const toasts = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  const root = h("div", { class: "root" }, top, studio, page, toasts);
  return { root, title, menu, saved, corner, studio, rail, left, stage, options, strip, right, page, toasts };
}

/** The mark: a nucleus and its outline. */
function mark(): HTMLElement {
  return h("span", { class: "mark", "aria-hidden": "true" });
}
