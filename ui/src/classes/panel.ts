// The panel of classes: a legend from coarse to fine that picks, counts, hides and gives classes.
import type { Board } from "../tools/board";
import { bare } from "../state/changes";
import { choice, h } from "../shell/dom";
import { fineClasses, inLegendOrder, type FineClass } from "./hierarchy";
import { coloursOf, type Scheme, UNCLASSED } from "./palette";

const MOST_KEYS = 19; // 1 to 9, 0, Shift and 1 to 9
const SCHEME = "classes:scheme";

/** The key of a class by its place in the hierarchy. */
export function keyOf(place: number): string {
  if (place < 10) return String((place + 1) % 10);
  return place < MOST_KEYS ? `Shift+${place - 9}` : "";
}

export function installClasses(board: Board): void {
  const element = h("div", { class: "classes" });
  const { shell } = board.studio;
  const { document: drawing } = board;
  let classes: FineClass[] = fineClasses(null);
  let scheme: Scheme = localStorage.getItem(SCHEME) === "own" ? "own" : "apart";
  let colours = coloursOf(classes, scheme);
  drawing.layer.colours = (label) => colours.get(label) ?? UNCLASSED;
  const counts = new Map<string, HTMLElement>();

  const recolour = () => {
    colours = coloursOf(classes, scheme);
    drawing.layer.refresh();
    build();
    board.changed();
  };
  const pick = (label: string) => {
    board.label = label;
    give(board, label);
    build();
    board.changed();
  };
  const hide = (label: string) => {
    const hidden = new Set(drawing.layer.hidden);
    if (!hidden.delete(label)) hidden.add(label);
    drawing.layer.hidden = hidden;
    drawing.layer.refresh();
    build();
    board.changed();
  };
  const row = (label: string, key: string) => {
    const name = label || "No class";
    const chip = h("span", { class: "chip" });
    chip.style.background = colours.get(label) ?? "";
    const count = h("span", { class: "count" });
    counts.set(label, count);
    const isShown = !drawing.layer.hidden.has(label);
    const above = classes.find((one) => one.name === label);
    const title = above ? [label, above.main, above.super].filter(Boolean).join(" → ") : name;
    const text = h("span", { class: "name", title }, shown(name));
    const cap = key ? h("kbd", {}, key.replace("Shift+", "⇧")) : null;
    return h("div", { class: "row" },
      h("button", { type: "button", class: "pick", "aria-pressed": String(board.label === label), onclick: () => pick(label) }, chip, text, cap),
      count,
      h("button", { type: "button", class: "quiet eye", "aria-pressed": String(isShown), "aria-label": `Show ${name}`, title: isShown ? "Shown" : "Hidden", onclick: () => hide(label) }, isShown ? "●" : "○"));
  };
  const build = () => {
    const parts: HTMLElement[] = [];
    let [top, main] = ["", ""];
    for (const one of inLegendOrder(classes)) {
      if (one.super !== top) parts.push(h("p", { class: "level" }, shown(one.super)));
      const isGroup = one.main !== one.super && classes.filter((other) => other.main === one.main).length > 1;
      if (one.main !== main && isGroup) parts.push(h("p", { class: "main-class" }, shown(one.main)));
      [top, main] = [one.super, one.main];
      parts.push(row(one.name, keyOf(classes.indexOf(one))));
    }
    const options = [{ id: "apart", name: "For all eyes" }, { id: "own", name: "As in the file" }];
    const chosen = choice("Colours", options, scheme, (id) => {
      scheme = id as Scheme;
      localStorage.setItem(SCHEME, scheme);
      recolour();
    });
    element.replaceChildren(row("", "Shift+0"), ...parts, chosen);
    count();
  };
  const count = () => {
    for (const [label, place] of counts) place.textContent = String(drawing.layer.counts.get(label) ?? 0);
  };
  drawing.on("open", () => {
    classes = fineClasses(drawing.info?.hierarchy);
    drawing.layer.hidden = new Set();
    recolour();
  });
  drawing.on("change", count);
  for (let place = 0; place < MOST_KEYS; place++) {
    const name = place < classes.length ? `Class ${shown(classes[place]!.name)}` : `Class ${place + 1}`;
    if (place >= classes.length) break;
    shell.addCommand({ id: `class.${place}`, name, key: keyOf(place), group: "Classes", run: () => pick(classes[place]?.name ?? board.label) });
  }
  shell.addCommand({ id: "class.none", name: "No class", key: "Shift+0", group: "Classes", run: () => pick("") });
  build();
  shell.addPanel({ id: "classes", title: "Classes", side: "right", order: 5, element });
}

/** What is chosen gets a class, in one gesture. */
function give(board: Board, label: string): void {
  const chosen = [...board.document.layer.selected].map((id) => board.document.nucleus(id));
  const changes = chosen.flatMap((one) => (one ? [{ nucleus: one.id, after: { ...bare(one), label } }] : []));
  if (changes.length > 0) board.document.commit("class", changes);
}

function shown(name: string): string {
  return name.replaceAll("_", " ");
}
