// Make a study: fields, raters, arms; beside it what each rater would have to do.
import type { ImageInfo, Studio } from "../contracts";
import { classChips, type ProjectClasses } from "../classes/editor";
import { cutFields } from "./cut_fields";
import { count, empty, failure, fill, h, showLoaded, table, tried, type Child } from "./dom";
import { choice, labelled } from "./parts";
import { type FieldWish, suggestionOffer } from "./suggest_offer";
import type { Board, Design, Load, Person } from "./values";

interface Draft {
  name: string;
  images: Set<string>;
  whole: boolean;
  side: number;
  perImage: number;
  raters: Set<string>;
  arms: "without" | "with" | "both";
  armsBy: "fields" | "raters";
  overlap: number;
  repeats: number;
  feedback: boolean;
}

const SEED_SPAN = 2 ** 31;

export function showWizard(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal) => {
    const [images, users, classes] = await Promise.all([
      studio.api.get<ImageInfo[]>("images", signal),
      studio.api.get<Person[]>("users", signal),
      studio.api.get<ProjectClasses>("classes", signal),
    ]);
    const people = users.filter((person) => person.active && person.role !== "viewer");
    if (!images.length) {
      return [
        h("h1", {}, "Make a study"),
        empty("There is no image in this project", "Import some first, on the computer that runs the studio: nuclarium import FILES --project DIR. Then reload this page."),
      ];
    }
    return [h("h1", {}, "Make a study"), form(studio, images, people, classes)];
  });
}

function form(studio: Studio, images: ImageInfo[], people: Person[], classes: ProjectClasses): HTMLElement {
  const draft: Draft = {
    name: "",
    images: new Set(images.length <= 24 ? images.map((image) => image.id) : []),
    whole: images.every((image) => Math.max(image.width, image.height) <= 1024),
    side: 512,
    perImage: 1,
    raters: new Set(people.filter((person) => person.role === "rater").map((person) => person.alias)),
    arms: "without",
    armsBy: "fields",
    overlap: 0,
    repeats: 0,
    feedback: false,
  };
  const seed = Math.floor(Math.random() * SEED_SPAN);
  const said = h("div", {});
  const plan = h("div", { class: "plan", "aria-live": "polite" });
  const cut = h("div", { class: "row" });
  const offer = suggestionOffer(studio);
  const changed = (): void => {
    cut.hidden = draft.whole;
    offer.ask(draft.arms === "without" ? [] : fieldsOf(draft, images, seed));
    void preview(studio, draft, images, seed, plan);
  };
  const make = (): Promise<void> =>
    tried(said, async () => {
      const body = {
        name: draft.name.trim(),
        fields: fieldsOf(draft, images, seed),
        raters: chosen(people, draft),
        design: designOf(draft, seed),
      };
      const study = await studio.api.post<Board>("studies", body);
      location.hash = `#/study/${study.id}`;
    });
  fill(cut, number("Side, px", 32, 8192, draft.side, (v) => (draft.side = v), changed), number("Fields per image", 1, 500, draft.perImage, (v) => (draft.perImage = v), changed));
  const left = h(
    "form",
    { class: "steps", onsubmit: (event) => { event.preventDefault(); void make(); } },
    step("Name", labelled("Name of the study", text(draft.name, (v) => (draft.name = v), changed), "People see it in their list of fields.")),
    step(
      "Fields",
      h("div", { class: "row" },
        choice("radio", "cut", "Whole images", draft.whole, () => { draft.whole = true; changed(); }),
        choice("radio", "cut", "Squares, placed by lot", !draft.whole, () => { draft.whole = false; changed(); })),
      cut,
      checks("Images", images.map((image) => ({ id: image.id, words: image.name, more: `${image.width} × ${image.height}` })), draft.images, changed),
    ),
    step(
      "Raters",
      people.length
        ? checks("Raters", people.map((person) => ({ id: person.alias, words: `${person.alias} · ${person.name}`, more: [person.group, person.role === "rater" ? "" : person.role].filter(Boolean).join(", ") })), draft.raters, changed)
        : h("p", { class: "note" }, "There is nobody who may draw. ", h("a", { href: "#/people" }, "Invite people"), " first."),
      h("div", { class: "row" },
        number("Raters per field (0: all)", 0, 1000, draft.overlap, (v) => (draft.overlap = v), changed),
        number("Fields seen again by each", 0, 500, draft.repeats, (v) => (draft.repeats = v), changed)),
      h("p", { class: "hint" }, "A field that comes again shows how well raters agree with themselves. They are not told."),
    ),
    step(
      "Suggestions",
      h("div", { class: "stack" },
        choice("radio", "arms", "Not shown", true, () => { draft.arms = "without"; changed(); }),
        choice("radio", "arms", "Shown, to accept or correct", false, () => { draft.arms = "with"; changed(); }),
        choice("radio", "arms", "Two arms: shown in one, not in the other", false, () => { draft.arms = "both"; changed(); })),
      h("div", { class: "stack indent", "data-only": "both" },
        choice("radio", "by", "Each rater sees some fields in each arm", true, () => { draft.armsBy = "fields"; changed(); }),
        choice("radio", "by", "Each rater stays in one arm", false, () => { draft.armsBy = "raters"; changed(); })),
      offer.element,
    ),
    step(
      "Classes",
      classChips(classes.hierarchy),
      h("p", { class: "hint" }, "The study keeps these, whatever the project's classes become later. ", studio.api.me?.role === "admin" ? h("a", { href: "#/classes" }, "Choose others") : "An admin may choose others", " first if these do not fit."),
    ),
    step(
      "Feedback",
      choice("checkbox", "feedback", "Tell raters how they did on fields whose truth is known", false, (v) => { draft.feedback = v; changed(); }),
      h("p", { class: "hint" }, "The truth of a field is drawn on the study's page once the study is made."),
    ),
    said,
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, "Make the study"), h("a", { class: "button", href: "#/studies" }, "Cancel")),
  );
  const both = left.querySelector<HTMLElement>('[data-only="both"]') as HTMLElement;
  left.addEventListener("change", () => (both.hidden = draft.arms !== "both"));
  both.hidden = true;
  changed();
  return h("div", { class: "two" }, left, h("aside", { class: "part sticky" }, h("h2", {}, "What each rater gets"), plan));
}

async function preview(studio: Studio, draft: Draft, images: ImageInfo[], seed: number, place: HTMLElement): Promise<void> {
  const fields = fieldsOf(draft, images, seed);
  const raters = [...draft.raters];
  if (!fields.length || !raters.length) {
    fill(place, h("p", { class: "muted" }, fields.length ? "Choose raters to see how much each has to do." : "Choose images to see how much there is to do."));
    return;
  }
  const asked = {};
  latest.set(place, asked);
  try {
    const loads = await studio.api.post<Load[]>("studies/plan", { fields: fields.length, raters, design: designOf(draft, seed) });
    if (latest.get(place) === asked) fill(place, ...planned(fields.length, loads));
  } catch (problem) {
    if (latest.get(place) === asked) fill(place, failure(problem));
  }
}

const latest = new WeakMap<HTMLElement, object>();

function planned(fields: number, loads: Load[]): Child[] {
  const arms = Object.keys(loads[0]?.arms ?? {});
  const several = arms.length > 1;
  const again = loads.some((load) => load.repeats > 0);
  const right = (words: string) => ({ text: words, class: "number" });
  const total = loads.reduce((sum, load) => sum + load.fields, 0);
  return [
    h("p", {}, `${count(fields, "field")}, each seen by ${(total / fields).toLocaleString("en", { maximumFractionDigits: 1 })} of ${count(loads.length, "rater")}.`),
    table(
      ["Rater", right("Fields"), ...(several ? arms.map(right) : []), ...(again ? [right("Again")] : [])],
      loads.map((load) => [load.rater, load.fields, ...(several ? arms.map((arm) => load.arms[arm] ?? 0) : []), ...(again ? [load.repeats] : [])]),
    ),
  ];
}

function designOf(draft: Draft, seed: number): Design {
  const shown = { name: "with suggestions", suggestions: true };
  const hidden = { name: "without suggestions", suggestions: false };
  const arms = { without: [hidden], with: [shown], both: [hidden, shown] }[draft.arms];
  return { arms, overlap: draft.overlap, repeats: draft.repeats, arms_by: draft.armsBy, blind: true, feedback: draft.feedback, seed };
}

function fieldsOf(draft: Draft, images: ImageInfo[], seed: number): FieldWish[] {
  return images
    .filter((image) => draft.images.has(image.id))
    .flatMap((image, i) =>
      draft.whole
        ? [{ image: image.id, box: null }]
        : cutFields(image.width, image.height, draft.side, draft.perImage, seed + i).map((box) => ({ image: image.id, box })),
    );
}

function chosen(people: Person[], draft: Draft): string[] {
  return people.map((person) => person.alias).filter((alias) => draft.raters.has(alias));
}

function step(title: string, ...children: Child[]): HTMLElement {
  return h("fieldset", { class: "part" }, h("legend", {}, title), ...children);
}

function text(value: string, set: (value: string) => void, changed: () => void): HTMLElement {
  const input = h("input", { type: "text", value, required: true, maxlength: 100, oninput: () => { set(input.value); changed(); } });
  return input;
}

function number(words: string, min: number, max: number, value: number, set: (value: number) => void, changed: () => void): HTMLElement {
  const input = h("input", {
    type: "number", min, max, value, required: true,
    oninput: () => { if (input.checkValidity()) { set(input.valueAsNumber); changed(); } },
  });
  return labelled(words, input);
}

function checks(name: string, options: { id: string; words: string; more: string }[], into: Set<string>, changed: () => void): HTMLElement {
  const list = h("ul", { class: "checks", "aria-label": name });
  const draw = (): void =>
    fill(list, options.map((option) =>
      h("li", {}, choice("checkbox", name, [option.words, option.more ? ` (${option.more})` : ""].join(""), into.has(option.id), (is) => {
        if (is) into.add(option.id);
        else into.delete(option.id);
        changed();
      }))));
  const all = h("button", { type: "button", class: "link", onclick: () => {
    const every = options.every((option) => into.has(option.id));
    for (const option of options) {
      if (every) into.delete(option.id);
      else into.add(option.id);
    }
    draw();
    changed();
  } }, "All or none");
  draw();
  return h("div", {}, h("div", { class: "row spread" }, h("span", { class: "muted" }, name), all), list);
}
