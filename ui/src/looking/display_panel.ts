// The panel of display: each channel's contrast over its histogram, gamma and colour; stain, invert.
import type { Api, Channel, ImageInfo } from "../contracts";
import { checkbox, choice, h, slider } from "../shell/dom";
import type { ChannelSettings, Stain } from "../viewer/display";
import type { CanvasViewer } from "../viewer/viewer";
import { type Histogram, histogramPicture } from "./histogram";

const STAINS = [
  { id: "none", name: "As scanned" },
  { id: "haematoxylin", name: "Haematoxylin" },
  { id: "eosin", name: "Eosin" },
];
const AT_MOST_EVERY_MS = 120; // while a slider is pulled

export function displayPanel(viewer: CanvasViewer, api: Api): HTMLElement {
  const element = h("div", { class: "stack" });
  let shown = "";
  viewer.onDisplay(() => {
    if (viewer.image?.id === shown) return;
    shown = viewer.image?.id ?? "";
    element.replaceChildren(...(viewer.image ? controls(viewer, api, viewer.image, () => (shown = "")) : []));
  });
  return element;
}

function controls(viewer: CanvasViewer, api: Api, image: ImageInfo, forget: () => void): HTMLElement[] {
  const display = viewer.display;
  if (!display) return [];
  const isColour = image.kind === "colour";
  const change = (given: object) => viewer.display && viewer.setDisplay({ ...viewer.display, ...given });
  const channels = isColour
    ? [channel(viewer, api, image, 0, display.channels[0] ?? null, true)]
    : display.channels.map((settings, index) => channel(viewer, api, image, index, settings, false));
  const reset = () => {
    forget();
    viewer.resetDisplay();
  };
  const stain = choice("Stain", STAINS, display.stain, (id) => change({ stain: id as Stain }));
  return [
    ...(isColour ? [stain] : []),
    ...channels,
    h(
      "div",
      { class: "row" },
      checkbox("Invert", display.invert, (invert) => change({ invert })),
      h("button", { type: "button", class: "quiet", onclick: reset }, "Reset"),
    ),
  ];
}

/** Controls of one channel, or of red, green and blue together, which keep their balance. */
function channel(
  viewer: CanvasViewer,
  api: Api,
  image: ImageInfo,
  index: number,
  given: ChannelSettings | null,
  isForAll: boolean,
): HTMLElement {
  const about = image.channels[index];
  if (!about || !given) return h("div");
  const settings = { ...given };
  const step = about.dtype_max > 1 ? 1 : 0.001;
  const top = sliderTop(about, settings, null);
  const change = throttled((given: Partial<ChannelSettings>) => {
    const display = viewer.display;
    if (!display) return;
    const channels = display.channels.map((c, i) => (isForAll || i === index ? { ...c, ...given } : c));
    viewer.setDisplay({ ...display, channels });
  });
  const picture = histogramPicture(api, image, index, (histogram) => {
    const known = sliderTop(about, settings, histogram);
    for (const each of [low, high]) each.reach(known);
    return known;
  });
  const colour = h("input", { type: "color", value: `#${settings.colour.toLowerCase()}`, "aria-label": `Colour of ${about.name}` });
  colour.addEventListener("input", () => change({ colour: colour.value.slice(1).toUpperCase() }));
  const range = (value: number) => ({ min: 0, max: top, step, value });
  const show = (value: number) => String(step === 1 ? Math.round(value) : Number(value.toPrecision(4)));
  picture.mark(settings);
  const moved = (given: Partial<ChannelSettings>) => {
    Object.assign(settings, given);
    picture.mark(settings);
    change(given);
  };
  const low = slider("Black", range(settings.low), show, (v) => moved({ low: Math.min(v, settings.high - step) }));
  const high = slider("White", range(settings.high), show, (v) => moved({ high: Math.max(v, settings.low + step) }));
  const gamma = slider("Gamma", { min: 0.2, max: 3, step: 0.05, value: settings.gamma }, (v) => v.toFixed(2), (v) => moved({ gamma: v }));
  const body = h("div", { class: "channel-body", hidden: !settings.visible }, picture.element, low.element, high.element, gamma.element);
  if (isForAll) return body;
  const seen = checkbox(about.name || `Channel ${index + 1}`, settings.visible, (visible) => {
    body.hidden = !visible;
    change({ visible });
  });
  return h("div", { class: "channel" }, h("div", { class: "row" }, seen, colour), body);
}

/**
 * Where sliders of a channel end: a camera of 12 bits fills a sixteenth of a file of 16 bits, and a slider
 * over all of it could not be set to a value.
 */
export function sliderTop(about: Channel, settings: ChannelSettings, histogram: Histogram | null): number {
  const used = Math.max(histogram?.high ?? 0, 1.5 * about.high, settings.high);
  return Math.min(about.dtype_max, about.dtype_max > 1 ? Math.ceil(used) : used);
}

/** Changes are collected while they come quickly; the last one always arrives. */
function throttled(f: (given: Partial<ChannelSettings>) => void): (given: Partial<ChannelSettings>) => void {
  let waiting: Partial<ChannelSettings> | null = null;
  return (given) => {
    if (waiting) {
      Object.assign(waiting, given);
      return;
    }
    waiting = { ...given };
    setTimeout(() => {
      f(waiting as Partial<ChannelSettings>);
      waiting = null;
    }, AT_MOST_EVERY_MS);
  };
}
