// Grey values of a mask to a picture with transparency.
import { classColour } from "./parts";

export type LayerName = "probability" | "classes" | "uncertainty";
const HALF = 128;
const UNSURE = [240, 228, 66] as const;

/** Red, green, blue, alpha of each of the 256 values of a layer. */
export function lookup(layer: LayerName): Uint8ClampedArray {
  const table = new Uint8ClampedArray(1024);
  for (let value = 0; value < 256; value++) {
    if (layer === "uncertainty") table.set([...UNSURE, value], value * 4);
    else if (layer === "classes") table.set([...rgb(classColour(Math.max(1, value))), value > 1 ? 255 : 0], value * 4);
    else table.set([...rgb(classColour(2)), value >= HALF ? 255 : 0], value * 4);
  }
  return table;
}

/** In place: each grey value becomes its colour. */
export function paint(pixels: Uint8ClampedArray, layer: LayerName): void {
  const table = lookup(layer);
  for (let i = 0; i < pixels.length; i += 4) {
    const at = (pixels[i] as number) * 4;
    for (let c = 0; c < 4; c++) pixels[i + c] = table[at + c] as number;
  }
}

export async function paintedMask(blob: Blob, layer: LayerName): Promise<HTMLCanvasElement> {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const ctx = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  ctx.drawImage(bitmap, 0, 0);
  bitmap.close();
  const data = ctx.getImageData(0, 0, canvas.width, canvas.height);
  paint(data.data, layer);
  ctx.putImageData(data, 0, 0);
  return canvas;
}

function rgb(colour: string): [number, number, number] {
  const number = parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}
