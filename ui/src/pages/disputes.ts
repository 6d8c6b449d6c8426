// The nuclei that raters dispute: how each looks, who said what, what the truth says, and the decision of a senior.
import type { Studio } from "../contracts";
import { shown } from "../classes/legend";
import { count, h, tried, type Child } from "./dom";
import { jumpTo } from "./jump";
import type { Board, Disputed } from "./values";

const SHOWN = 20;
const NOTHING = "undetected";

export function disputes(studio: Studio, board: Board, disputed: Disputed[]): HTMLElement {
  const told = h("small", { class: "muted", role: "status" });
  const tell = (): void => {
    const open = disputed.filter((one) => !one.adjudicated).length;
    told.textContent = open ? `${count(open, "nucleus", "nuclei")} to decide, those first whose answer adds the most` : "all are decided";
  };
  tell();
  const head = h("h2", {}, "Disputed nuclei ", disputed.length ? told : null);
  if (!disputed.length) {
    return h("section", { class: "part wide" }, head, h("p", { class: "muted" }, "Raters agree on every nucleus: there is nothing to decide. ", h("a", { href: `#/study/${board.id}` }, "Export the consensus")));
  }
  const labels = labelsOf(disputed);
  const list = h("ol", { class: "disputes" });
  const more = h("button", { type: "button", onclick: () => show() });
  const show = (): void => {
    const from = list.childElementCount;
    list.append(...disputed.slice(from, from + SHOWN).map((one) => card(studio, board, one, labels, tell)));
    const left = disputed.length - list.childElementCount;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, SHOWN)} more of ${left}`;
  };
  list.addEventListener("keydown", (event) => pressed(event, list));
  show();
  return h("section", { class: "part wide" }, head,
    h("p", { class: "hint" }, "Click one, or go to it with the arrows; a number key decides, and the next follows. The same key again takes it back."),
    list, more);
}

/** Nine classes for the keys, those first that somebody named, and last that there is no nucleus. */
export function labelsOf(disputed: Disputed[]): string[] {
  const named = disputed.flatMap((one) => [one.label, one.second, ...one.votes.map((vote) => vote.label)]);
  const possible = [...new Set(named)].sort().concat(disputed.flatMap((one) => one.choices));
  return [...new Set(possible.filter((label) => label && label !== NOTHING))].slice(0, 9).concat(NOTHING);
}

function words(label: string): string {
  return label === NOTHING ? "no nucleus" : shown(label) || "no class";
}

function keyOf(labels: string[], label: string): string {
  return label === NOTHING ? "0" : String(labels.indexOf(label) + 1);
}

function card(studio: Studio, board: Board, one: Disputed, labels: string[], tell: () => void): HTMLElement {
  const said = h("div", { "aria-live": "polite" });
  const by = h("span", { class: "muted" });
  const buttons = labels.map((label) =>
    h("button", { type: "button", "data-key": keyOf(labels, label), "aria-pressed": "false", onclick: () => void decide(label) }, h("kbd", {}, keyOf(labels, label)), words(label)));
  const rare = others(one, labels, (label) => void decide(label));
  const draw = (): void => {
    if (rare) rare.value = one.adjudicated && !labels.includes(one.adjudicated.label) ? one.adjudicated.label : "";
    labels.forEach((label, i) => buttons[i]?.setAttribute("aria-pressed", String(one.adjudicated?.label === label)));
    by.textContent = one.adjudicated ? `by ${one.adjudicated.by}` : "not decided";
  };
  const decide = (label: string): Promise<void> =>
    tried(said, async () => {
      const wanted = one.adjudicated?.label === label ? "" : label;
      await studio.api.post(`studies/${board.id}/adjudications`, { item: one.item, label: wanted });
      one.adjudicated = wanted ? { label: wanted, by: studio.api.me?.alias ?? "you" } : null;
      draw();
      tell();
    });
  const open = (): Promise<void> =>
    tried(said, async () => {
      const { document } = await studio.api.post<{ document: string }>(`studies/${board.id}/adjudications/open`, { item: one.item });
      jumpTo(document, one.box);
    });
  draw();
  const name = `Disputed nucleus in field ${one.number}`;
  return h("li", { class: "dispute", tabindex: 0, "aria-label": name },
    h("button", { type: "button", class: "crop", title: "Show it in its field", "aria-label": `${name}: show it in its field`, onclick: () => void open() }, picture(studio, board, one)),
    h("div", { class: "dispute-words" }, h("p", {}, h("strong", {}, `Field ${one.number}`)), votes(one), truth(one)),
    h("div", { class: "dispute-decision", role: "group", "aria-label": `Decision on nucleus ${one.item}` }, h("div", { class: "keys" }, buttons, rare, by), said));
}

/** The classes of the study that have no key. */
function others(one: Disputed, labels: string[], decide: (label: string) => void): HTMLSelectElement | null {
  const rest = one.choices.filter((label) => !labels.includes(label));
  if (!rest.length) return null;
  const select = h("select", { "aria-label": `Another class of nucleus ${one.item}` }, h("option", { value: "" }, "Another class"), rest.map((label) => h("option", { value: label }, shown(label))));
  select.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault(); // an arrow alone would decide for each class on the way
    select.showPicker();
  });
  select.addEventListener("change", () => decide(select.value || (one.adjudicated?.label ?? "")));
  return select;
}

function picture(studio: Studio, board: Board, one: Disputed): HTMLElement {
  const image = h("img", { src: studio.api.url(`studies/${board.id}/disputed/picture`, { item: one.item }), alt: "", loading: "lazy", width: 96, height: 96 });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "muted" }, "No picture")));
  return image;
}

function votes(one: Disputed): HTMLElement {
  const row = (vote: Disputed["votes"][number]): Child[] => [
    h("dt", {}, `${vote.raters.length} ${words(vote.label)}`),
    h("dd", { class: "muted" }, vote.raters.join(", ")),
  ];
  return h("dl", { class: "votes", "aria-label": "Votes" }, one.votes.flatMap(row));
}

function truth(one: Disputed): HTMLElement {
  const sure = one.confidence === null ? "" : `, ${percent(one.confidence)} sure`;
  const most = one.votes[0]?.raters.length ?? 0;
  const own = one.votes.find((vote) => vote.label === one.label)?.raters.length ?? 0;
  const against = own < most ? ", against most of its raters" : "";
  return h("p", { class: "muted" }, "The truth method says ", h("strong", {}, words(one.label)), sure, against, ".");
}

function percent(confidence: number): string {
  return confidence > 0.995 ? "over 99 %" : `${Math.round(100 * confidence)} %`;
}

function pressed(event: KeyboardEvent, list: HTMLElement): void {
  const row = (event.target as HTMLElement).closest<HTMLElement>(".dispute");
  if (!row || event.target instanceof HTMLSelectElement || event.ctrlKey || event.altKey || event.metaKey) return;
  const rows = [...list.querySelectorAll<HTMLElement>(".dispute")];
  const place = rows.indexOf(row);
  const to = (next: HTMLElement | undefined): void => {
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  if (event.key === "ArrowDown" || event.key === "ArrowUp") to(rows[place + (event.key === "ArrowDown" ? 1 : -1)]);
  else {
    const button = row.querySelector<HTMLButtonElement>(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    const isTakenBack = button.getAttribute("aria-pressed") === "true";
    button.click();
    if (!isTakenBack) to(rows[place + 1]);
  }
  event.preventDefault();
}
