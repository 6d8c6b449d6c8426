// People: who takes part, in which role, and links that invite more.
import type { Studio } from "../contracts";
import { h, showLoaded, table, tried, type Child } from "./dom";
import { inviteCard } from "./invite_card";
import { ROLES, type Person } from "./values";

export function showPeople(studio: Studio, element: HTMLElement): () => void {
  return showLoaded(element, async (signal, again) => {
    const people = await studio.api.get<Person[]>("users", signal);
    const said = h("div", { "aria-live": "polite" });
    const admin = studio.api.me?.role === "admin";
    const alone = people.length < 2;
    const single = studio.api.me?.single_user === true;
    return [
      h("h1", {}, "People"),
      said,
      h(
        "div",
        { class: "two" },
        h(
          "section",
          { class: "part" },
          h("h2", {}, alone ? "You are alone here" : `${people.length} people`),
          alone && !single ? h("p", { class: "muted" }, "Send somebody a link to take part. Every name stays here: data carry aliases such as R1.") : null,
          h("div", { class: "scroll" }, table(["Alias", "Name", "Role", "Group", ""], people.map((person) => row(studio, person, admin, said, again)))),
        ),
        single ? accountsCard() : admin ? inviteCard(studio) : null,
      ),
    ];
  });
}

function row(studio: Studio, person: Person, admin: boolean, said: HTMLElement, again: () => void): Child[] {
  const change = (values: object): Promise<void> =>
    tried(said, async () => {
      await studio.api.patch(`users/${encodeURIComponent(person.alias)}`, values);
      again();
    }).then(() => {
      if (said.childElementCount) again();
    });
  const role = h("select", { "aria-label": `Role of ${person.alias}`, disabled: !admin || !person.active }, ROLES.map(([value]) => h("option", { value, selected: value === person.role }, value)));
  role.addEventListener("change", () => void change({ role: role.value }));
  const group = h("input", { type: "text", value: person.group, maxlength: 100, size: 10, "aria-label": `Group of ${person.alias}`, disabled: !admin });
  group.addEventListener("change", () => void change({ group: group.value.trim() }));
  const me = studio.api.me?.alias === person.alias;
  return [
    h("strong", {}, person.alias),
    h("span", {}, person.name, me ? h("small", { class: "muted" }, " you") : null, person.active ? null : h("small", { class: "muted" }, " may not log in")),
    role,
    group,
    admin && !me ? h("button", { type: "button", class: "link", onclick: () => void change({ active: !person.active }) }, person.active ? "Lock out" : "Let in again") : null,
  ];
}

/** One person without log-in can invite nobody: says how others can come. */
function accountsCard(): HTMLElement {
  return h("section", { class: "part" },
    h("h2", {}, "With others"),
    h("p", {}, "The studio was started for one person. To invite others, end it and start it with accounts; what is drawn stays:"),
    h("pre", {}, "nuclarium annotate PROJECT --accounts"));
}
