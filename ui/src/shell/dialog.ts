// Dialogs: a question with choices, and the list of all keys.
import type { Command } from "../contracts";
import { h } from "./dom";
import { keyCaps } from "./keys";

/** Ask; gives the chosen one, or "" when the dialog was closed. */
export function ask(question: string, choices: string[]): Promise<string> {
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "question" });
  const buttons = choices.map((name, i) =>
    h("button", { type: "button", class: i === 0 ? "main" : "", onclick: () => dialog.close(name) }, name),
  );
  dialog.append(h("p", { id: "question" }, question), h("div", { class: "actions" }, ...buttons));
  document.body.append(dialog);
  dialog.showModal();
  buttons[0]?.focus();
  return new Promise((answer) =>
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue);
    }),
  );
}

export function showHelp(commands: Iterable<Command>): void {
  if (document.querySelector("dialog.help")) return;
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    if (!command.key) continue;
    const group = command.group ?? "Other";
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  const dialog = h("dialog", { class: "dialog help", "aria-label": "Keys" });
  const close = h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close");
  const lists = [...groups].map(([name, list]) => h("section", {}, h("h3", {}, name), h("dl", {}, ...list.flatMap(rowOf))));
  dialog.append(h("header", {}, h("h2", {}, "Keys"), close), h("div", { class: "columns" }, ...lists), POINTER());
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
}

function rowOf(command: Command): HTMLElement[] {
  const caps = keyCaps(command.key ?? "").map((cap) => h("kbd", {}, cap));
  return [h("dt", {}, ...caps), h("dd", {}, command.name)];
}

const POINTER = () =>
  h(
    "p",
    { class: "muted" },
    "Wheel or two fingers zoom, Shift with the wheel goes through planes. Dragging with the right or middle button, " +
      "or while Space is held, moves the image whatever the tool.",
  );
