// Says whether everything is stored, and how much waits.
import type { Board } from "./board";
import { savingWords } from "./saving_words";

export function showSaving(board: Board): void {
  const { shell } = board.studio;
  let told = "";
  const show = () => {
    if (!board.document.id) return shell.status("saved", "");
    const { saving } = board.document;
    const { short, level, long } = savingWords(saving);
    const open = board.document.conflicts.length;
    if (open > 0) shell.status("saved", open === 1 ? "1 conflict to settle" : `${open} conflicts to settle`, "warn");
    else shell.status("saved", saving.state === "saved" && board.document.readOnly ? "Read only" : short, level);
    if (saving.state !== "saving") {
      const now = long && saving.state + saving.reason;
      if (now && now !== told) tell(board, long, level);
      told = now;
    }
  };
  for (const event of ["saved", "open", "conflict"] as const) board.document.on(event, show);
  board.document.on("message", () => shell.status("message", board.document.message, "warn"));
  const stop = board.document.on("open", () => {
    if (!board.document.id) return;
    stop();
    void board.document.sendLeft(); // once a page, and after each log-in
  });
  addEventListener("online", () => board.document.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") board.document.wake(); // the laptop was opened
  });
  addEventListener("beforeunload", (event) => {
    const { waiting, isLasting } = board.document.saving;
    if (waiting > 0 && !isLasting) event.preventDefault();
  });
}

/** A lost session asks: without an answer nothing more is stored. */
function tell(board: Board, long: string, level: "ok" | "busy" | "warn" | "error"): void {
  const { shell } = board.studio;
  if (board.document.saving.state !== "login") return shell.status("message", long, level);
  void shell.ask(long, ["Log in", "Stay here"]).then((choice) => {
    if (choice === "Log in") location.hash = "#/login";
  });
}
