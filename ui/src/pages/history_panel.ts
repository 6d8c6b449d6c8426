// The history of the selected nucleus: who, when, what; what it was once can be brought back.
import type { NewNucleus, Studio } from "../contracts";
import { fill, h } from "./dom";

interface Logged {
  id: string;
  tool: string;
  after: NewNucleus | null;
  undoes: string | null;
  redoes: string | null;
  by: string;
  stored: string;
  revision: number;
}

export function installHistoryPanel(studio: Studio): void {
  const element = h("div", { class: "history-panel" });
  studio.shell.addPanel({ id: "history", title: "History", side: "right", element, order: 80 });
  let shown = "";
  const show = (): void => {
    const selected = [...studio.document.layer.selected];
    const one = selected.length === 1 ? selected[0] : undefined;
    const key = `${studio.document.id ?? ""} ${one ?? selected.length} ${one ? (studio.document.nucleus(one)?.revision ?? "") : ""}`;
    if (key === shown) return;
    shown = key;
    if (!one || !studio.document.id) {
      fill(element, h("p", { class: "muted" }, selected.length > 1 ? "Select one nucleus to see who did what with it." : "Select a nucleus to see who did what with it."));
      return;
    }
    void load(studio.document.id, one, key);
  };

  async function load(document: string, nucleus: string, key: string): Promise<void> {
    const steps = await studio.api.get<Logged[]>(`documents/${document}/history?nucleus=${nucleus}`).catch(() => null);
    if (key !== shown) return;
    if (!steps?.length) {
      fill(element, h("p", { class: "muted" }, steps ? "It is not saved yet." : "The history cannot be read now."));
      shown = "";
      return;
    }
    fill(element, h("ol", { class: "history" }, [...steps].reverse().map((step, i) => line(studio, nucleus, step, i === 0, steps[steps.length - 2 - i] ?? null))));
  }

  for (const event of ["selection", "open", "saved"] as const) studio.document.on(event, show);
  show();
}

function line(studio: Studio, nucleus: string, step: Logged, isNow: boolean, before: Logged | null): HTMLElement {
  const back = step.after;
  const restore = (): void => {
    if (back) studio.document.commit("restore", [{ nucleus, after: back }]);
  };
  return h(
    "li",
    {},
    h("strong", {}, words(step, before)),
    h("span", { class: "muted" }, ` ${step.by}, ${step.stored.slice(0, 16).replace("T", " ")}`),
    !isNow && back && !studio.document.readOnly ? h("button", { type: "button", class: "link", onclick: restore }, "Bring this back") : null,
  );
}

function words(step: Logged, before: Logged | null): string {
  if (step.undoes) return "Undone";
  if (step.redoes) return "Redone";
  const after = step.after;
  if (!after) return "Removed";
  if (after.kind === "rejected") return "Suggestion rejected";
  if (!before?.after) return after.verdict === "accepted" ? `Suggestion accepted${named(after)}` : `Drawn${named(after)}`;
  const isMoved = JSON.stringify(after.rings) !== JSON.stringify(before.after.rings);
  if (after.label !== before.after.label) return `${isMoved ? "Changed, " : ""}${after.label ? `Called ${after.label}` : "Class taken away"}`;
  if (after.verdict !== before.after.verdict && after.verdict === "wrong_outline") return "Outline called wrong";
  return isMoved ? "Outline changed" : "Changed";
}

function named(after: NewNucleus): string {
  return after.label ? ` as ${after.label}` : "";
}
