// Classes of nuclei from fine to coarse, as a document carries them; NuCLS where it carries none.
import { hexOf, type Rgb } from "./vision";

export interface FineClass {
  name: string;
  main: string;
  super: string;
  own: string /* the colour that the hierarchy's file gives */;
}

interface Row {
  name: string;
  colour?: Rgb;
  parent?: string;
}

export interface Levels {
  name?: string;
  levels: { name: string; classes: Row[] }[];
}

/** Each finest class with the classes above it; levels beyond the third are not shown. */
export function fineClasses(hierarchy: unknown): FineClass[] {
  const { levels } = isLevels(hierarchy) ? hierarchy : NUCLS;
  const [fine, main, top] = levels;
  return (fine?.classes ?? []).map((row) => {
    const parent = main?.classes.find((one) => one.name === row.parent);
    const above = top?.classes.find((one) => one.name === parent?.parent);
    return { name: row.name, main: parent?.name ?? "", super: above?.name ?? "", own: hexOf(row.colour ?? [140, 140, 140]) };
  });
}

/** Classes in the order of the legend: those of one coarse class together. */
export function inLegendOrder(classes: readonly FineClass[]): FineClass[] {
  const supers = [...new Set(classes.map((one) => one.super))];
  const mains = [...new Set(classes.map((one) => one.main))];
  const place = (one: FineClass) => supers.indexOf(one.super) * 1000 + mains.indexOf(one.main);
  return [...classes].sort((a, b) => place(a) - place(b));
}

function isLevels(value: unknown): value is Levels {
  const levels = (value as Partial<Levels> | null)?.levels;
  return Array.isArray(levels) && levels.length > 0 && levels.every((level) => Array.isArray(level.classes));
}

/** As core/hierarchies/nucls.toml has it. */
const NUCLS: Levels = {
  name: "nucls",
  levels: [
    {
      name: "raw",
      classes: [
        { name: "tumor", colour: [255, 0, 0], parent: "tumor_nonMitotic" },
        { name: "fibroblast", colour: [0, 230, 77], parent: "nonTILnonMQ_stromal" },
        { name: "lymphocyte", colour: [0, 0, 255], parent: "lymphocyte" },
        { name: "plasma_cell", colour: [0, 255, 255], parent: "plasma_cell" },
        { name: "macrophage", colour: [51, 102, 153], parent: "macrophage" },
        { name: "mitotic_figure", colour: [255, 191, 0], parent: "tumor_mitotic" },
        { name: "vascular_endothelium", colour: [102, 0, 204], parent: "nonTILnonMQ_stromal" },
        { name: "myoepithelium", colour: [250, 50, 250], parent: "other_nucleus" },
        { name: "apoptotic_body", colour: [255, 128, 0], parent: "AMBIGUOUS" },
        { name: "neutrophil", colour: [51, 102, 204], parent: "other_nucleus" },
        { name: "ductal_epithelium", colour: [255, 128, 255], parent: "other_nucleus" },
        { name: "eosinophil", colour: [128, 0, 0], parent: "other_nucleus" },
        { name: "unlabeled", colour: [80, 80, 80], parent: "AMBIGUOUS" },
      ],
    },
    {
      name: "main",
      classes: [
        { name: "tumor_nonMitotic", parent: "tumor_any" },
        { name: "tumor_mitotic", parent: "tumor_any" },
        { name: "nonTILnonMQ_stromal", parent: "nonTIL_stromal" },
        { name: "macrophage", parent: "nonTIL_stromal" },
        { name: "lymphocyte", parent: "sTIL" },
        { name: "plasma_cell", parent: "sTIL" },
        { name: "other_nucleus", parent: "other_nucleus" },
        { name: "AMBIGUOUS", parent: "AMBIGUOUS" },
      ],
    },
    {
      name: "super",
      classes: ["tumor_any", "nonTIL_stromal", "sTIL", "other_nucleus", "AMBIGUOUS"].map((name) => ({ name })),
    },
  ],
};
