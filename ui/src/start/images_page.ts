// The start page: the images of the project as pictures, to be opened with a click.
import type { Api, DocumentInfo, ImageInfo } from "../contracts";
import { h } from "../shell/dom";

interface Listed extends ImageInfo {
  /** State of what this person, or everybody together, drew in it. */
  status?: string;
}

type Head = Pick<DocumentInfo, "image" | "owner" | "study" | "status">;

const STATES: Record<string, string> = {
  not_started: "Not started",
  in_work: "In work",
  done: "Done",
  approved: "Approved",
  needs_work: "Needs work",
};
const FROM_HERE_A_FILTER = 8;

export function showImages(element: HTMLElement, api: Api): () => void {
  const leaving = new AbortController();
  element.append(h("div", { class: "cards", "aria-busy": "true" }, ...Array.from({ length: 4 }, placeholder)));
  listed(api, leaving.signal)
    .then((images) => element.replaceChildren(...(images.length > 0 ? filled(api, images) : [api.me?.role === "rater" ? onlyFields() : nothing()])))
    .catch((problem: Error) => {
      if (!leaving.signal.aborted) element.replaceChildren(failed(problem));
    });
  return () => leaving.abort();
}

async function listed(api: Api, signal: AbortSignal): Promise<Listed[]> {
  const heads = api.get<Head[]>("documents", signal).catch(() => []); // the images are shown all the same
  const images = await api.get<ImageInfo[]>("images", signal);
  const states = statesOf(await heads, api.me?.alias ?? "");
  return images.map((image) => ({ ...image, status: states.get(image.id) ?? "" }));
}

/** The state of each image: of one's own document, else of the shared one; studies have their own page. */
export function statesOf(heads: Head[], alias: string): Map<string, string> {
  const found = new Map<string, string>();
  const outside = heads.filter((head) => head.study === null);
  for (const head of outside) if (head.owner === null) found.set(head.image, head.status);
  for (const head of outside) if (head.owner === alias) found.set(head.image, head.status);
  return found;
}

function filled(api: Api, images: Listed[]): HTMLElement[] {
  const cards = images.map((image) => ({ card: card(api, image), text: words(image).join(" ").toLowerCase() }));
  const count = h("span", { class: "muted", role: "status" }, countText(images.length));
  const search = h("input", { type: "search", placeholder: "Name, condition or group", "aria-label": "Find images" });
  search.addEventListener("input", () => {
    const wanted = search.value.toLowerCase().split(/\s+/);
    for (const { card, text } of cards) card.hidden = !wanted.every((word) => text.includes(word));
    count.textContent = countText(cards.filter(({ card }) => !card.hidden).length);
  });
  const head = h("header", { class: "page-head" }, h("h1", {}, "Images"), count, images.length >= FROM_HERE_A_FILTER && search);
  return [head, h("div", { class: "cards" }, ...cards.map(({ card }) => card))];
}

function words(image: Listed): string[] {
  return [image.name, image.condition, image.group, STATES[image.status ?? ""] ?? ""];
}

function countText(count: number): string {
  return count === 1 ? "1 image" : `${count.toLocaleString("en")} images`;
}

function card(api: Api, image: Listed): HTMLElement {
  const id = encodeURIComponent(image.id);
  const picture = h("img", { src: api.url(`images/${id}/thumbnail`), alt: "", loading: "lazy" });
  const state = STATES[image.status ?? ""];
  const labels = [image.condition, image.group].filter((text) => text !== "");
  return h(
    "a",
    { class: "card", href: `#/image/${id}` },
    h("span", { class: "picture" }, picture),
    h("span", { class: "name" }, image.name),
    h("span", { class: "muted" }, factsText(image)),
    h("span", { class: "labels" }, ...labels.map((text) => h("span", { class: "label" }, text)),
      state ? h("span", { class: "label state", "data-state": image.status ?? "" }, state) : null),
  );
}

/** Size, planes and pixel size in one line; a size that is not known is said so. */
export function factsText(image: ImageInfo): string {
  const parts = [`${image.width} × ${image.height}`];
  if (image.n_z > 1) parts.push(`${image.n_z} planes`);
  if (image.n_t > 1) parts.push(`${image.n_t} times`);
  parts.push(image.spacing_um ? `${Number(image.spacing_um[1].toPrecision(3))} µm/px` : "no pixel size");
  return parts.join(" · ");
}

function placeholder(): HTMLElement {
  return h("div", { class: "card waiting" }, h("span", { class: "picture" }));
}

function nothing(): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("h1", {}, "No images yet"),
    h("p", { class: "muted" }, "Import them in a terminal, in the folder of the project, then reload this page:"),
    h("pre", {}, "nuclarium import FILES"),
  );
}

/** A rater of a blind study does not see its images in the list: their names would tell. */
function onlyFields(): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("h1", {}, "Nothing to open here"),
    h("p", { class: "muted" }, "Images of a study are opened as your fields, without their names."),
    h("a", { class: "button main", href: "#/fields" }, "My fields"),
  );
}

function failed(problem: Error): HTMLElement {
  const again = h("button", { class: "main", type: "button", onclick: () => location.reload() }, "Try again");
  return h("div", { class: "empty" }, h("h1", {}, "The images could not be listed"), h("p", {}, problem.message), again);
}
