// Keys for looking around.
import type { Shell } from "../contracts";
import type { CanvasViewer } from "../viewer/viewer";
import { askPlace } from "./go_to";

const STEP = 96; // css px

export function addLookingKeys(viewer: CanvasViewer, shell: Shell): void {
  const add = (id: string, name: string, key: string, run: () => void) =>
    shell.addCommand({ id: `look.${id}`, name, key, group: "Looking", run });
  add("left", "Move left", "ArrowLeft", () => viewer.panBy(STEP, 0));
  add("right", "Move right", "ArrowRight", () => viewer.panBy(-STEP, 0));
  add("up", "Move up", "ArrowUp", () => viewer.panBy(0, STEP));
  add("down", "Move down", "ArrowDown", () => viewer.panBy(0, -STEP));
  add("in", "Zoom in", "+", () => viewer.zoomAt(2 ** 0.5));
  add("out", "Zoom out", "-", () => viewer.zoomAt(2 ** -0.5));
  add("fit", "Show the whole image", "Home", () => viewer.fit());
  add("deeper", "Next plane", "PageDown", () => viewer.setPlane(viewer.view.z + 1));
  add("higher", "Plane before", "PageUp", () => viewer.setPlane(viewer.view.z - 1));
  add("outlines", "Outlines on and off", "Shift+H", () => viewer.showNuclei(!viewer.isShowingNuclei));
  add("go", "Go to a position", "Ctrl+G", () => void askPlace(viewer));
  const hold = (is: boolean) => (event: KeyboardEvent) => {
    const isTyped = event.target instanceof HTMLElement && event.target.matches("input, button, select, textarea, a, summary");
    if (event.key !== " " || isTyped) return;
    event.preventDefault();
    viewer.holdSpace(is);
  };
  addEventListener("keydown", hold(true));
  addEventListener("keyup", hold(false));
}
