// Log in, and take an invitation: two small forms.
import type { Api } from "../contracts";
import { h } from "../shell/dom";

const LEAST_PASSWORD = 10;

/** `entered` is called when somebody is logged in. */
export function showLogin(element: HTMLElement, api: Api, entered: () => void): void {
  const name = field("Name", { autocomplete: "username", required: true, autofocus: true });
  const password = field("Password", { type: "password", autocomplete: "current-password", required: true });
  const send = async () => {
    await api.post("login", { name: name.input.value, password: password.input.value });
    await api.refresh();
    entered();
  };
  element.append(form(api, "Log in", [name, password], send, "An account comes with an invitation: ask an administrator for a link."));
  name.input.focus();
}

export function showInvitation(element: HTMLElement, api: Api, token: string): void {
  const name = field("Name", { autocomplete: "username", required: true, maxlength: 80 });
  const rule = { type: "password", autocomplete: "new-password", required: true, minlength: LEAST_PASSWORD };
  const password = field(`Password, at least ${LEAST_PASSWORD} characters`, rule);
  const send = () => api.post("invitations/accept", { token, name: name.input.value, password: password.input.value });
  element.append(form(api, "Welcome", [name, password], send, "Choose the name that others will see, and a password."));
  name.input.focus();
}

interface Field {
  element: HTMLElement;
  input: HTMLInputElement;
}

function field(name: string, attributes: Record<string, unknown>): Field {
  const input = h("input", attributes);
  return { element: h("label", { class: "field" }, h("span", {}, name), input), input };
}

function form(api: Api, title: string, fields: Field[], send: () => Promise<unknown>, note: string): HTMLElement {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { class: "main", type: "submit" }, title === "Welcome" ? "Create the account" : title);
  const element = h("form", { class: "entrance" }, h("h1", {}, title), h("p", { class: "muted" }, note), ...fields.map((f) => f.element), problem, button);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    void enter(api, send)
      .catch((refusal: Error) => (problem.textContent = refusal.message))
      .finally(() => (button.disabled = false));
  });
  return element;
}

/** Send the form; an invitation may leave the person to log in, with what was just chosen. */
async function enter(api: Api, send: () => Promise<unknown>): Promise<void> {
  await send();
  const me = await api.refresh();
  location.hash = me ? "#/" : "#/login";
}
