// The panel of classes: a legend from coarse to fine that picks, counts, hides and gives classes.
import type { Board } from "../tools/board";
import { bare } from "../state/changes";
import { choice, h } from "../shell/dom";
import { chooseClasses } from "./editor";
import { fineClasses, type FineClass, isPlain, others } from "./hierarchy";
import { keyOf, KEYS, legend, shown } from "./legend";
import { coloursOf, OTHER, type Scheme, UNCLASSED } from "./palette";

const SCHEME = "classes:scheme";

export function installClasses(board: Board): void {
  const element = h("div", { class: "classes" });
  const { studio } = board;
  const { document: drawing } = board;
  let classes: FineClass[] = fineClasses(null);
  let strays: string[] = [];
  let scheme: Scheme = localStorage.getItem(SCHEME) === "own" ? "own" : "apart";
  let colours = coloursOf(classes, scheme);
  drawing.layer.colours = (label) => colours.get(label) ?? (label ? OTHER : UNCLASSED);
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
  const line = (label: string, button: HTMLElement, level: number) => {
    const name = label || "No class";
    const chip = h("span", { class: "chip" });
    chip.style.background = colours.get(label) ?? OTHER;
    button.prepend(chip);
    const count = h("span", { class: "count" });
    counts.set(label, count);
    const isShown = !drawing.layer.hidden.has(label);
    return h("div", { class: level > 0 ? "row inner" : "row" }, button, count,
      h("button", { type: "button", class: "quiet eye", "aria-pressed": String(isShown), "aria-label": `Show ${name}`, title: isShown ? "Shown" : "Hidden", onclick: () => hide(label) }, isShown ? "●" : "○"));
  };
  const row = (label: string, key: string, level: number) => {
    const name = label || "No class";
    const above = classes.find((one) => one.name === label);
    const title = above ? [...new Set([label, above.main, above.super])].filter(Boolean).join(" → ") : name;
    const text = h("span", { class: "name", title }, shown(name));
    const cap = key ? h("kbd", {}, key.replace("Shift+", "⇧")) : null;
    return line(label, h("button", { type: "button", class: "pick", "aria-pressed": String(board.label === label), onclick: () => pick(label) }, text, cap), level);
  };
  const other = (label: string) => {
    const choose = () => drawing.select([...drawing.layer.nuclei()].filter((one) => one.label === label && drawing.layer.isSeen(one)).map((one) => one.id));
    const text = h("span", { class: "name" }, shown(label));
    return line(label, h("button", { type: "button", class: "pick", title: `Choose all nuclei of ${shown(label)} on this plane`, onclick: choose }, text), 0);
  };
  const build = () => {
    counts.clear();
    const parts = legend(classes, strays, { row, other });
    if (!isPlain(classes)) parts.push(schemes());
    const change = changeButton(board);
    if (change) parts.push(change);
    element.replaceChildren(...parts);
    count();
  };
  const schemes = () => {
    const options = [{ id: "apart", name: "For all eyes" }, { id: "own", name: "As in the file" }];
    return choice("Colours", options, scheme, (id) => {
      scheme = id as Scheme;
      localStorage.setItem(SCHEME, scheme);
      recolour();
    });
  };
  const count = () => {
    for (const [label, place] of counts) place.textContent = String(drawing.layer.counts.get(label) ?? 0);
  };
  drawing.on("open", () => {
    classes = fineClasses(drawing.info?.hierarchy);
    strays = others(classes, drawing.layer.counts);
    if (classes.length === 1) board.label = classes[0]!.name; // there is nothing to choose
    else if (!classes.some((one) => one.name === board.label)) board.label = "";
    drawing.layer.hidden = new Set();
    addKeys(board, classes, pick);
    recolour();
  });
  drawing.on("change", () => {
    const now = others(classes, drawing.layer.counts);
    if (now.join("\n") === strays.join("\n")) return count();
    strays = now;
    build();
  });
  studio.shell.addCommand({ id: "class.none", name: "No class", key: "Shift+0", group: "Classes", run: () => pick("") });
  addKeys(board, classes, pick);
  build();
  studio.shell.addPanel({ id: "classes", title: "Classes", side: "right", order: 5, element });
}

/** The keys are those of the classes of what is open; a key without a class does nothing. */
function addKeys(board: Board, classes: readonly FineClass[], pick: (label: string) => void): void {
  for (let place = 0; place < KEYS; place++) {
    const label = classes[place]?.name;
    const id = `class.${place}`;
    if (label === undefined) board.studio.shell.addCommand({ id, name: "", run: () => undefined });
    else board.studio.shell.addCommand({ id, name: `Class ${shown(label)}`, key: keyOf(place), group: "Classes", run: () => pick(label) });
  }
}

/** An admin chooses other classes where the document has the project's; a study keeps its own. */
function changeButton(board: Board): HTMLElement | null {
  const { studio, document: drawing } = board;
  if (studio.api.me?.role !== "admin" || !drawing.id || drawing.info?.study) return null;
  const changed = async () => {
    const document = drawing.id;
    if (document) await drawing.open({ document });
  };
  return h("button", { type: "button", class: "quiet change", onclick: () => void chooseClasses(studio, changed) }, "Choose the classes …");
}

/** What is chosen gets a class, in one gesture. */
function give(board: Board, label: string): void {
  const chosen = [...board.document.layer.selected].map((id) => board.document.nucleus(id));
  const changes = chosen.flatMap((one) => (one ? [{ nucleus: one.id, after: { ...bare(one), label } }] : []));
  if (changes.length > 0) board.document.commit("class", changes);
}
