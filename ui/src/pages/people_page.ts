// People: who takes part, in which role, and links that invite more.
import type { Role, Studio } from "../contracts";
import { fill, h, showLoaded, table, tried, type Child } from "./dom";
import { labelled } from "./parts";
import type { Person } from "./values";

const ROLES: [Role, string][] = [
  ["admin", "Admin: all, people too"],
  ["senior", "Senior: studies, review, decisions"],
  ["rater", "Rater: own fields"],
  ["viewer", "Viewer: looks only"],
];

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

function inviteCard(studio: Studio): HTMLElement {
  const role = h("select", {}, ROLES.map(([value, words]) => h("option", { value, selected: value === "rater" }, words)));
  const group = h("input", { type: "text", maxlength: 100, placeholder: "such as pathologists" });
  const made = h("div", { "aria-live": "polite" });
  const invite = (): Promise<void> =>
    tried(made, async () => {
      const { link } = await studio.api.post<{ link: string }>("invitations", { role: role.value, group: group.value.trim() });
      fill(made, shownLink(new URL(link, location.href).href));
    });
  return h(
    "form",
    { class: "part", onsubmit: (event) => { event.preventDefault(); void invite(); } },
    h("h2", {}, "Invite somebody"),
    labelled("Role", role),
    labelled("Group", group, "Agreement can be told for each group."),
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, "Make a link")),
    made,
  );
}

function shownLink(link: string): HTMLElement {
  const field = h("input", { type: "text", readonly: true, value: link, "aria-label": "Link of the invitation", onfocus: () => field.select() });
  const copied = h("span", { class: "muted" });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      copied.textContent = "Copied.";
    } catch {
      field.select();
      copied.textContent = "Press Ctrl+C.";
    }
  };
  return h("div", { class: "note" }, h("p", {}, "Send this link to one person. It makes one account, once."), field, h("div", { class: "row" }, h("button", { type: "button", onclick: () => void copy() }, "Copy"), copied));
}
