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
import { vertices } from "./vertices";
import { wand } from "./wand";

export const drawing: Module = {
  name: "drawing",
  install(studio) {
    const board = new Board(studio);
    setCurrentClass(() => board.label);
    for (const tool of [select, brush, eraser, polygon, freehand, box, dot, wand, splitter, vertices]) {
      studio.shell.addTool(noticed(board, tool(board)));
    }
    addCommands(board);
    installClasses(board);
    showSaving(board);
    showConflicts(board);
    studio.viewer.on("z", (view) => board.document.setPlane(view.z));
    board.document.on("open", () => board.document.setPlane(studio.viewer.view.z));
    studio.viewer.element.addEventListener("pointerleave", () => board.show(null));
  },
};

/** The board knows what is begun with a tool, so that Escape drops it; the tool's panel is made once. */
function noticed(board: Board, tool: Tool): Tool {
  const { down, up, panel } = tool;
  let made: HTMLElement | null = null;
  if (panel) tool.panel = () => (made ??= panel()); // once: it listens to the board
  tool.down = (p) => {
    board.begun = tool;
    down?.(p);
  };
  tool.up = (p) => {
    const isBegun = board.begun === tool;
    board.begun = null;
    if (isBegun) up?.(p);
  };
  return tool;
}
