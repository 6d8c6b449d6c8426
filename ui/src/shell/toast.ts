// Short messages above the strip; mistakes stay until they are closed.
import { h } from "./dom";

const SHOWN_MS = 5000;
const MOST = 3;

export function toast(place: HTMLElement, text: string, state: string): void {
  for (const old of place.children) if (old.firstChild?.textContent === text) old.remove();
  if (!text) return;
  const element = h("div", { class: "toast" }, h("span", {}, text));
  element.dataset["state"] = state;
  const close = () => element.remove();
  element.append(h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "×"));
  place.append(element);
  while (place.children.length > MOST) place.firstChild?.remove();
  if (state !== "error") setTimeout(close, SHOWN_MS);
}
