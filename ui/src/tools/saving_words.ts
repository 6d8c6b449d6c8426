// What the page says of saving: in a word at the top, and in full where somebody has to know.
import type { Saving } from "../state/queue";

export interface SavingNow {
  state: Saving;
  waiting: number;
  reason: string;
  isLasting: boolean;
  /** Whose edits they are. */
  alias: string;
}

export interface Words {
  short: string;
  level: "ok" | "busy" | "warn" | "error";
  /** Said once; empty where there is nothing to say. */
  long: string;
}

export function savingWords(now: SavingNow): Words {
  const { state, waiting, reason, alias } = now;
  const [some, they, were] = waiting === 1 ? ["1 change", "it is", "was"] : [`${waiting} changes`, "they are", "were"];
  const kept = now.isLasting ? `${they} kept in this browser` : `${they} kept as long as this page is open`;
  const later = now.isLasting ? "What you draw is kept in this browser and sent later." : "Keep this page open: this browser keeps nothing when it is closed.";
  if (state === "saving") return { short: waiting > 1 ? `Saving ${waiting}` : "Saving", level: "busy", long: "" };
  if (state === "offline") return { short: `Offline, ${waiting} waiting`, level: "warn", long: `${reason} ${later}` };
  if (state === "refused") return { short: `${waiting} not taken`, level: "error", long: `${reason} ${later}` };
  if (state === "login") {
    const long = `${reason} Log in as ${alias} again to send ${some}: ${kept}, and nobody else's session sends ${waiting === 1 ? "it" : "them"}.`;
    return { short: `Log in again to send ${some}`, level: "error", long };
  }
  if (state === "shut") {
    const last = waiting === 1 ? "Your last change was" : `Your last ${some} ${were}`;
    const sent = waiting === 1 ? "is sent" : "are sent";
    const long = `${reason} ${last} not taken: ${kept}, and ${sent} as soon as the document is open to you again.`;
    return { short: `${some} not taken`, level: "error", long };
  }
  return { short: "Saved", level: "ok", long: "" };
}
