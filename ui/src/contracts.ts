// What the modules of the studio agree on: values of the wire, and the faces that modules show each other.
//
// Coordinates are x first, in pixels of the full-resolution image; (0, 0) is the upper left corner of
// the first pixel. The server alone turns them round.

// --- values of the wire -------------------------------------------------------------------------------

export type Role = "admin" | "senior" | "rater" | "viewer";

export interface Me {
  alias: string;
  name: string;
  role: Role;
  single_user: boolean;
  csrf: string;
}

export interface Channel {
  name: string;
  colour: string /* RRGGBB, with or without # */;
  low: number;
  high: number;
  dtype_max: number;
}

export interface ImageInfo {
  id: string;
  name: string;
  width: number;
  height: number;
  n_z: number;
  n_t: number;
  channels: Channel[];
  kind: "fluorescence" | "colour";
  spacing_um: [number, number] | null /* y, x */;
  levels: number /* level 0 is full resolution, each next is half */;
  tile: number;
  condition: string;
  group: string;
}

export interface Nucleus {
  id: string /* n-<hex> */;
  kind: "outline" | "box" | "point" | "rejected";
  rings: number[][] /* x, y, x, y, …; the exterior first, then holes */;
  label: string /* the class, "" where none was given */;
  z: number | null;
  suggestion: string | null;
  verdict: null | "accepted" | "wrong_outline";
  rater: string;
  revision: number;
}

export type NewNucleus = Omit<Nucleus, "rater" | "revision">;

export interface Edit {
  id: string /* e-<hex> */;
  gesture: string /* g-<hex>; edits of one gesture are undone together */;
  nucleus: string;
  base: number /* revision of the nucleus that the person saw; 0 for a new one */;
  after: NewNucleus | null /* null: removed */;
  tool: string;
  undoes: string | null;
  redoes: string | null;
  time: string /* ISO 8601, of the client */;
}

export interface Stroke {
  id: string;
  gesture: string;
  class: number /* 0 erase, 1 background, 2 foreground, 3 and more further classes */;
  radius: number;
  points: number[];
  z: number;
}

export type Box = [x0: number, y0: number, x1: number, y1: number];

export interface DocumentInfo {
  id: string;
  image: string;
  box: Box | null;
  owner: string | null;
  study: string | null;
  arm: string | null;
  repeat: number | null;
  status: string;
  revision: number;
  hierarchy: Record<string, unknown>;
  nuclei: Nucleus[];
  strokes: Stroke[];
  read_only: boolean;
  /** Of the store: another one once it was set back to a backup. */
  edition?: string;
}

export interface Job {
  state: "waiting" | "running" | "done" | "failed";
  progress: number;
  message: string;
}

// --- the viewer ---------------------------------------------------------------------------------------

export interface View {
  scale: number /* css px per image px */;
  x: number;
  y: number /* image px at the upper left */;
  width: number;
  height: number /* css px */;
  z: number;
  dpr: number;
  t?: number;
}

export interface Overlay {
  id: string;
  order: number;
  /** The context is in css px of the viewer; draw each frame, quickly. */
  draw(ctx: CanvasRenderingContext2D, view: View): void;
  visible: boolean;
}

/** Further tiles over or beside the image: a mask, a probability. The viewer fetches and keeps them. */
export interface TileLayer {
  id: string;
  name: string;
  order: number;
  visible: boolean;
  opacity: number;
  /** Where a tile is, or null where there is none; another address is another tile. */
  url(level: number, row: number, col: number, view: View): string | null;
}

export interface PointerInfo {
  x: number;
  y: number /* image px */;
  pressure: number;
  kind: "mouse" | "touch" | "pen";
  button: number;
  shift: boolean;
  alt: boolean;
  ctrl: boolean;
}

export interface Tool {
  id: string;
  name: string;
  key: string;
  cursor: string;
  /** A drag moves the image; down and up come together for a click. For tools that only pick. */
  pans?: boolean;
  /** Markup of a 24 × 24 icon, one path's d attribute; the first letter of the name when left out. */
  icon?: string;
  down?(p: PointerInfo): void;
  /** Called once for each coalesced event, so that a quick stroke keeps its bends. */
  move?(p: PointerInfo): void;
  up?(p: PointerInfo): void;
  cancel?(): void;
  /** A second finger came: take back what this press did, and keep what was done before; `cancel` when left out. */
  interrupt?(): void;
  hover?(p: PointerInfo): void;
  panel?(): HTMLElement;
}

/** The state gives it, the viewer draws it. */
export interface NucleusLayer {
  nuclei(): Iterable<Nucleus>;
  inBox(x0: number, y0: number, x1: number, y1: number): Iterable<Nucleus>;
  version: number;
  colourOf(n: Nucleus): string;
  selected: ReadonlySet<string>;
  at(x: number, y: number, tolerance: number): Nucleus | null;
  /** Boxes that changed after a version, so that only their tiles are drawn anew; null: everything. */
  changedSince?(version: number): Iterable<Box> | null;
}

export interface Viewer {
  readonly view: View;
  readonly image: ImageInfo | null;
  readonly element: HTMLElement;
  setImage(image: ImageInfo | null, layer?: string): void;
  addOverlay(o: Overlay): void;
  removeOverlay(id: string): void;
  addTileLayer(layer: TileLayer): void;
  removeTileLayer(id: string): void;
  /** Draw the next frame; with the id of a tile layer, ask for its addresses anew. */
  redraw(id?: string): void;
  setTool(t: Tool | null): void;
  /** Drop what the tool in use has begun with a pointer that is down. Whether there was something. */
  cancelGesture(): boolean;
  setPlane(z: number, t?: number): void;
  fit(): void;
  goTo(x: number, y: number, scale?: number): void;
  toImage(cssX: number, cssY: number): [number, number];
  on(event: "view" | "z", f: (v: View) => void): () => void;
  setNuclei(layer: NucleusLayer | null): void;
}

// --- the shell ----------------------------------------------------------------------------------------

export interface Panel {
  id: string;
  title: string;
  side: "left" | "right";
  element: HTMLElement;
  order: number;
}

export interface Command {
  id: string;
  name: string;
  /** As `?` shows it: "Z", "Ctrl+Z", "Shift+1", "ArrowLeft", "Escape". */
  key?: string;
  /** The heading under which `?` lists it. */
  group?: string;
  /** While this is false the key belongs to others: a tool's own keys. Always true when left out. */
  when?(): boolean;
  run(): void;
}

/** A page beside the studio itself: `path` is "studies" or "study/:id", after `#/`. */
export interface Page {
  path: string;
  title: string;
  /** Its entry in the top bar; left out where there is none. */
  menu?: { name: string; order: number; roles?: Role[] };
  /** Path of the page in the top bar that it is a part of. */
  under?: string;
  /** Fills the element; what it returns is called when the page is left. */
  show(element: HTMLElement, parameters: Record<string, string>): void | (() => void);
}

export interface Shell {
  addTool(t: Tool): void;
  addPanel(p: Panel): void;
  addCommand(c: Command): void;
  addPage(p: Page): void;
  /** Choose a tool as if its button was pressed. */
  useTool(id: string | null): void;
  /** What the top bar calls what is open, in place of the name of its image. */
  title(text: string): void;
  /** Which page of the top bar, by its path, what is open is a part of. */
  under(path: string): void;
  status(area: "saved" | "message", text: string, state?: "ok" | "busy" | "warn" | "error"): void;
  /** A dialog; gives the chosen one, or "" when it was closed. The first choice is the main one. */
  ask(question: string, choices: string[]): Promise<string>;
}

// --- the server, the document, everything together ----------------------------------------------------

export interface Api {
  /** Who is logged in; null before and where nobody is. */
  readonly me: Me | null;
  /** Ask the server who this is; null where nobody is logged in. */
  refresh(): Promise<Me | null>;
  /** Paths are below /api/. Refusals are an ApiError of api/client.ts with the server's sentence. */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  patch<T>(path: string, body?: unknown): Promise<T>;
  blob(path: string, body?: unknown, signal?: AbortSignal): Promise<Blob>;
  url(path: string, query?: Record<string, string | number | string[]>): string;
  /** Server-sent events; gives what ends them. */
  events(path: string, message: (data: unknown) => void, connected?: (is: boolean) => void): () => void;
}

/** What is drawn in one image: branch `tools` makes it, in `state/`. */
export interface DocumentState {
  readonly id: string | null /* null: nothing is open */;
  readonly image: ImageInfo | null;
  readonly info: DocumentInfo | null;
  readonly readOnly: boolean;
  readonly revision: number;
  readonly layer: NucleusLayer;
  readonly strokes: readonly Stroke[];
  nucleus(id: string): Nucleus | undefined;
  open(what: { image: string; shared?: boolean; box?: Box } | { document: string }): Promise<void>;
  close(): void;
  /** One gesture: `after` null removes. Shown at once, sent in the background. Gives the gesture's id. */
  commit(tool: string, changes: { nucleus: string; after: NewNucleus | null }[]): string;
  addStroke(stroke: Omit<Stroke, "id" | "gesture">): string;
  undo(): void;
  redo(): void;
  select(ids: Iterable<string>): void;
  on(event: "open" | "change" | "selection" | "saved", f: () => void): () => void;
}

/** Handed to every module's `install`. */
export interface Studio {
  viewer: Viewer;
  shell: Shell;
  api: Api;
  document: DocumentState;
}

export interface Module {
  name: string;
  install(studio: Studio): void;
}
