// Opens an image or a document in the studio: the image at once, what is drawn in it as it comes.
import type { DocumentInfo, ImageInfo } from "../contracts";
import type { Parts, StudioShell } from "./shell";

type What = { image: string } | { document: string };

/** Show it; gives what closes it again. */
export async function openStudio(parts: Parts, shell: StudioShell, what: What): Promise<() => void> {
  const { api, viewer, document: state } = parts;
  const showNuclei = () => viewer.setNuclei(state.layer);
  const forget = [
    state.on("open", showNuclei),
    state.on("change", () => viewer.redraw()),
    state.on("selection", () => viewer.redraw()),
  ];
  const close = () => {
    for (const f of forget) f();
    state.close();
    viewer.setNuclei(null);
    viewer.setImage(null);
  };
  try {
    const id = "image" in what ? what.image : (await api.get<DocumentInfo>(`documents/${encodeURIComponent(what.document)}`)).image;
    const image = await api.get<ImageInfo>(`images/${encodeURIComponent(id)}`);
    shell.places.title.textContent = image.name;
    document.title = `${image.name} · nuclarium`;
    viewer.setImage(image);
    await state.open(what);
    showNuclei();
    viewer.element.focus({ preventScroll: true });
  } catch (problem) {
    shell.status("message", (problem as Error).message, "error");
  }
  return close;
}
