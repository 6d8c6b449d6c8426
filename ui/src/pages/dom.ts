// Elements in one line, and pages that load: text is always text, never markup.

export type Child = Node | string | number | null | undefined | false;
type Value = string | number | boolean | null | undefined | ((event: Event) => void);

/** Make an element; attributes that begin with "on" are listeners, false and null are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

export function fill(element: Element, ...children: (Child | Child[])[]): void {
  element.replaceChildren(...nodes(children));
}

function nodes(children: (Child | Child[])[]): (Node | string)[] {
  return children
    .flat()
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : (child as Node | string)));
}

/** A page that asks the server: says that it waits, shows what came, or why nothing did. */
export function showLoaded(
  element: HTMLElement,
  make: (signal: AbortSignal, again: () => void) => Promise<Child[]>,
): () => void {
  let stop = new AbortController();
  const page = h("div", { class: "sheet", "aria-busy": "true" });
  element.append(page);
  const load = async (): Promise<void> => {
    stop.abort(); // what an earlier load began, such as staying fresh, is over
    const own = (stop = new AbortController());
    const late = setTimeout(() => {
      if (page.childElementCount === 0) fill(page, h("p", { class: "muted" }, "Loading …"));
    }, 300);
    try {
      const children = await make(own.signal, () => void load());
      if (!own.signal.aborted) fill(page, ...children);
    } catch (problem) {
      if (!own.signal.aborted) fill(page, failure(problem, () => void load()));
    } finally {
      clearTimeout(late);
      page.removeAttribute("aria-busy");
    }
  };
  void load();
  return () => stop.abort();
}

export function failure(problem: unknown, again?: () => void): HTMLElement {
  return h(
    "div",
    { class: "note note-error", role: "alert" },
    h("p", {}, sentence(problem)),
    again ? h("button", { type: "button", onclick: again }, "Try again") : null,
  );
}

export function sentence(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem);
}

/** What a page says where there is nothing yet: what it is for, and what to do next. */
export function empty(title: string, text: string, ...actions: Child[]): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("h2", {}, title),
    h("p", {}, text),
    actions.length ? h("div", { class: "row" }, ...actions) : null,
  );
}

/** Do something that the server may refuse; its sentence appears in the place for messages. */
export async function tried(place: HTMLElement, work: () => Promise<void>): Promise<void> {
  fill(place);
  try {
    await work();
  } catch (problem) {
    fill(place, failure(problem));
    place.scrollIntoView({ block: "nearest" });
  }
}

export function table(heads: (string | { text: string; class: string })[], rows: Child[][]): HTMLTableElement {
  const classes = heads.map((head) => (typeof head === "string" ? "" : head.class));
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        heads.map((head, i) =>
          h("th", { scope: "col", class: classes[i] || null }, typeof head === "string" ? head : head.text),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: classes[i] || null }, cell)))),
    ),
  );
}

/** "3 fields", "1 field". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** "45 s", "12 min", "3 h 05 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

export function day(time: string): string {
  return time.slice(0, 10);
}
