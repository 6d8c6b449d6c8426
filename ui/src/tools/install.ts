// Drawing in the studio: every tool, its commands, saving, conflicts, classes.
import "./tools.css";
import { setCurrentClass } from "../assist/current_class";
import type { Module, Tool } from "../contracts";
import { installClasses } from "../classes/panel";
import { Board } from "./board";
import { brush, eraser } from "./brush";
import { addCommands } from "./commands";
import { showConflicts } from "./conflict_card";
import { box, dot, freehand, polygon } from "./lines";
import { showSaving } from "./saved";
import { select } from "./select";
import { splitter } from "./split";
import { addStepCommands } from "./step_commands";
import { vertices } from "./vertices";
import { wand } from "./wand";

export const drawing: Module = {
  name: "drawing",
  install(studio) {
    const board = new Board(studio);
    setCurrentClass(() => board.label);
    for (const tool of [select, brush, eraser, polygon, freehand, box, dot, wand, splitter, vertices]) {
      studio.shell.addTool(withOnePanel(tool(board)));
    }
    addCommands(board);
    addStepCommands(board);
    installClasses(board);
    showSaving(board);
    showConflicts(board);
    studio.viewer.on("z", (view) => board.document.setPlane(view.z));
    board.document.on("open", () => board.document.setPlane(studio.viewer.view.z));
    studio.viewer.element.addEventListener("pointerleave", () => board.show(null));
  },
};

/** The panel of a tool is made once: it listens to the board. */
function withOnePanel(tool: Tool): Tool {
  const { panel } = tool;
  let made: HTMLElement | null = null;
  if (panel) tool.panel = () => (made ??= panel());
  return tool;
}
