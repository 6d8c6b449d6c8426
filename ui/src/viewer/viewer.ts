import type { Api, Viewer } from "../contracts";

export function createViewer(_api: Api): Viewer {
  const view = { scale: 1, x: 0, y: 0, width: 0, height: 0, z: 0, dpr: 1 };
  return {
    view,
    image: null,
    element: document.createElement("div"),
    setImage: () => undefined,
    addOverlay: () => undefined,
    removeOverlay: () => undefined,
    addTileLayer: () => undefined,
    removeTileLayer: () => undefined,
    redraw: () => undefined,
    setTool: () => undefined,
    setPlane: () => undefined,
    fit: () => undefined,
    goTo: () => undefined,
    toImage: (x, y) => [view.x + x / view.scale, view.y + y / view.scale],
    on: () => () => undefined,
    setNuclei: () => undefined,
  };
}
