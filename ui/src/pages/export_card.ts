// Take what people drew out of a study, at any time and in every format.
import type { Studio } from "../contracts";
import { h, tried } from "./dom";
import { download, labelled } from "./parts";
import type { Board } from "./values";

const FORMATS: [string, string][] = [
  ["table", "Table: one row a mark (CSV)"],
  ["json", "Documents with their history (JSON)"],
  ["geojson", "GeoJSON for QuPath"],
  ["coco", "COCO, polygons"],
  ["coco-rle", "COCO, run lengths"],
  ["nucls", "NuCLS"],
  ["parquet", "Parquet for Hugging Face"],
  ["yolo", "YOLO segmentation"],
  ["cellpose", "Cellpose"],
  ["stardist", "StarDist"],
  ["dsb2018", "Data Science Bowl 2018"],
  ["bmgd", "Images, masks and labels"],
  ["datasheet", "Data sheet alone"],
];

export function exportCard(studio: Studio, board: Board): HTMLElement {
  const said = h("div", { "aria-live": "polite" });
  const format = h("select", {}, FORMATS.map(([value, words]) => h("option", { value }, words)));
  const whose = h(
    "select",
    {},
    h("option", { value: "" }, "Each rater, as first said done"),
    h("option", { value: "corrected" }, "Each rater, with later corrections"),
    h("option", { value: "consensus" }, "The consensus"),
  );
  const take = h("button", { type: "button", onclick: () => void tried(said, async () => {
    take.disabled = true;
    try {
      const query = `format=${format.value}&study=${board.id}${whose.value ? `&truth=${whose.value}` : ""}`;
      download(await studio.api.blob(`export?${query}`), `${board.name} ${format.value}.zip`.replaceAll(/[^\w.-]+/g, "_"));
    } finally {
      take.disabled = false;
    }
  }) }, "Export");
  return h(
    "section",
    { class: "part" },
    h("h2", {}, "Export"),
    h("p", { class: "hint" }, "What is drawn now, while people go on. Raters are named by their aliases."),
    labelled("Format", format),
    labelled("Whose marks", whose, "GeoJSON, COCO polygons and JSON have documents as they are now."),
    h("div", { class: "row" }, take),
    said,
  );
}
