// The panel of a senior in the studio: approve, or send back with a reason and a mark on the spot.
import type { Studio, Tool } from "../contracts";
import { fill, h, tried, type Child } from "./dom";
import { chip } from "./parts";
import { isLead, type ReviewItem, type Status, type Step } from "./values";
import { showMark } from "./work_strip";

const MARK = "Mark for a review";

export function installReviewPanel(studio: Studio): void {
  const element = h("div", { class: "review-panel" });
  studio.shell.addPanel({ id: "review", title: "Review", side: "right", element, order: -10 });
  const section = (): HTMLElement | null => element.closest<HTMLElement>(".panel");
  const hide = (is: boolean): void => {
    const panel = section();
    if (panel) panel.hidden = is;
    const button = document.querySelector<HTMLElement>(`.tool[aria-label="${MARK}"]`);
    if (button?.ariaPressed === "true" && is) studio.shell.useTool("move");
    if (button) button.hidden = is;
  };
  hide(true);
  let mark: [number, number] | null = null;
  let drawMark: () => void = () => undefined;
  const place = markTool((x, y) => {
    mark = [x, y];
    showMark(studio, mark);
    drawMark();
    studio.shell.useTool("move");
  });
  let hasTool = false;

  const leave = (): void => {
    fill(element); // nothing of one document may be said of the next
    hide(true);
  };
  addEventListener("hashchange", leave);

  studio.document.on("open", () => {
    fill(element);
    mark = null;
    showMark(studio, null);
    const info = studio.document.info;
    const own = info?.owner === studio.api.me?.alias;
    if (!info?.study || own || !isLead(studio.api.me?.role)) return hide(true);
    hide(false);
    if (!hasTool) studio.shell.addTool(place);
    hasTool = true;
    void show(info.id, info.status as Status);
  });

  async function show(document: string, status: Status): Promise<void> {
    const steps = await studio.api.get<Step[]>(`documents/${document}/states`).catch(() => []);
    if (studio.document.id !== document) return;
    const last = steps.at(-1);
    if (last?.mark) showMark(studio, last.mark);
    const said = h("div", { "aria-live": "polite" });
    const reason = h("textarea", { rows: 3, maxlength: 2000, placeholder: "What should be looked at again?", "aria-label": "Reason" });
    const spot = h("span", { class: "muted" });
    const forget = h("button", { type: "button", class: "link", onclick: () => { mark = null; showMark(studio, null); drawMark(); } }, "Remove");
    drawMark = () => {
      spot.textContent = mark ? `Mark at ${mark[0].toFixed(0)}, ${mark[1].toFixed(0)}` : "No mark";
      forget.hidden = !mark;
    };
    drawMark();
    const judge = (state: "approved" | "needs_work"): Promise<void> =>
      tried(said, async () => {
        await studio.api.post(`documents/${document}/review`, { state, reason: state === "needs_work" ? reason.value.trim() : "", mark });
        await next(studio, document, leave, () => void show(document, state));
      });
    const open = status === "done" || status === "approved" || status === "needs_work";
    fill(
      element,
      h("div", { class: "row spread" }, chip(status), h("span", { class: "muted" }, studio.document.info?.owner ?? "")),
      open
        ? [
            status === "approved" ? null : h("button", { type: "button", class: "main", onclick: () => void judge("approved") }, "Approve, next"),
            status === "needs_work"
              ? null
              : h(
                  "form",
                  { class: "stack", onsubmit: (event) => { event.preventDefault(); void judge("needs_work"); } },
                  reason,
                  h("div", { class: "row" }, h("button", { type: "button", onclick: () => studio.shell.useTool("review-mark") }, "Mark the spot"), spot, forget),
                  h("button", { type: "submit" }, "Needs work, next"),
                ),
          ].flat()
        : h("p", { class: "muted" }, "It is not done yet: it can be reviewed once its rater says so."),
      said,
      ...stepsList(studio, steps),
      h("a", { href: "#/review" }, "All reviews"),
    );
  }
}

async function next(studio: Studio, after: string, leave: () => void, stay: () => void): Promise<void> {
  const queue = await studio.api.get<ReviewItem[]>("review");
  const waiting = queue.find((item) => item.status === "done" && item.document !== after);
  if (waiting) {
    leave();
    location.hash = `#/document/${waiting.document}`;
  } else {
    studio.shell.status("message", "Nothing more waits for a review.", "ok");
    stay();
  }
}

function stepsList(studio: Studio, steps: Step[]): Child[] {
  const told = steps.filter((step, i) => step.status !== steps[i - 1]?.status);
  if (!told.length) return [];
  return [
    h(
      "ol",
      { class: "history" },
      told.reverse().map((step) =>
        h(
          "li",
          {},
          chip(step.status),
          h("span", { class: "muted" }, ` ${step.by}, ${step.stored.slice(0, 16).replace("T", " ")}`),
          step.reason ? h("p", {}, step.reason) : null,
          step.mark ? h("button", { type: "button", class: "link", onclick: () => { showMark(studio, step.mark); studio.viewer.goTo(step.mark?.[0] ?? 0, step.mark?.[1] ?? 0); } }, "Show the spot") : null,
        ),
      ),
    ),
  ];
}

function markTool(placed: (x: number, y: number) => void): Tool {
  return {
    id: "review-mark",
    name: MARK,
    key: "",
    cursor: "crosshair",
    icon: "M12 3v5M12 16v5M3 12h5M16 12h5M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10",
    down: (p) => placed(Math.round(p.x * 10) / 10, Math.round(p.y * 10) / 10),
  };
}

