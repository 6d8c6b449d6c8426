// The frame around everything: pages by address, tools, panels, keys, messages.
import "./base.css";
import "./parts.css";
import type { Api, Command, DocumentState, Page, Panel, Shell, Tool, Viewer } from "../contracts";
import { ask, showHelp } from "./dialog";
import { h, icon } from "./dom";
import { isTaken, keyName } from "./keys";
import { type Places, createPlaces } from "./layout";
import { openStudio } from "./open";
import { matchPath } from "./router";
import { themeSwitch } from "./theme";
import { toast } from "./toast";

export interface Parts {
  api: Api;
  viewer: Viewer;
  document: DocumentState;
}

const HAND = "M8 12V6a1.5 1.5 0 0 1 3 0v5-6.500a1.500 1.500 0 0 1 3 0V11 6.500a1.500 1.500 0 0 1 3 0V14c0 4-2 7-6 7-3 0-4.500-1.500-6-4l-2-3.500c-.8-1.400 1-2.500 2-1.300L8 14";
/** Pages that are shown to people who are not logged in. */
const OPEN_PAGES = ["login", "invite/:token"];

export class StudioShell implements Shell {
  readonly places: Places;
  private readonly tools = new Map<string, { tool: Tool; button: HTMLElement }>();
  private readonly commands = new Map<string, Command>();
  private readonly pages: Page[] = [];
  private leave: (() => void) | null = null;
  private isStarted = false;

  constructor(private readonly parts: Parts) {
    this.places = createPlaces(parts.viewer.element);
    const help = h("button", { class: "quiet", type: "button", title: "All keys", "aria-label": "All keys", onclick: () => this.help() }, "?");
    this.places.corner.append(help, themeSwitch());
    this.addTool({ id: "move", name: "Move", key: "H", cursor: "grab", icon: HAND });
    this.addCommand({ id: "help", name: "List all keys", key: "?", group: "Studio", run: () => this.help() });
    addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => {
      if (this.isStarted) this.route(); // until it is known who is here, every page would look closed
    });
    addEventListener("theme", () => parts.viewer.redraw());
  }

  async start(): Promise<void> {
    document.body.append(this.places.root);
    try {
      await this.parts.api.refresh();
    } catch (problem) {
      this.status("message", (problem as Error).message, "error");
    }
    this.isStarted = true;
    this.useTool("move");
    this.route();
  }

  addTool(tool: Tool): void {
    const picture = tool.icon ? icon(tool.icon) : h("span", { class: "letter" }, tool.name.slice(0, 1));
    const title = tool.key ? `${tool.name} (${tool.key})` : tool.name;
    const button = h("button", { type: "button", class: "tool", title, "aria-label": title, "aria-pressed": "false", onclick: () => this.useTool(tool.id) }, picture);
    this.tools.set(tool.id, { tool, button });
    this.places.rail.append(button);
    const run = () => this.useTool(tool.id);
    this.addCommand({ id: `tool.${tool.id}`, name: tool.name, key: tool.key, group: "Tools", run });
  }

  useTool(id: string | null): void {
    const chosen = this.tools.get(id ?? "move");
    for (const { button } of this.tools.values()) button.setAttribute("aria-pressed", String(button === chosen?.button));
    this.parts.viewer.setTool(chosen && chosen.tool.id !== "move" ? chosen.tool : null);
    const panel = chosen?.tool.panel?.();
    this.places.options.hidden = !panel;
    this.places.options.replaceChildren(...(panel ? [h("h2", {}, chosen?.tool.name ?? ""), panel] : []));
  }

  addPanel(panel: Panel): void {
    const body = h("div", { class: "body", id: `panel-${panel.id}` }, panel.element);
    const key = `panel:${panel.id}`;
    const toggle = h("button", { type: "button", "aria-controls": body.id });
    const show = (isOpen: boolean) => {
      toggle.setAttribute("aria-expanded", String(isOpen));
      body.hidden = !isOpen;
    };
    toggle.append(panel.title);
    toggle.addEventListener("click", () => {
      show(body.hidden !== false);
      localStorage.setItem(key, body.hidden ? "shut" : "open");
    });
    show(localStorage.getItem(key) !== "shut");
    const section = h("section", { class: "panel" }, h("h2", {}, toggle), body);
    section.dataset["order"] = String(panel.order);
    const side = this.places[panel.side];
    side.hidden = false;
    const after = [...side.children].find((s) => Number((s as HTMLElement).dataset["order"]) > panel.order);
    side.insertBefore(section, after ?? null);
  }

  addCommand(command: Command): void {
    this.commands.set(command.id, command);
  }

  addPage(page: Page): void {
    this.pages.push(page);
  }

  title(text: string): void {
    this.places.title.textContent = text;
    document.title = `${text} · nuclarium`;
  }

  under(path: string): void {
    for (const link of this.places.menu.children) {
      const its = link.getAttribute("href");
      if (its === location.hash) link.setAttribute("aria-current", "page");
      else if (its === `#/${path}`) link.setAttribute("aria-current", "true"); // it, or a page below it
      else link.removeAttribute("aria-current");
    }
  }

  status(area: "saved" | "message", text: string, state: "ok" | "busy" | "warn" | "error" = "ok"): void {
    if (area === "message") return toast(this.places.toasts, text, state);
    this.places.saved.dataset["state"] = state;
    this.places.saved.textContent = text;
  }

  ask(question: string, choices: string[]): Promise<string> {
    return ask(question, choices);
  }

  private help(): void {
    showHelp(this.commands.values());
  }

  private pressed(event: KeyboardEvent): void {
    const name = keyName(event);
    if (event.defaultPrevented || isTaken(event.target, name) || document.querySelector("dialog[open]")) return;
    const isStudio = !this.places.studio.hidden;
    const claims = [...this.commands.values()].filter((c) => c.key === name && (c.when?.() ?? true));
    const command = claims.at(-1); // the latest to claim a key has it
    if (!command || (!isStudio && command.id !== "help")) return;
    event.preventDefault();
    command.run();
  }

  private route(): void {
    const { places, parts } = this;
    const hash = location.hash;
    const isOpen = OPEN_PAGES.some((path) => matchPath(path, hash));
    if (!parts.api.me && !isOpen) {
      location.hash = "#/login";
      return;
    }
    for (const dialog of document.querySelectorAll<HTMLDialogElement>(".help[open], .classes-dialog[open]")) dialog.close();
    this.leave?.();
    this.leave = null;
    this.showMenu();
    places.title.textContent = "";
    this.status("saved", "");
    const image = matchPath("image/:id", hash)?.["id"];
    const document_ = matchPath("document/:id", hash)?.["id"];
    const isStudio = image !== undefined || document_ !== undefined;
    places.studio.hidden = !isStudio;
    places.page.hidden = isStudio;
    if (isStudio) this.leave = openStudio(this.parts, this, image === undefined ? { document: document_ as string } : { image });
    else this.showPage(hash);
  }

  private showPage(hash: string): void {
    const element = h("div", { class: "content" });
    this.places.page.replaceChildren(element);
    for (const page of this.pages) {
      const parameters = matchPath(page.path, hash);
      if (!parameters) continue;
      document.title = `${page.title} · nuclarium`;
      this.leave = page.show(element, parameters) ?? null;
      return;
    }
    const home = h("a", { class: "button", href: "#/" }, "Go to the images");
    element.append(h("div", { class: "empty" }, h("h1", {}, "There is no such page"), home));
  }

  private showMenu(): void {
    const role = this.parts.api.me?.role;
    const entries = this.pages.filter((p) => p.menu && role && (p.menu.roles?.includes(role) ?? true));
    entries.sort((a, b) => (a.menu?.order ?? 0) - (b.menu?.order ?? 0));
    this.places.menu.replaceChildren(...entries.map((page) => h("a", { href: `#/${page.path}` }, page.menu?.name ?? "")));
    const shown = this.pages.find((page) => matchPath(page.path, location.hash));
    this.under(shown?.under ?? shown?.path ?? "");
    this.places.corner.querySelector(".person")?.remove();
    const me = this.parts.api.me;
    if (me && !me.single_user) this.places.corner.append(this.person(me.name));
  }

  private person(name: string): HTMLElement {
    const leave = async () => {
      await this.parts.api.post("logout");
      await this.parts.api.refresh();
      location.hash = "#/login";
    };
    const button = h("button", { type: "button", class: "quiet", onclick: () => void leave() }, "Log out");
    return h("span", { class: "person" }, h("span", { class: "name" }, name), button);
  }
}

export function createShell(parts: Parts): StudioShell {
  return new StudioShell(parts);
}
