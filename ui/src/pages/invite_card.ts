// Links that invite: a new one, and those that nobody used yet.
import type { Role, Studio } from "../contracts";
import { day, fill, h, table, tried } from "./dom";
import { labelled } from "./parts";
import { ROLES } from "./values";

interface Invitation {
  id: string;
  role: Role;
  group: string;
  by: string;
  expires: string;
}

export function inviteCard(studio: Studio): HTMLElement {
  const open = h("div", { "aria-live": "polite" });
  const revoked = (id: string): void => {
    if (made.dataset["id"] === id) fill(made); // its link is of no use any more
  };
  const role = h("select", {}, ROLES.map(([value, words]) => h("option", { value, selected: value === "rater" }, words)));
  const group = h("input", { type: "text", maxlength: 100, placeholder: "such as pathologists" });
  const made = h("div", { "aria-live": "polite" });
  const invite = (): Promise<void> =>
    tried(made, async () => {
      const { id, link } = await studio.api.post<{ id: string; link: string }>("invitations", { role: role.value, group: group.value.trim() });
      fill(made, shownLink(new URL(link, location.href).href));
      made.dataset["id"] = id;
      await list(studio, open, revoked);
    });
  void tried(open, () => list(studio, open, revoked));
  return h(
    "form",
    { class: "part", onsubmit: (event) => { event.preventDefault(); void invite(); } },
    h("h2", {}, "Invite somebody"),
    labelled("Role", role),
    labelled("Group", group, "Agreement can be told for each group."),
    h("div", { class: "row" }, h("button", { type: "submit", class: "main" }, "Make a link")),
    made,
    open,
  );
}

/** Links that were sent and that nobody used yet. */
async function list(studio: Studio, open: HTMLElement, revoked: (id: string) => void): Promise<void> {
  const found = await studio.api.get<Invitation[]>("invitations");
  const said = h("div", { "aria-live": "polite" });
  const revoke = (one: Invitation): Promise<void> =>
    tried(said, async () => {
      await studio.api.post(`invitations/${one.id}/revoke`);
      revoked(one.id);
      await list(studio, open, revoked);
    });
  const rows = found.map((one) => {
    const name = [one.role, one.group].filter(Boolean).join(", ");
    const label = `Revoke the invitation of a ${name} that ends ${day(one.expires)}`;
    return [one.role, one.group, one.by, day(one.expires), h("button", { type: "button", class: "link", "aria-label": label, onclick: () => void revoke(one) }, "Revoke")];
  });
  if (rows.length === 0) return fill(open);
  fill(open, h("h3", {}, "Links that nobody used yet"), said, h("div", { class: "scroll" }, table(["Role", "Group", "By", "Until", ""], rows)));
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
