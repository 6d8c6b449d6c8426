// Everything for looking: panels of display and layers, the strip, scale bar, mini-map, keys.
import "./looking.css";
import type { Module } from "../contracts";
import { StudioShell } from "../shell/shell";
import { CanvasViewer } from "../viewer/viewer";
import { displayPanel } from "./display_panel";
import { fieldFrame } from "./field_frame";
import { fieldsPanel } from "./fields_panel";
import { layersPanel } from "./layers_panel";
import { addLookingKeys } from "./looking_keys";
import { minimap } from "./minimap";
import { overviewNote } from "./overview_note";
import { scaleBarOverlay } from "./scale_bar";
import { fillStrip } from "./strip";
import { swipeHandle } from "./swipe_handle";

export const looking: Module = {
  name: "looking",
  install(studio) {
    const { viewer, shell, api } = studio;
    if (!(viewer instanceof CanvasViewer)) return;
    viewer.addOverlay(scaleBarOverlay(viewer));
    viewer.addOverlay(fieldFrame(viewer, studio.document));
    viewer.element.append(minimap(viewer, api, studio.document), swipeHandle(viewer), overviewNote(viewer));
    shell.addPanel({ id: "fields", title: "Fields", side: "right", element: fieldsPanel(viewer, studio), order: 5 });
    shell.addPanel({ id: "display", title: "Display", side: "right", element: displayPanel(viewer, api), order: 10 });
    shell.addPanel({ id: "layers", title: "Layers", side: "right", element: layersPanel(viewer), order: 20 });
    viewer.element.addEventListener("refused", (event) => {
      shell.status("message", (event as CustomEvent<string>).detail, "error");
    });
    addLookingKeys(viewer, shell);
    if (shell instanceof StudioShell) fillStrip(shell.places.strip, viewer);
  },
};
