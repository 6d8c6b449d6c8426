// Scribbles that become masks under the brush, and suggestions that are accepted with a click.
import "./assist.css";
import type { Module } from "../contracts";
import { h } from "../shell/dom";
import { AcceptTool } from "./accept_tool";
import { addAnswerKeys, addScribbleKeys } from "./assist_keys";
import { importButton } from "./import_file";
import { Mask } from "./mask";
import { scribblePanel } from "./scribble_panel";
import { ScribbleTool } from "./scribble_tool";
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
    addScribbleKeys(studio, scribble);
    addAnswerKeys(studio, accept, suggestions);
  },
};
