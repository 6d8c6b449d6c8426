// The panel of layers: which one is seen, two beside each other or with a swipe, outlines on and off.
import { checkbox, choice, h, segments, slider } from "../shell/dom";
import type { Mode } from "../viewer/panes";
import type { CanvasViewer } from "../viewer/viewer";

const MODES = [
  { id: "single", name: "One" },
  { id: "side", name: "Side by side" },
  { id: "swipe", name: "Swipe" },
];

export function layersPanel(viewer: CanvasViewer): HTMLElement {
  const element = h("div", { class: "stack" });
  let shown = "";
  const show = () => {
    const { mode, first, second } = viewer.comparison;
    const layers = viewer.tileLayers();
    const state = JSON.stringify([mode, first, second, layers.map((l) => [l.id, l.visible]), viewer.isShowingNuclei]);
    if (state === shown) return;
    shown = state;
    const options = viewer.choices();
    const pick = (name: string, which: "first" | "second") =>
      choice(name, options, viewer.comparison[which], (id) => viewer.compare({ [which]: id }));
    element.replaceChildren(
      segments("Views", MODES, mode, (id) => viewer.compare({ mode: id as Mode })),
      pick(mode === "single" ? "Layer" : "Left", "first"),
      ...(mode === "single" ? [] : [pick("Right", "second")]),
      checkbox("Outlines", viewer.isShowingNuclei, (is) => viewer.showNuclei(is)),
      ...layers.flatMap((layer) => [
        checkbox(layer.name, layer.visible, (is) => viewer.changeLayer(layer.id, { visible: is })),
        ...(layer.visible ? [opacity(viewer, layer.id, layer.opacity)] : []),
      ]),
    );
  };
  viewer.onDisplay(show);
  show();
  return element;
}

function opacity(viewer: CanvasViewer, id: string, value: number): HTMLElement {
  const range = { min: 0, max: 1, step: 0.05, value };
  return slider("Opacity", range, (v) => `${Math.round(v * 100)} %`, (v) => viewer.changeLayer(id, { opacity: v })).element;
}
