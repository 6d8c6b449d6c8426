// The strip of whoever works on a field of a study: which one it is, done and next; it keeps the time.
import type { Studio } from "../contracts";
import { showFeedback } from "./feedback";
import { openField } from "./fields_page";
import { fill, h, sentence } from "./dom";
import { chip } from "./parts";
import { TaskClock } from "./task_clock";
import { FINISHED, nextField, type OwnField, type Status } from "./values";

const SEND_EVERY_MS = 60_000;
const MOVES = ["pointerdown", "pointermove", "wheel", "keydown"] as const;

interface Work {
  document: string;
  fields: OwnField[];
  field: OwnField;
  unsent: number /* seconds on task that the server has not got yet */;
}

export function installWorkStrip(studio: Studio): void {
  const strip = h("div", { class: "work-strip", role: "region", "aria-label": "This field of the study", hidden: true });
  studio.viewer.element.closest(".stage")?.after(strip); // below the image, never over it
  const clock = new TaskClock();
  let work: Work | null = null;

  let line: Promise<void> = Promise.resolve(); // one after the other: what was said last holds
  const send = (status: Status, still: (now: Work) => boolean = () => true): Promise<void> => {
    const now = work;
    if (!now) return Promise.resolve();
    now.unsent += clock.take(Date.now());
    const sent = line.then(async () => {
      if (!still(now)) return;
      const seconds = now.unsent;
      now.unsent = 0;
      try {
        await studio.api.post(`documents/${now.document}/status`, { status, seconds });
        now.field.status = status;
      } catch (problem) {
        now.unsent += seconds;
        studio.shell.status("message", sentence(problem), "error");
        throw problem;
      }
    });
    line = sent.catch(() => undefined);
    return sent;
  };
  const keepTime = (): void => {
    if (!work || FINISHED.has(work.field.status)) return;
    const isBegun = work.field.status === "not_started"; // it is work from now on, and the strip says so
    const status = isBegun ? "in_work" : work.field.status;
    void send(status, (now) => !FINISHED.has(now.field.status)).then(isBegun ? draw : undefined, () => undefined);
  };
  const close = (): void => {
    keepTime();
    clock.pause(Date.now());
    work = null;
    strip.hidden = true;
  };
  const draw = (): void => {
    if (work) fill(strip, ...buttons(work));
  };

  function buttons(now: Work): Node[] {
    const done = FINISHED.has(now.field.status);
    const next = nextField(now.fields, now.field.task);
    const finish = h("button", { type: "button", class: "main", onclick: () => void finished(now) }, next ? "Done, next field" : "Done");
    const again = h("button", { type: "button", onclick: () => void send("in_work").then(draw, () => undefined) }, "Work on it again");
    const onward = next ? h("button", { type: "button", class: "main", onclick: () => void openField(studio, next) }, `Field ${next.number}`) : h("a", { class: "button main", href: "#/fields" }, "My fields");
    return [
      h("strong", {}, `Field ${now.field.number} of ${now.field.of}`),
      chip(now.field.status),
      ...(now.field.review && now.field.status === "needs_work" ? [h("q", { class: "reason", title: now.field.review.reason }, now.field.review.reason)] : []),
      ...(done ? [now.field.status === "done" ? again : h("span", {}), onward] : [finish]),
    ];
  }

  async function finished(now: Work): Promise<void> {
    try {
      await send("done");
    } catch {
      return;
    }
    draw();
    if (now.field.feedback && (await showFeedback(studio, now.document))) return;
    const next = nextField(now.fields, now.field.task);
    if (next) await openField(studio, next);
    else location.hash = "#/fields";
  }

  studio.document.on("open", () => {
    const info = studio.document.info;
    if (work?.document === studio.document.id) return;
    close();
    if (!info?.study || info.owner !== studio.api.me?.alias) return;
    fill(strip);
    strip.hidden = false; // at once, so that the image changes its size before it is seen
    void begin(info.id);
  });

  async function begin(document: string): Promise<void> {
    const fields = await studio.api.get<OwnField[]>("my/fields").catch(() => []);
    const field = fields.find((one) => one.document === document);
    if (studio.document.id !== document) return;
    strip.hidden = !field;
    if (!field) return;
    work = { document, fields: fields.filter((one) => one.study.id === field.study.id), field, unsent: 0 };
    clock.active(Date.now());
    studio.shell.title(`${field.study.name}: field ${field.number} of ${field.of}`); // a name would tell what comes again
    draw();
    markReason(studio, field);
  }

  studio.document.on("change", () => {
    if (work?.field.status === "not_started" && studio.document.revision > 0) void send("in_work", isUntouched).then(draw, () => undefined);
  });
  for (const kind of MOVES) addEventListener(kind, () => { if (work) clock.active(Date.now()); }, { passive: true, capture: true });
  addEventListener("hashchange", () => { if (work && !location.hash.includes(work.document)) close(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      clock.pause(Date.now());
      keepTime();
    }
  });
  setInterval(keepTime, SEND_EVERY_MS);
  studio.shell.addCommand({
    id: "study.done",
    name: "This field is done; go to the next",
    key: "Ctrl+Enter",
    group: "Studies",
    run: () => { if (work && !FINISHED.has(work.field.status)) void finished(work); },
  });
}

function isUntouched(now: Work): boolean {
  return now.field.status === "not_started";
}

function markReason(studio: Studio, field: OwnField): void {
  const mark = field.status === "needs_work" ? field.review?.mark : null;
  showMark(studio, mark ?? null);
  const { x, y, width, height, scale } = studio.viewer.view;
  const isSeen = mark && mark[0] > x && mark[1] > y && mark[0] < x + width / scale && mark[1] < y + height / scale;
  if (mark && !isSeen) studio.viewer.goTo(mark[0], mark[1]);
}

/** A ring with a cross on the spot that a review is about. */
export function showMark(studio: Studio, mark: [number, number] | null): void {
  studio.viewer.removeOverlay("review-mark");
  if (!mark) return;
  studio.viewer.addOverlay({
    id: "review-mark",
    order: 90,
    visible: true,
    draw(ctx, view) {
      const x = (mark[0] - view.x) * view.scale;
      const y = (mark[1] - view.y) * view.scale;
      for (const [width, colour] of [[5, "#000"], [2.5, "#ffd84d"]] as const) {
        ctx.lineWidth = width;
        ctx.strokeStyle = colour;
        ctx.beginPath();
        ctx.arc(x, y, 14, 0, 2 * Math.PI);
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
          ctx.moveTo(x + 9 * dx, y + 9 * dy);
          ctx.lineTo(x + 21 * dx, y + 21 * dy);
        }
        ctx.stroke();
      }
    },
  });
}
