// How colours look to people with deuteranopia and protanopia, and how far apart they are then.

export type Rgb = readonly [number, number, number]; // 0 to 255
export type Vision = "usual" | "deuteranopia" | "protanopia";

/** Matrices on linear RGB of Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1. */
const SEEN: Record<Vision, readonly number[]> = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
};

export const VISIONS = Object.keys(SEEN) as Vision[];

export function parsed(hex: string): Rgb {
  const value = Number.parseInt(hex.replace("#", ""), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function hexOf(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function linear(part: number): number {
  const v = part / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** CIELAB under D65 of what a person sees. */
export function lab(colour: Rgb, vision: Vision): [number, number, number] {
  const m = SEEN[vision];
  const [r, g, b] = colour.map(linear) as [number, number, number];
  const seen = [0, 3, 6].map((i) => Math.min(1, Math.max(0, m[i]! * r + m[i + 1]! * g + m[i + 2]! * b)));
  const [R, G, B] = seen as [number, number, number];
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124564 * R + 0.3575761 * G + 0.1804375 * B) / 0.95047);
  const y = f(0.2126729 * R + 0.7151522 * G + 0.072175 * B);
  const z = f((0.0193339 * R + 0.119192 * G + 0.9503041 * B) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Difference of two colours, CIE 1976; about 2 can just be told, 10 at a glance. */
export function difference(a: Rgb, b: Rgb, vision: Vision): number {
  const [p, q] = [lab(a, vision), lab(b, vision)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

/** The smallest difference among colours, and which two have it. */
export function smallestDifference(colours: readonly Rgb[], vision: Vision): { difference: number; pair: [number, number] } {
  let found: { difference: number; pair: [number, number] } = { difference: Infinity, pair: [0, 0] };
  for (let i = 0; i < colours.length; i++) {
    for (let j = i + 1; j < colours.length; j++) {
      const d = difference(colours[i]!, colours[j]!, vision);
      if (d < found.difference) found = { difference: d, pair: [i, j] };
    }
  }
  return found;
}
