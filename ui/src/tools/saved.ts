// Says whether everything is stored, and how much waits.
import type { Board } from "./board";

export function showSaving(board: Board): void {
  const { shell } = board.studio;
  let told = "";
  const show = () => {
    if (!board.document.id) return shell.status("saved", "");
    const { state, waiting, reason, isLasting } = board.document.saving;
    const open = board.document.conflicts.length;
    if (open > 0) shell.status("saved", open === 1 ? "1 conflict to settle" : `${open} conflicts to settle`, "warn");
    else if (state === "saving") shell.status("saved", waiting > 1 ? `Saving ${waiting}` : "Saving", "busy");
    else if (state === "offline") shell.status("saved", `Offline, ${waiting} waiting`, "warn");
    else if (state === "refused") shell.status("saved", `${waiting} not taken`, "error");
    else shell.status("saved", board.document.readOnly ? "Read only" : "Saved", "ok");
    if (reason !== told && (state === "offline" || state === "refused")) {
      const where = isLasting ? "What you draw is kept in this browser and sent later." : "Keep this page open: this browser keeps nothing when it is closed.";
      shell.status("message", `${reason} ${where}`, state === "refused" ? "error" : "warn");
    }
    told = state === "saved" ? "" : state === "saving" ? told : reason;
  };
  for (const event of ["saved", "open", "conflict"] as const) board.document.on(event, show);
  board.document.on("message", () => shell.status("message", board.document.message, "warn"));
  const stop = board.document.on("open", () => {
    if (!board.document.id) return;
    stop();
    void board.document.sendLeft(); // once a page
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
