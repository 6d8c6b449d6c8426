// In the wizard: in which fields nothing is suggested, and a model that makes suggestions there.
import { follow } from "../assist/jobs";
import type { RunningJob } from "../assist/parts";
import type { Studio } from "../contracts";
import { failure, fill, h } from "./dom";

export interface FieldWish {
  image: string;
  box: unknown;
}

interface Unsuggested {
  sentence: string;
  images: string[];
  fields: number;
}

export interface Offer {
  element: HTMLElement;
  /** Look again: these fields, or none where no arm shows suggestions. */
  ask(fields: FieldWish[]): void;
}

export function suggestionOffer(studio: Studio): Offer {
  const element = h("div", { class: "offer", "aria-live": "polite" });
  let fields: FieldWish[] = [];
  let asked = 0;
  let isRunning = false;
  const look = async (): Promise<void> => {
    const mine = ++asked;
    if (!fields.length) return fill(element);
    try {
      const found = await studio.api.post<Unsuggested>("studies/unsuggested", { fields });
      if (mine === asked && !isRunning) fill(element, found.sentence ? note(found) : null);
    } catch (problem) {
      if (mine === asked) fill(element, failure(problem));
    }
  };
  const note = (found: Unsuggested): HTMLElement => {
    const words = `Let a model suggest nuclei in ${found.fields === 1 ? "this field" : `these ${found.fields} fields`}`;
    return h("div", { class: "note", role: "note" }, h("p", {}, found.sentence), h("button", { type: "button", onclick: () => void run() }, words));
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      const job = await studio.api.post<RunningJob>("studies/suggest", { fields });
      const meter = h("progress", { max: 1, value: 0, "aria-label": "How far the suggestions are" });
      const said = h("span", {}, job.message);
      const following = follow(studio.api, job, (now) => {
        meter.value = now.progress;
        said.textContent = now.message;
      });
      fill(element, h("div", { class: "note row" }, meter, said, h("button", { type: "button", onclick: () => following.cancel() }, "Cancel")));
      const over = await following.done;
      studio.shell.status("message", over.state === "done" ? `${over.message}.` : over.message, over.state === "done" ? "ok" : "warn");
    } catch (problem) {
      studio.shell.status("message", (problem as Error).message, "error");
    } finally {
      isRunning = false;
      await look();
    }
  };
  return {
    element,
    ask: (wanted) => {
      fields = wanted;
      if (!isRunning) void look();
    },
  };
}
