// The consensus of a study: its page, and the nuclei that are disputed most, to be decided by a senior.
import type { Studio } from "../contracts";
import { startConsensus } from "./consensus_parts";
import { count, empty, fill, h, showLoaded, table, tried, type Child } from "./dom";
import { jumpTo } from "./jump";
import type { Board, ConsensusState, Disputed } from "./values";

const SHOWN = 100;

export function showConsensus(studio: Studio, element: HTMLElement, id: string): () => void {
  return showLoaded(element, async (signal, again) => {
    const [board, state] = await Promise.all([
      studio.api.get<Board>(`studies/${id}`, signal),
      studio.api.get<ConsensusState>(`studies/${id}/consensus`, signal),
    ]);
    const said = h("div", { "aria-live": "polite" });
    const make = h("button", { type: "button", class: "main", onclick: () => void startConsensus(studio, id, make, said, again) }, state.ready ? "Make it again" : "Make the consensus");
    const crumb = h("p", { class: "crumb" }, h("a", { href: "#/studies" }, "Studies"), " / ", h("a", { href: `#/study/${id}` }, board.name));
    const title = h("div", { class: "row spread" }, h("h1", {}, "Consensus"), state.ready ? make : null);
    if (!state.ready) {
      return [crumb, title, said, empty("There is no consensus yet", board.done ? "It measures how well raters agree, finds one truth of all answers, and names the nuclei that are disputed most. It takes seconds to minutes." : "It needs fields that raters have finished: none is yet.", board.done ? make : null)];
    }
    const disputed = await studio.api.get<Disputed[]>(`studies/${id}/disputed`, signal);
    const frame = h("iframe", { class: "report", title: `Consensus of ${board.name}`, src: studio.api.url(`studies/${id}/consensus/index.html`), sandbox: "allow-scripts allow-popups allow-downloads" });
    return [
      crumb,
      title,
      said,
      state.stale ? h("p", { class: "note" }, "People drew since this was made. Make it again to count that too.") : null,
      disputes(studio, board, disputed),
      h("section", { class: "part wide" }, h("div", { class: "row spread" }, h("h2", {}, "The page"), h("a", { href: studio.api.url(`studies/${id}/consensus/index.html`), target: "_blank", rel: "noopener" }, "Open it alone")), frame, files(studio, id, state)),
    ];
  });
}

function files(studio: Studio, id: string, state: ConsensusState): HTMLElement {
  return h("p", { class: "row muted" }, "Tables: ", state.files.map((name) => h("a", { href: studio.api.url(`studies/${id}/consensus/${name}`), download: name }, name)));
}

function disputes(studio: Studio, board: Board, disputed: Disputed[]): HTMLElement {
  const open = disputed.filter((one) => !one.adjudicated).length;
  if (!disputed.length) {
    return h("section", { class: "part wide" }, h("h2", {}, "Disputed nuclei"), h("p", { class: "muted" }, "Raters agree on every nucleus: there is nothing to decide."));
  }
  const said = h("div", {});
  const right = (text: string) => ({ text, class: "number" });
  return h(
    "section",
    { class: "part wide" },
    h("h2", {}, "Disputed nuclei ", h("small", { class: "muted" }, `${count(open, "nucleus", "nuclei")} to decide, those first whose answer adds the most`)),
    said,
    h("div", { class: "scroll tall" }, table(["Nucleus", right("Field"), "Answer of most", right("Sure"), "Second", right("Disagree"), right("Answers"), "Decision of a senior", ""], disputed.slice(0, SHOWN).map((one) => row(studio, board, one, said)))),
    disputed.length > SHOWN ? h("p", { class: "muted" }, `${disputed.length - SHOWN} more are in disputed.csv.`) : null,
  );
}

function row(studio: Studio, board: Board, one: Disputed, said: HTMLElement): Child[] {
  const decided = h("span", { class: "muted" }, one.adjudicated ? `by ${one.adjudicated.by}` : "");
  const choice = h("select", { "aria-label": `Decision on nucleus ${one.item}` }, h("option", { value: "" }, "not decided"), [...one.choices, "undetected"].map((label) => h("option", { value: label, selected: one.adjudicated?.label === label }, label === "undetected" ? "no nucleus" : label)));
  choice.addEventListener("change", () => void tried(said, async () => {
    await studio.api.post(`studies/${board.id}/adjudications`, { item: one.item, label: choice.value });
    fill(decided, choice.value ? `by ${studio.api.me?.alias ?? "you"}` : "");
  }));
  const look = h("button", { type: "button", class: "link", onclick: () => void tried(said, async () => {
    const { document } = await studio.api.post<{ document: string }>(`studies/${board.id}/adjudications/open`, { item: one.item });
    jumpTo(document, one.box);
  }) }, "Look");
  return [
    h("code", {}, one.item),
    one.number,
    one.label === "undetected" ? "no nucleus" : one.label,
    one.confidence === null ? "–" : `${Math.round(100 * one.confidence)} %`,
    h("span", { class: "muted" }, one.second === "undetected" ? "no nucleus" : one.second),
    one.disagreement === null ? "–" : `${Math.round(100 * one.disagreement)} %`,
    one.n_answers,
    h("span", { class: "row" }, choice, decided),
    look,
  ];
}
