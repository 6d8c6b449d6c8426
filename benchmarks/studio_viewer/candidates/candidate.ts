// What each candidate must do to be measured: show an image with outlines, and be moved frame by frame.
import type { ImageInfo, Nucleus } from "../../../ui/src/contracts";

export interface Candidate {
  /** Everything on screen is drawn. */
  ready(): boolean;
  /** Show this image point in the middle at css px per image px; without waiting. */
  look(x: number, y: number, scale: number): void;
  /** Is a drag under way? Libraries may then show what they drew before. */
  dragging(is: boolean): void;
}

export type Make = (root: HTMLElement, image: ImageInfo, nuclei: Nucleus[]) => Candidate;

export const COLOURS: Record<string, string> = { tumor: "#e69f00", lymphocyte: "#56b4e9", fibroblast: "#009e73", "": "#f0e442" };

export async function run(make: Make): Promise<void> {
  const name = new URLSearchParams(location.search).get("image") ?? "outlines-1000";
  const image = (await (await fetch(`/api/images/${name}`)).json()) as ImageInfo;
  const nuclei = (await (await fetch(`/nuclei/${name}`)).json()) as Nucleus[];
  const root = document.body.appendChild(document.createElement("div"));
  root.style.cssText = "position:fixed;inset:0;display:flex;background:#111;--canvas:#111";
  const candidate = make(root, image, nuclei);
  Object.assign(window, { candidate, image, count: nuclei.length, measure: (s: number, n: number) => measure(candidate, image, s, n) });
}

const frame = () => new Promise<number>((done) => requestAnimationFrame(done));
const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Pan around the middle for some seconds; frames a second and the slowest twentieth of frames. */
async function measure(candidate: Candidate, image: ImageInfo, scale: number, seconds: number): Promise<object> {
  const look = (dx: number, dy: number) => candidate.look(image.width / 2 + dx / scale, image.height / 2 + dy / scale, scale);
  const began = performance.now();
  look(0, 0);
  await frame();
  while (!candidate.ready() && performance.now() - began < 30000) await pause(20);
  await frame();
  const first = performance.now() - began;
  await pause(500);
  candidate.dragging(true);
  const times: number[] = [await frame()];
  for (let n = 1; times[times.length - 1]! - times[0]! < seconds * 1000; n++) {
    look(120 * Math.sin(n / 15), 80 * Math.sin(n / 10)); // about 8 px a frame
    times.push(await frame());
  }
  candidate.dragging(false);
  const gaps = times.slice(1).map((t, i) => t - times[i]!).sort((a, b) => a - b);
  const fps = (1000 * gaps.length) / (times[times.length - 1]! - times[0]!);
  return { fps, p95_ms: gaps[Math.floor(gaps.length * 0.95)], first_ms: first };
}
