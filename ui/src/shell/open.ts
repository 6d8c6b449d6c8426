// Opens an image or a document in the studio: the image at once, what is drawn in it as it comes.
import type { DocumentInfo, ImageInfo } from "../contracts";
import type { Parts, StudioShell } from "./shell";

type What = { image: string } | { document: string };

/** Begin to show it; gives what closes it again, which holds for what is still on its way, too. */
export function openStudio(parts: Parts, shell: StudioShell, what: What): () => void {
  const { viewer, document: state } = parts;
  let isLeft = false;
  const forget = [
    state.on("open", () => viewer.setNuclei(state.layer)),
    state.on("change", () => viewer.redraw()),
    state.on("selection", () => viewer.redraw()),
  ];
  load(parts, shell, what, () => isLeft).catch((problem: Error) => {
    if (!isLeft) shell.status("message", problem.message, "error");
  });
  return () => {
    isLeft = true;
    for (const f of forget) f();
    state.close();
    viewer.setNuclei(null);
    viewer.setImage(null);
  };
}

async function load({ api, viewer, document: state }: Parts, shell: StudioShell, what: What, isLeft: () => boolean) {
  const image = await api.get<ImageInfo>(`images/${encodeURIComponent(await imageOf(api, what))}`);
  if (isLeft()) return;
  shell.places.title.textContent = image.name;
  document.title = `${image.name} · nuclarium`;
  viewer.setImage(image);
  viewer.element.focus({ preventScroll: true });
  await state.open(what);
  if (!isLeft()) viewer.setNuclei(state.layer);
}

async function imageOf(api: Parts["api"], what: What): Promise<string> {
  if ("image" in what) return what.image;
  return (await api.get<DocumentInfo>(`documents/${encodeURIComponent(what.document)}`)).image;
}
