// Elements in one call: h("button", { class: "quiet", onclick: f }, "Text"). Text is always text, never markup.

export type Child = Node | string | null | false;
type Attributes = Record<string, unknown>;

export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on") && typeof value === "function") {
      element.addEventListener(key.slice(2), value as EventListener);
    } else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A 24 × 24 picture of lines from the d attribute of a path. */
export function icon(d: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}

export interface Slider {
  element: HTMLElement;
  set(value: number): void;
  /** Let it end at another value. */
  reach(max: number): void;
}

/** A labelled slider with its value beside it. */
export function slider(
  name: string,
  range: { min: number; max: number; step: number; value: number },
  show: (value: number) => string,
  changed: (value: number) => void,
): Slider {
  const output = h("output", {}, show(range.value));
  const input = h("input", { type: "range", ...range, "aria-label": name });
  input.addEventListener("input", () => {
    output.textContent = show(input.valueAsNumber);
    changed(input.valueAsNumber);
  });
  const element = h("label", { class: "slider" }, h("span", {}, name), input, output);
  const set = (value: number) => {
    input.value = String(value);
    output.textContent = show(value);
  };
  const reach = (max: number) => {
    const value = input.valueAsNumber;
    input.max = String(max);
    input.valueAsNumber = value;
  };
  return { element, set, reach };
}

/** A labelled list to choose from. */
export function choice(
  name: string,
  options: { id: string; name: string }[],
  value: string,
  changed: (id: string) => void,
): HTMLElement {
  const select = h("select", { "aria-label": name }, ...options.map((o) => h("option", { value: o.id }, o.name)));
  select.value = value;
  select.addEventListener("change", () => changed(select.value));
  return h("label", { class: "choice" }, h("span", {}, name), select);
}

/** Two to four words of which one is chosen. */
export function segments(
  name: string,
  options: { id: string; name: string }[],
  value: string,
  changed: (id: string) => void,
): HTMLElement {
  const buttons = options.map((o) =>
    h("button", { type: "button", "aria-pressed": String(o.id === value), onclick: () => choose(o.id) }, o.name),
  );
  const choose = (id: string) => {
    for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(options[i]?.id === id));
    changed(id);
  };
  return h("div", { class: "segments", role: "group", "aria-label": name }, ...buttons);
}

export function checkbox(name: string, value: boolean, changed: (value: boolean) => void): HTMLElement {
  const input = h("input", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => changed(input.checked));
  return h("label", { class: "checkbox" }, input, h("span", {}, name));
}
