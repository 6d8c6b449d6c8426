// Who takes part in a study: raters join and leave while it runs.
import type { Studio } from "../contracts";
import { fill, h, tried, type Child } from "./dom";
import { choice } from "./parts";
import type { Board, Person } from "./values";

export function joinCard(studio: Studio, board: Board, people: Person[], said: HTMLElement, again: () => void): HTMLElement {
  const active = new Set(board.raters_list.filter((rater) => rater.active).map((rater) => rater.alias));
  const others = people.filter((person) => person.active && person.role !== "viewer" && !active.has(person.alias));
  const into = new Set<string>();
  const join = h("button", {
    type: "button",
    disabled: true,
    onclick: () => void tried(said, async () => {
      await studio.api.post(`studies/${board.id}/raters`, { raters: [...into] });
      again();
    }),
  }, "Add them");
  const list = h("ul", { class: "checks" });
  fill(list, others.map((person) => h("li", {}, choice("checkbox", "join", `${person.alias} · ${person.name}`, false, (is) => {
    if (is) into.add(person.alias);
    else into.delete(person.alias);
    join.disabled = into.size === 0;
  }))));
  return h(
    "section",
    { class: "part" },
    h("h2", {}, "Add raters"),
    h("p", { class: "hint" }, "They get fields that have too few raters first. What others have stays as it is."),
    others.length ? [list, join] : h("p", { class: "muted" }, "Everybody who may draw takes part. ", h("a", { href: "#/people" }, "Invite people")),
    leaveRow(studio, board, said, again),
  );
}

function leaveRow(studio: Studio, board: Board, said: HTMLElement, again: () => void): Child {
  const active = board.raters_list.filter((rater) => rater.active);
  if (!active.length) return null;
  const who = h("select", { "aria-label": "Rater who leaves" }, active.map((rater) => h("option", { value: rater.alias }, rater.alias)));
  const leave = async (): Promise<void> => {
    const sure = await studio.shell.ask(`Let ${who.value} leave this study? What ${who.value} drew stays; open fields go to the next who joins.`, ["Let them leave", "Cancel"]);
    if (sure !== "Let them leave") return;
    await tried(said, async () => {
      await studio.api.post(`studies/${board.id}/raters/${who.value}/withdraw`);
      again();
    });
  };
  return h("details", {}, h("summary", {}, "Somebody leaves"), h("div", { class: "row" }, who, h("button", { type: "button", onclick: () => void leave() }, "Let them leave")));
}
