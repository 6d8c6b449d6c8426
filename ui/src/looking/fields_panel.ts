// Fields of a slide: parts of it that are drawn in on their own, made of what is in view.
import type { Box, DocumentInfo, ImageInfo, Studio } from "../contracts";
import { boxInView } from "../assist/parts";
import { h } from "../shell/dom";
import type { CanvasViewer } from "../viewer/viewer";
import { lengthText } from "./scale_bar";

type Head = Pick<DocumentInfo, "id" | "image" | "box" | "study" | "owner">;

const LARGE = 1 << 23; // pixels; smaller images are one field
const MOST_FIELD = 1 << 26;

export function fieldsPanel(viewer: CanvasViewer, { api, document, shell }: Studio): HTMLElement {
  const list = h("div", { class: "stack" });
  const make = h("button", { type: "button", class: "main", onclick: () => void makeField() }, "New field of what is in view");
  const hint = h("p", { class: "muted" });
  const element = h("div", { class: "stack fields" }, list, make, hint);

  const wanted = (): Box | null => (viewer.image && boxInView(viewer.view, viewer.image)) || null;
  const follow = (): void => {
    const box = wanted();
    const isSmall = box !== null && (box[2] - box[0]) * (box[3] - box[1]) <= MOST_FIELD;
    make.disabled = !isSmall;
    hint.textContent = isSmall || !viewer.image ? "" : "Zoom in: a field has at most 67 million pixels.";
  };
  const makeField = async (): Promise<void> => {
    const image = viewer.image;
    const box = wanted();
    if (!image || !box) return;
    try {
      const made = await api.post<DocumentInfo>("documents", { image: image.id, box, shared: false });
      location.hash = `#/document/${encodeURIComponent(made.id)}`;
    } catch (problem) {
      shell.status("message", (problem as Error).message, "error");
    }
  };
  const load = async (): Promise<void> => {
    const image = document.image;
    const section = element.closest<HTMLElement>(".panel");
    if (section) section.hidden = !image || image.width * image.height <= LARGE || Boolean(document.info?.study);
    if (!image || section?.hidden) return;
    const heads = await api.get<Head[]>(`documents?image=${encodeURIComponent(image.id)}`).catch(() => []);
    if (document.image?.id !== image.id) return;
    const fields = heads.filter((head) => head.box !== null && head.study === null);
    list.replaceChildren(...rows(image, fields, document.id, api.me?.alias ?? ""));
    follow();
  };
  document.on("open", () => void load());
  viewer.on("view", follow);
  return element;
}

function rows(image: ImageInfo, fields: Head[], open: string | null, me: string): HTMLElement[] {
  const whole = link(`#/image/${encodeURIComponent(image.id)}`, "The whole slide", !fields.some((field) => field.id === open));
  return [whole, ...fields.map((field) => link(`#/document/${encodeURIComponent(field.id)}`, fieldText(image, field, me), field.id === open))];
}

function link(href: string, text: string, isOpen: boolean): HTMLElement {
  return h("a", { href, "aria-current": isOpen ? "page" : null }, text);
}

/** Its size in µm, or px where the spacing is not known, and where it begins; whose it is, if not one's own. */
export function fieldText(image: ImageInfo, field: Pick<Head, "box" | "owner">, me: string): string {
  const [x0, y0, x1, y1] = field.box as Box;
  const [sy, sx] = image.spacing_um ?? [1, 1];
  const size = [(x1 - x0) * sx, (y1 - y0) * sy].map((side) => lengthText(Number(side.toPrecision(3)), image.spacing_um !== null));
  const whose = field.owner === null ? ", shared" : field.owner === me ? "" : `, ${field.owner}`;
  return `${size.join(" × ")} at x ${Math.round(x0)}, y ${Math.round(y0)}${whose}`;
}
