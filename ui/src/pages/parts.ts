// Small pieces that several pages show: the state of a field, a bar of progress, a download.
import { h, type Child } from "./dom";
import { STATUS_NAMES, STATUS_SIGNS, type Status } from "./values";

export function chip(status: Status): HTMLElement {
  return h(
    "span",
    { class: `chip chip-${status}` },
    h("span", { "aria-hidden": "true" }, STATUS_SIGNS[status]),
    STATUS_NAMES[status],
  );
}

export function bar(done: number, total: number, words: string): HTMLElement {
  const share = total ? (100 * done) / total : 0;
  const fill = h("span", { class: "bar-done" });
  fill.style.width = `${share}%`;
  return h(
    "div",
    { class: "bar", role: "img", "aria-label": words },
    fill,
  );
}

/** A number with what it counts, for the head of a page. */
export function figure(value: string, words: string): HTMLElement {
  return h("div", { class: "figure" }, h("strong", {}, value), h("span", {}, words));
}

export function labelled(text: string, input: HTMLElement, hint?: Child): HTMLElement {
  return h("div", { class: "labelled" }, h("label", {}, h("span", {}, text), input), hint ? h("small", {}, hint) : null);
}

export function choice(
  type: "checkbox" | "radio",
  name: string,
  text: Child,
  checked: boolean,
  changed: (checked: boolean) => void,
): HTMLElement {
  const input = h("input", { type, name, checked, onchange: () => changed(input.checked) });
  return h("label", { class: "tick" }, input, h("span", {}, text));
}

/** Hand a file to the browser's downloads. */
export function download(blob: Blob, name: string): void {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
