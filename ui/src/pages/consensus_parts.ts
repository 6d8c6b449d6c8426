// Starting a consensus, waiting for it, and what it says in short.
import type { Job, Studio } from "../contracts";
import { fill, h, table, tried } from "./dom";
import type { Board, ConsensusState } from "./values";

const ASK_EVERY_MS = 700;

export function startConsensus(studio: Studio, study: string, button: HTMLButtonElement, said: HTMLElement, done: () => void): Promise<void> {
  return tried(said, async () => {
    button.disabled = true;
    try {
      const started = await studio.api.post<Job & { id: string }>(`studies/${study}/consensus`);
      await finished(studio, started.id, said);
      done();
    } finally {
      button.disabled = false;
    }
  });
}

/** Waits for a job and says how far it is; what failed is thrown with the server's sentence. */
export async function finished(studio: Studio, id: string, said: HTMLElement): Promise<Job> {
  const meter = h("progress", { max: 1, value: 0 });
  const words = h("span", {}, "Waiting …");
  fill(said, h("div", { class: "note row" }, meter, words));
  for (;;) {
    const job = await studio.api.get<Job>(`jobs/${id}`);
    meter.value = job.progress;
    words.textContent = job.message || "Working …";
    if (job.state === "failed") throw new Error(job.message);
    if (job.state === "done") {
      fill(said);
      return job;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

export function agreementCard(board: Board, state: ConsensusState): HTMLElement {
  const card = (...children: HTMLElement[]): HTMLElement => h("section", { class: "part" }, h("h2", {}, "Agreement"), ...children);
  if (!state.ready) {
    const words = board.done
      ? "Press “Make the consensus” to measure agreement and find the truth. It can be repeated at any time while people draw."
      : "Agreement can be measured as soon as raters have finished fields.";
    return card(h("p", { class: "muted" }, words));
  }
  const finest = state.agreement.filter((one) => one.level === state.agreement[0]?.level);
  const rows = finest.map((one) => [one.version, one.coefficient, shown(one.value), interval(one.low, one.high)]);
  const right = (text: string) => ({ text, class: "number" });
  return card(
    rows.length ? table(["Of", "Coefficient", right("Value"), right("95 %")], rows) : h("p", { class: "muted" }, "There are too few answers to measure it."),
    state.stale ? h("p", { class: "hint" }, "People drew since it was made: make it again to count that too.") : h("span", {}),
    h("p", {}, h("a", { class: "button", href: `#/study/${board.id}/consensus` }, "Look at the consensus")),
  );
}

function shown(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? "–" : `${low.toFixed(2)} to ${high.toFixed(2)}`;
}

