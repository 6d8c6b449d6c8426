// How an image is shown: channels, contrast, projection, stain. The server renders; this is what it is told.
import type { Channel, ImageInfo } from "../contracts";

export interface ChannelSettings {
  visible: boolean;
  low: number;
  high: number;
  gamma: number;
  colour: string /* RRGGBB */;
}

export type Projection = "none" | "max" | "mean";
export type Stain = "none" | "haematoxylin" | "eosin";

export interface DisplaySettings {
  channels: ChannelSettings[];
  invert: boolean;
  projection: Projection;
  stain: Stain;
}

export function defaultDisplay(image: ImageInfo): DisplaySettings {
  return { channels: image.channels.map(defaultChannel), invert: false, projection: "none", stain: "none" };
}

export function defaultChannel(channel: Channel): ChannelSettings {
  const colour = channel.colour.replace("#", "").toUpperCase();
  return { visible: true, low: channel.low, high: channel.high, gamma: 1, colour };
}

/** The query of a tile, the same text for the same picture, so that every cache can keep it. */
export function displayQuery(image: ImageInfo, display: DisplaySettings, layer: string, z: number, t: number): string {
  const pairs: string[] = [];
  if (image.n_z > 1 && display.projection === "none") pairs.push(`z=${z}`);
  if (image.n_t > 1) pairs.push(`t=${t}`);
  if (display.projection !== "none") pairs.push(`projection=${display.projection}`);
  if (!isDefault(image, display)) pairs.push(...display.channels.flatMap(channelQuery));
  if (display.invert) pairs.push("invert=1");
  if (display.stain !== "none") pairs.push(`stain=${display.stain}`);
  if (layer !== "raw") pairs.push(`layer=${encodeURIComponent(layer)}`);
  return pairs.join("&");
}

function channelQuery(channel: ChannelSettings, index: number): string[] {
  if (!channel.visible) return [];
  const [low, high, gamma] = [channel.low, channel.high, channel.gamma].map((v) => String(Number(v.toFixed(3))));
  return [`c=${index}:${low}:${high}:${gamma}:${channel.colour}`];
}

function isDefault(image: ImageInfo, display: DisplaySettings): boolean {
  const wanted = JSON.stringify(image.channels.map(defaultChannel));
  return JSON.stringify(display.channels) === wanted;
}

/** Settings that were kept for this image, or the default where there are none that fit. */
export function storedDisplay(image: ImageInfo, storage: Pick<Storage, "getItem">): DisplaySettings {
  const usual = defaultDisplay(image);
  try {
    const kept = JSON.parse(storage.getItem(`display:${image.id}`) ?? "null") as DisplaySettings | null;
    const fits = kept?.channels.length === usual.channels.length;
    return fits ? { ...usual, ...kept } : usual;
  } catch {
    return usual;
  }
}

export function storeDisplay(image: ImageInfo, display: DisplaySettings, storage: Pick<Storage, "setItem">): void {
  try {
    storage.setItem(`display:${image.id}`, JSON.stringify(display));
  } catch {
    // a full or forbidden storage: the settings last until the page is left
  }
}
