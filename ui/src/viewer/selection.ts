// Chosen nuclei, drawn over the cached outlines in each frame: a pale line around a strong one.
import type { Nucleus, NucleusLayer, View } from "../contracts";
import { addNucleus, boundsOf } from "./outline_path";

interface Chosen {
  selected: ReadonlySet<string>;
  size: number;
  version: number;
  nuclei: Nucleus[];
}

const KNOWN = new WeakMap<NucleusLayer, Chosen>();

/** The nuclei that are chosen, looked up again only when the choice or the document changed. */
export function selectedNuclei(layer: NucleusLayer): Nucleus[] {
  const { selected, version } = layer;
  const known = KNOWN.get(layer);
  if (known && known.selected === selected && known.size === selected.size && known.version === version) {
    return known.nuclei;
  }
  const nuclei = selected.size === 0 ? [] : [...layer.nuclei()].filter((n) => selected.has(n.id));
  KNOWN.set(layer, { selected, size: selected.size, version, nuclei });
  return nuclei;
}

export function drawSelected(ctx: CanvasRenderingContext2D, view: View, nuclei: Nucleus[], layer: NucleusLayer): void {
  const place = { x: view.x, y: view.y, scale: view.scale };
  const [right, bottom] = [view.x + view.width / view.scale, view.y + view.height / view.scale];
  for (const nucleus of nuclei) {
    const [x0, y0, x1, y1] = boundsOf(nucleus);
    if (x1 < view.x || y1 < view.y || x0 > right || y0 > bottom) continue;
    if (nucleus.z !== null && nucleus.z !== view.z) continue;
    ctx.lineJoin = "round";
    ctx.beginPath();
    ctx.fillStyle = "#ffffff";
    addNucleus(ctx, nucleus, place, 1);
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 4.5;
    ctx.stroke();
    ctx.strokeStyle = layer.colourOf(nucleus);
    ctx.lineWidth = 2;
    ctx.stroke();
  }
}
