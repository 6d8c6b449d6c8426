// Light, dark, or as the system says; kept in the browser.
import { h, icon } from "./dom";

const SUN = "M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6 4.6 4.6M19.4 19.4 18 18M6 18l-1.4 1.4M19.4 4.6 18 6M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8";
const MOON = "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.500 10.500Z";

export function themeSwitch(): HTMLElement {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = localStorage.getItem("theme");
  const isDark = () => (chosen === "dark" || chosen === "light" ? chosen === "dark" : system.matches);
  const button = h("button", { class: "quiet", type: "button" });
  const show = () => {
    document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
    button.replaceChildren(icon(isDark() ? SUN : MOON));
    button.title = isDark() ? "Light colours" : "Dark colours";
    button.setAttribute("aria-label", button.title);
    dispatchEvent(new Event("theme"));
  };
  button.addEventListener("click", () => {
    chosen = isDark() ? "light" : "dark";
    localStorage.setItem("theme", chosen);
    show();
  });
  system.addEventListener("change", show);
  show();
  return button;
}
