// Choosing the classes of the project: names, one a line, or a hierarchy that comes with the program.
import "./classes.css";
import type { Studio } from "../contracts";
import { choice as radio } from "../pages/parts";
import { fill, h, tried } from "../pages/dom";
import { fineClasses } from "./hierarchy";
import { coloursOf } from "./palette";
import { PLACES } from "./places";
import { keyOf, shown } from "./legend";

export interface ProjectClasses {
  choice: string[] | string;
  hierarchy: Record<string, unknown>;
  shipped: { name: string; levels: number[] }[];
  most: number;
}

const WORDS: Record<string, string> = { nucls: "NuCLS, for breast tissue in H&E" };

/** The form; `saved` is called once the server keeps what was chosen. */
export function classesForm(studio: Studio, now: ProjectClasses, saved: (now: ProjectClasses) => void, cancel?: () => void): HTMLElement {
  const said = h("div", { "aria-live": "polite" });
  let chosen: string = typeof now.choice === "string" ? now.choice : "";
  const preview = h("ol", { class: "class-preview", "aria-label": "Keys and classes" });
  const names = h("textarea", { rows: 7, spellcheck: false, "aria-label": "Names of the classes, one a line", placeholder: "nucleus\nmitosis\ndebris", oninput: () => show() }) as HTMLTextAreaElement;
  names.value = typeof now.choice === "string" ? "nucleus" : now.choice.join("\n");
  const typed = (): string[] => names.value.split("\n").map((name) => name.trim()).filter(Boolean);
  const own = h("div", { class: "two-columns" }, names, preview, h("small", {}, `One a line, 1 to ${now.most}. Keys and colours follow by themselves; colour-blind people can tell these colours apart.`));
  const show = () => {
    own.hidden = chosen !== "";
    fill(preview, typed().map((name, place) => row(name, keyOf(place), PLACES[place] ?? "")));
  };
  const files = typeof now.choice === "string" && !now.shipped.some((one) => one.name === now.choice) ? [now.choice] : [];
  const options = [
    { value: "", words: "Names of your own" },
    ...now.shipped.map((one) => ({ value: one.name, words: `${WORDS[one.name] ?? one.name}: ${one.levels[0] ?? 0} classes${one.levels.length > 1 ? ` in ${one.levels.length} levels` : ""}` })),
    ...files.map((file) => ({ value: file, words: `As in the project's file ${file}` })),
  ];
  const keep = (): Promise<void> =>
    tried(said, async () => {
      const made = await studio.api.post<ProjectClasses>("classes", { classes: chosen || typed() });
      saved(made);
    });
  show();
  return h(
    "form",
    { class: "classes-form", onsubmit: (event) => { event.preventDefault(); void keep(); } },
    h("div", { class: "stack" }, options.map((one) => radio("radio", "classes", one.words, one.value === chosen, () => { chosen = one.value; show(); }))),
    own,
    h("p", { class: "hint" }, "Nuclei keep the class that they have, also one that you take out. A study keeps the classes that it was begun with."),
    said,
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, "Save the classes"), cancel ? h("button", { type: "button", onclick: cancel }, "Cancel") : null),
  );
}

/** The form as a dialog over the image. */
export async function chooseClasses(studio: Studio, changed: () => Promise<void>): Promise<void> {
  const now = await studio.api.get<ProjectClasses>("classes");
  const dialog = h("dialog", { class: "dialog classes-dialog sheet", "aria-labelledby": "classes-title" }) as HTMLDialogElement;
  const saved = () => {
    dialog.close();
    void changed();
  };
  dialog.append(h("h2", { id: "classes-title" }, "Classes of this project"), classesForm(studio, now, saved, () => dialog.close()));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("textarea")?.focus();
}

/** The classes in a row of chips. */
export function classChips(hierarchy: unknown): HTMLElement {
  const classes = fineClasses(hierarchy);
  const colours = coloursOf(classes, "apart");
  return h("ul", { class: "class-chips", "aria-label": "Classes" }, classes.map((one) => h("li", {}, swatch(colours.get(one.name) ?? ""), shown(one.name))));
}

function row(name: string, key: string, colour: string): HTMLElement {
  return h("li", {}, swatch(colour), h("span", { class: "name" }, name), key ? h("kbd", {}, key.replace("Shift+", "⇧")) : null);
}

function swatch(colour: string): HTMLElement {
  const made = h("span", { class: "swatch", "aria-hidden": "true" });
  made.style.background = colour;
  return made;
}
