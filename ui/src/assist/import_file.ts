// Outlines of other programs into the open document: by a command, by a button, or dropped on the image.
import type { Studio } from "../contracts";
import { h } from "../shell/dom";

const ENDINGS = ".geojson,.json,.zip,.roi,.tif,.tiff,.png,.csv";
const MOST_BYTES = 11_000_000;

interface Imported {
  new: number;
  known: number;
}

export function importButton(studio: Studio): HTMLElement {
  studio.shell.addCommand({ id: "draw.import", name: "Import outlines from a file", key: "Shift+I", group: "Drawing", run: () => choose(studio) });
  const area = studio.viewer.element;
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void send(studio, file);
  });
  return h("button", { type: "button", class: "quiet offered", onclick: () => choose(studio) }, "Import outlines from a file …");
}

function choose(studio: Studio): void {
  const input = h("input", { type: "file", accept: ENDINGS, hidden: true, "aria-label": "File of outlines" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) void send(studio, file);
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  document.body.append(input);
  input.click();
}

async function send(studio: Studio, file: File): Promise<void> {
  const { shell, document: drawn } = studio;
  if (!drawn.id || drawn.readOnly) return shell.status("message", "Open an image that you may draw in first.", "warn");
  if (file.size > MOST_BYTES) {
    const most = Math.round(MOST_BYTES / 1e6);
    return shell.status("message", `${file.name} is larger than ${most} MB. Import it with: nuclarium annotations import`, "error");
  }
  try {
    const done = await studio.api.post<Imported>(`documents/${drawn.id}/import`, { name: file.name, content: await base64(file) });
    await drawn.open({ document: drawn.id }); // with the gesture, so that it can be taken back
    shell.status("message", said(done), "ok");
  } catch (problem) {
    shell.status("message", (problem as Error).message, "error");
  }
}

function said(done: Imported): string {
  const came = `${done.new.toLocaleString("en")} ${done.new === 1 ? "nucleus" : "nuclei"} imported.`;
  return done.known > 0 ? `${came} ${done.known.toLocaleString("en")} were there already.` : came;
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}
