// The panel of suggestions: what makes them, how far it is, how many are open, and accepting the sure ones.
import type { Studio } from "../contracts";
import { checkbox, choice, h, slider } from "../shell/dom";
import { type Following, follow } from "./jobs";
import { type RunningJob, boxInView } from "./parts";
import type { Suggestions } from "./suggestions";

interface Sources {
  models: string[];
  results: string[];
}

export function suggestionsPanel(studio: Studio, suggestions: Suggestions): HTMLElement {
  const makers = h("div", { class: "stack" });
  const progress = h("div", { class: "stack", hidden: true });
  const open = waiting(studio, suggestions);
  const refused = h("p", { class: "muted" });
  const element = h("div", { class: "stack suggestions" }, makers, progress, open, refused);
  let shown = "";
  const show = () => {
    refused.textContent = suggestions.refused;
    for (const part of [makers, open]) part.hidden = suggestions.refused !== "";
    const image = studio.document.image?.id ?? "";
    if (image === shown) return;
    shown = image;
    makers.replaceChildren();
    if (image) void fillMakers(studio, suggestions, makers, progress, image);
  };
  suggestions.on(show);
  show();
  return element;
}

async function fillMakers(studio: Studio, suggestions: Suggestions, makers: HTMLElement, progress: HTMLElement, image: string): Promise<void> {
  let sources: Sources;
  try {
    sources = await studio.api.get<Sources>(`images/${image}/suggestions`);
  } catch {
    return; // the panel stays without makers; suggestions that are there are shown
  }
  if (studio.document.image?.id !== image) return;
  const options = [
    ...sources.models.map((name) => ({ id: `model:${name}`, name: `Model ${name}` })),
    ...sources.results.map((file) => ({ id: `results:${file}`, name: file })),
  ];
  let chosen = options[0]?.id ?? "";
  let isView = (studio.document.image?.width ?? 0) * (studio.document.image?.height ?? 0) > 1 << 26;
  const view = checkbox("Only what is in view", isView, (is) => (isView = is));
  const run = h("button", { type: "button", class: "main", onclick: () => void start() }, "Suggest nuclei");
  const start = async () => {
    const [source, name] = [chosen.slice(0, chosen.indexOf(":")), chosen.slice(chosen.indexOf(":") + 1)];
    const info = studio.document.image;
    const box = isView && info ? boxInView(studio.viewer.view, info) : null;
    const wish = source === "model" ? { source, model: name, z: studio.viewer.view.z, box } : { source, file: name };
    run.disabled = true;
    try {
      const job = await studio.api.post<RunningJob>(`images/${image}/suggestions`, wish);
      await showProgress(studio, follow(studio.api, job, (now) => tell(progress, now)), progress);
      await suggestions.load();
      if (suggestions.unanswered.length > 0) studio.shell.useTool("accept");
    } catch (problem) {
      studio.shell.status("message", (problem as Error).message, "error");
    } finally {
      run.disabled = false;
    }
  };
  const source = choice("From", options, chosen, (id) => {
    chosen = id;
    view.hidden = !id.startsWith("model:");
  });
  makers.replaceChildren(source, view, run);
}

async function showProgress(studio: Studio, following: Following, progress: HTMLElement): Promise<void> {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "How far the suggestions are" });
  const said = h("span", { class: "muted said" }, "Waiting");
  const stop = h("button", { type: "button", onclick: () => following.cancel() }, "Cancel");
  progress.replaceChildren(bar, h("div", { class: "row" }, said, stop));
  progress.hidden = false;
  const over = await following.done;
  progress.hidden = true;
  studio.shell.status("message", over.state === "done" ? `${over.message}.` : over.message, over.state === "done" ? "ok" : "warn");
}

function tell(progress: HTMLElement, job: RunningJob): void {
  const [bar, said] = [progress.querySelector("progress"), progress.querySelector(".said")];
  if (bar) bar.value = job.progress;
  if (said) said.textContent = job.message;
}

/** How many wait, and the way to them. */
function waiting(studio: Studio, suggestions: Suggestions): HTMLElement {
  const none = h("p", { class: "muted" }, "No suggestions wait here. Let a model suggest nuclei, or scribble and make nuclei of the mask.");
  const answer = h("button", { type: "button", onclick: () => studio.shell.useTool("accept") });
  const show = () => {
    const open = suggestions.unanswered.length;
    none.hidden = open > 0;
    answer.hidden = open === 0;
    answer.textContent = `Answer ${open.toLocaleString("en")} ${open === 1 ? "suggestion" : "suggestions"}`;
  };
  suggestions.on(show);
  show();
  return h("div", { class: "stack" }, none, answer);
}

/** Accepting those that are sure enough, in one gesture. */
export function sureOnes(studio: Studio, suggestions: Suggestions): HTMLElement {
  const count = h("p", { class: "said", role: "status" });
  const least = slider("Confidence", { min: 0, max: 1, step: 0.01, value: 0 }, (v) => `≥ ${v.toFixed(2)}`, (v) => suggestions.setLeast(v));
  const all = h("button", { type: "button" }, "Accept all");
  all.addEventListener("click", () => {
    const number = suggestions.acceptAll();
    studio.shell.status("message", `${number.toLocaleString("en")} suggestions accepted. Undo takes all of them back.`);
  });
  const shown = checkbox("Show suggestions", true, (is) => {
    suggestions.isShown = is;
    studio.viewer.redraw();
  });
  const show = () => {
    const [open, sure] = [suggestions.unanswered.length, suggestions.sure.length];
    const word = open === 1 ? "suggestion waits" : "suggestions wait";
    count.textContent = open > 0 ? `${open.toLocaleString("en")} ${word} for an answer.` : "No suggestions wait for an answer.";
    all.textContent = `Accept ${sure.toLocaleString("en")}${suggestions.least > 0 ? " sure" : ""}`;
    all.disabled = sure === 0 || studio.document.readOnly;
  };
  suggestions.on(show);
  show();
  return h("div", { class: "stack suggestions" }, count, least.element, all, shown);
}
