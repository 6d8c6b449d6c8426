// The options of the scribble brush: what it draws, how the mask is shown, and nuclei made of it.
import type { Studio } from "../contracts";
import { checkbox, h, segments, slider } from "../shell/dom";
import { follow } from "./jobs";
import type { Mask } from "./mask";
import { type RunningJob, BACKGROUND, ERASE, FOREGROUND, areaOf, boxInView } from "./parts";
import { MOST_IN_VIEW } from "./mask";
import type { ScribbleTool } from "./scribble_tool";
import { strokeColour } from "./scribble_tool";
import type { Suggestions } from "./suggestions";

const KINDS = [
  { kind: FOREGROUND, name: "Nuclei", key: "F" },
  { kind: BACKGROUND, name: "Background", key: "G" },
  { kind: ERASE, name: "Erase", key: "X" },
  { kind: 3, name: "Other", key: "C" },
];

export function scribblePanel(studio: Studio, tool: ScribbleTool, mask: Mask, suggestions: Suggestions): HTMLElement {
  const kinds = h("div", { class: "kinds", role: "group", "aria-label": "What the brush draws" });
  const size = slider("Brush", { min: 1.5, max: 60, step: 0.5, value: tool.radiusCss }, (v) => `${v.toFixed(0)} px`, (v) => {
    tool.radiusCss = v;
  });
  const showKinds = () => {
    kinds.replaceChildren(
      ...KINDS.map(({ kind, name, key }) => {
        const dot = h("span", { class: "dot" });
        dot.style.background = strokeColour(kind);
        return h("button", { type: "button", "aria-pressed": String(tool.kind === kind), onclick: () => tool.choose(kind) }, dot, name, h("kbd", {}, key));
      }),
    );
    size.set(tool.radiusCss);
  };
  tool.on(showKinds);
  showKinds();

  const said = h("p", { class: "muted said", role: "status" });
  const once = h("button", { type: "button", onclick: () => mask.update() }, "Update once");
  const views = [{ id: "mask", name: "Mask" }, { id: "uncertainty", name: "Uncertainty" }];
  const shown = h(
    "div", { class: "stack" },
    segments("View of the mask", views, "mask", (id) => mask.setUncertainty(id === "uncertainty")),
    slider("Opacity", { min: 0, max: 1, step: 0.05, value: mask.opacity }, (v) => `${Math.round(v * 100)} %`, (v) => mask.setOpacity(v)).element,
    h("div", { class: "row" }, checkbox("Follow the brush", mask.isLive, (is) => {
      mask.isLive = is;
      if (is) mask.update();
      once.hidden = is;
    }), once),
  );
  once.hidden = mask.isLive;
  const nuclei = nucleiPart(studio, mask, suggestions);
  const file = h("a", { class: "download", download: "" }, "Download the classifier");
  const hidden = h("p", { class: "muted" }, "In this part of the study people work without suggestions, so scribbles make no mask here. Outline the nuclei by hand.");
  const element = h("div", { class: "stack scribble" }, kinds, size.element, shown, said, nuclei, file, hidden);
  const show = () => {
    const isUsed = mask.isShown;
    for (const part of [kinds, size.element, shown, said, nuclei]) part.hidden = !isUsed;
    hidden.hidden = isUsed;
    file.hidden = !isUsed || mask.state === "empty";
    file.href = studio.api.url(`documents/${studio.document.id}/pixels/classifier`);
    said.textContent = mask.said || sentence(mask);
    for (const button of nuclei.querySelectorAll("button")) button.disabled = mask.state === "empty";
  };
  mask.on(show);
  show();
  return element;
}

function sentence(mask: Mask): string {
  if (mask.state === "empty") return "Draw over a few nuclei, then over some background: the mask follows.";
  if (mask.state === "waiting" || mask.state === "stale") return mask.isLive ? "The mask follows…" : "Strokes were drawn since: update the mask.";
  if (mask.state === "view" && mask.hasWholePlane) return "The rest of the plane follows…";
  return mask.state === "view" ? "On this large slide the mask covers what is in view." : "The mask covers the whole plane.";
}

function nucleiPart(studio: Studio, mask: Mask, suggestions: Suggestions): HTMLElement {
  const hasSize = () => studio.document.image?.spacing_um != null;
  const settings = { least: 3, smooth_px: 1, part: true };
  const unit = () => (hasSize() ? "µm" : "px");
  const said = h("p", { class: "muted said", role: "status" });
  const wish = () => ({
    ...mask.wish(), smooth_px: settings.smooth_px, part: settings.part,
    ...(hasSize() ? { least_um: settings.least } : { least_px: settings.least }),
  });
  let timer = 0;
  let isPreview = false;
  let asked = 0;
  const preview = async () => {
    const image = studio.document.image;
    const box = image && boxInView(studio.viewer.view, image);
    if (!isPreview || !box || areaOf(box) > MOST_IN_VIEW) return suggestions.preview([]);
    const turn = ++asked;
    try {
      const found = await studio.api.post<{ nuclei: { rings: number[][] }[]; count: number }>(
        `documents/${studio.document.id}/make-nuclei`, { ...wish(), box, preview: true });
      if (turn !== asked || !isPreview) return;
      suggestions.preview(found.nuclei.map((one) => one.rings));
      said.textContent = `${found.count.toLocaleString("en")} nuclei in view`;
    } catch (problem) {
      said.textContent = (problem as Error).message;
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void preview(), 150);
  };
  studio.viewer.on("view", soon);
  mask.on(() => mask.state === "view" && soon());
  const change = (given: Partial<typeof settings>) => {
    Object.assign(settings, given);
    soon();
  };
  const make = h("button", { type: "button", class: "main" }, "Make nuclei");
  make.addEventListener("click", () => void run());
  const run = async () => {
    const image = studio.document.image;
    const box = mask.hasWholePlane || !image ? null : boxInView(studio.viewer.view, image);
    make.disabled = true;
    try {
      const job = await studio.api.post<RunningJob>(`documents/${studio.document.id}/make-nuclei`, { ...wish(), box });
      const over = await follow(studio.api, job, (now) => (said.textContent = `${now.message} ${Math.round(now.progress * 100)} %`)).done;
      said.textContent = over.state === "done" ? `${over.message}.` : over.message;
      if (over.state !== "done") return;
      suggestions.preview([]);
      await suggestions.load();
      studio.shell.useTool("accept");
    } catch (problem) {
      said.textContent = (problem as Error).message;
    } finally {
      make.disabled = false;
    }
  };
  const least = slider("Smallest", { min: 0, max: 30, step: 0.5, value: settings.least }, (v) => `${v} ${unit()}`, (v) => change({ least: v }));
  const smooth = slider("Smoothing", { min: 0, max: 5, step: 0.25, value: settings.smooth_px }, (v) => `${v} px`, (v) => change({ smooth_px: v }));
  studio.document.on("open", () => least.set(settings.least));
  return h(
    "div", { class: "stack nuclei" }, h("h3", {}, "Nuclei from the mask"), least.element, smooth.element,
    checkbox("Part those that touch", settings.part, (part) => change({ part })),
    checkbox("Preview in view", false, (is) => {
      isPreview = is;
      void preview();
    }),
    make, said,
  );
}
