// Scribbles that become masks under the brush, and suggestions that are accepted with a click.
import "./assist.css";
import type { Module } from "../contracts";
import { h } from "../shell/dom";
import { isTaken } from "../shell/keys";
import { AcceptTool } from "./accept_tool";
import { importButton } from "./import_file";
import { Mask } from "./mask";
import { scribblePanel } from "./scribble_panel";
import { KEYS, ScribbleTool } from "./scribble_tool";
import { Suggestions } from "./suggestions";
import { sureOnes, suggestionsPanel } from "./suggestions_panel";

export const assist: Module = {
  name: "assist",
  install(studio) {
    const { viewer, shell, api, document: state } = studio;
    const mask = new Mask(api, viewer, state);
    const suggestions = new Suggestions(api, viewer, state);
    let options: HTMLElement | null = null;
    const looked = () => queueMicrotask(() => see());
    const scribble = new ScribbleTool(viewer, state, () => {
      options ??= scribblePanel(studio, scribble, mask, suggestions);
      looked();
      return options;
    }, looked, (text) => shell.status("message", text, "warn"));
    const accept = new AcceptTool(viewer, shell, suggestions, looked, sureOnes(studio, suggestions));
    /** A tool is in use while its options are on the page. */
    const see = () => {
      scribble.isActive = options?.isConnected === true;
      accept.isActive = accept.element.isConnected;
      mask.setActive(scribble.isActive);
      if (!scribble.isActive) suggestions.preview([]);
      viewer.redraw();
    };
    shell.addTool(scribble);
    shell.addTool(accept);
    const panel = h("div", { class: "stack" }, suggestionsPanel(studio, suggestions), importButton(studio));
    shell.addPanel({ id: "suggestions", title: "Suggestions", side: "right", element: panel, order: 9 });
    addEventListener("keydown", (event) => pressed(event, scribble, accept), true);
  },
};

/** Keys that count while one of the tools is in use; they come before those of the shell. */
function pressed(event: KeyboardEvent, scribble: ScribbleTool, accept: AcceptTool): void {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target, event.key.toUpperCase())) return;
  if (document.querySelector("dialog[open]")) return;
  const kind = KEYS[key];
  if (scribble.isActive && kind !== undefined) scribble.choose(kind);
  else if (scribble.isActive && (key === "[" || key === "]")) scribble.resize(key === "]" ? 1.2 : 1 / 1.2);
  else if (accept.isActive && (key === "r" || key === "delete")) accept.rejectHovered();
  else return;
  event.preventDefault();
}
