// Keys that count while scribbling or answering suggestions; they come before those of the tools.
import type { Studio } from "../contracts";
import { bringIntoView } from "../tools/step_commands";
import type { AcceptTool } from "./accept_tool";
import { BACKGROUND, ERASE, FOREGROUND, middleOf } from "./parts";
import type { ScribbleTool } from "./scribble_tool";
import type { Suggestions } from "./suggestions";

export function addScribbleKeys({ shell }: Studio, tool: ScribbleTool): void {
  const add = (id: string, name: string, key: string, run: () => void) =>
    shell.addCommand({ id: `scribble.${id}`, name, key, group: "While scribbling", when: () => tool.isActive, run });
  add("nuclei", "Draw nuclei", "F", () => tool.choose(FOREGROUND));
  add("background", "Draw background", "G", () => tool.choose(BACKGROUND));
  add("erase", "Take strokes away", "X", () => tool.choose(ERASE));
  add("other", "Draw another class", "C", () => tool.choose(3));
  add("smaller", "Smaller brush", "[", () => tool.resize(1 / 1.2));
  add("larger", "Larger brush", "]", () => tool.resize(1.2));
}

export function addAnswerKeys(studio: Studio, tool: AcceptTool, suggestions: Suggestions): void {
  const add = (id: string, name: string, key: string, run: () => void) =>
    studio.shell.addCommand({ id: `answer.${id}`, name, key, group: "While answering suggestions", when: () => tool.isActive, run });
  const step = (by: 1 | -1) => {
    const found = suggestions.step(by);
    if (found) bringIntoView(studio, middleOf(found.rings[0] ?? []));
    else studio.shell.status("message", "No suggestions wait for an answer here.");
  };
  /** Answer the one that is marked, and mark the next: at its key, nothing has to be pointed at. */
  const answer = (give: (one: NonNullable<typeof suggestions.hovered>) => void) => () => {
    const one = suggestions.hovered;
    if (!one) return step(1);
    const next = suggestions.after(one);
    give(one);
    if (!next || next.id === one.id) return;
    suggestions.mark(next);
    bringIntoView(studio, middleOf(next.rings[0] ?? []));
  };
  add("next", "Mark the next suggestion", ".", () => step(1));
  add("before", "Mark the suggestion before", ",", () => step(-1));
  add("accept", "Accept the one that is marked", "Enter", answer((one) => suggestions.accept(one)));
  add("reject", "Reject the one that is marked", "R", answer((one) => suggestions.reject(one)));
  add("reject2", "Reject the one that is marked", "Delete", answer((one) => suggestions.reject(one)));
}
