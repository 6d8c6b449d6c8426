// The consensus of a study: its page, and the nuclei that are disputed most, to be decided by a senior.
import type { Studio } from "../contracts";
import { startConsensus } from "./consensus_parts";
import { disputes } from "./disputes";
import { empty, h, showLoaded } from "./dom";
import type { Board, ConsensusState, Disputed } from "./values";

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
