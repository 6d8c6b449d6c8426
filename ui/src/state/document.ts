// The open document: what is drawn, on screen at once, sent in the background, undone without limit.
import type { Api, Box, DocumentInfo, DocumentState, ImageInfo, NewNucleus, Nucleus, Stroke } from "../contracts";
import type { Change } from "./changes";
import { conflictsOf, settle, type Choice, type Conflict } from "./conflicts";
import { Drawing } from "./drawing";
import { Edits } from "./edits";
import { Exchange } from "./exchange";
import { Gestures, type Gesture } from "./gestures";
import { newId } from "./ids";
import { openKeep, type Keep } from "./keep";
import { sendLeft } from "./left";
import { Listeners } from "./listeners";
import type { Saving } from "./queue";
import { liveTabs } from "./tabs";
import { Turns } from "./turns";

export type DocumentEvent = "open" | "change" | "selection" | "saved" | "conflict" | "message";
type What = { image: string; shared?: boolean; box?: Box } | { document: string };

export class DrawnDocument implements DocumentState {
  id: string | null = null;
  image: ImageInfo | null = null;
  info: DocumentInfo | null = null;
  /** What `message` tells: why something cannot be done. */
  message = "";
  private readonly listeners = new Listeners<DocumentEvent>();
  private readonly drawing = new Drawing();
  private readonly gestures = new Gestures();
  private readonly edits = new Edits(this.drawing, this.gestures, (changes) => this.put(changes));
  private readonly turns: Turns;
  private readonly tab = newId("g");
  private exchange: Exchange | null = null;
  private keep: Promise<Keep> | null = null;
  private opening = 0;

  constructor(
    private readonly api: Api,
    private readonly keeper: () => Promise<Keep> = openKeep,
  ) {
    this.turns = new Turns(api, this.drawing, this.gestures, this.edits, {
      document: () => this.id,
      open: () => this.exchange,
      mayDraw: () => this.mayDraw(),
      say: (text) => this.say(text),
      waiting: () => this.exchange?.queue.changes() ?? [],
      turned: () => {
        if (this.layer.selected.size > 0) this.tell("selection");
      },
    });
  }

  get readOnly(): boolean {
    if (this.exchange?.queue.state === "shut") return true; // approved since it was opened
    return this.info === null || this.info.read_only;
  }

  get revision(): number {
    return this.drawing.revision;
  }

  get layer() {
    return this.drawing.layer;
  }

  get strokes(): readonly Stroke[] {
    return this.drawing.strokes;
  }

  nucleus(id: string): Nucleus | undefined {
    return this.drawing.nucleus(id);
  }

  /** What the page says of saving: state, edits that wait, why they do, whose they are. */
  get saving(): { state: Saving; waiting: number; reason: string; isLasting: boolean; alias: string } {
    const { state = "saved", waiting = 0, reason = "" } = this.exchange?.queue ?? {};
    return { state, waiting, reason, isLasting: this.exchange?.keep.isLasting ?? true, alias: this.drawing.alias };
  }

  get conflicts(): Conflict[] {
    return this.exchange ? conflictsOf(this.exchange.queue, this.drawing) : [];
  }

  get undoable(): Gesture | null {
    return this.gestures.last;
  }

  get redoable(): Gesture | null {
    return this.gestures.next;
  }

  async open(what: What): Promise<void> {
    const turn = ++this.opening;
    this.close();
    const alias = this.api.me?.alias ?? "";
    const info = await fetched(this.api, what);
    const image = await this.api.get<ImageInfo>(`images/${encodeURIComponent(info.image)}`);
    const keep = await (this.keep ??= this.keeper());
    const live = await liveTabs(this.tab);
    const left = (await keep.load(alias, info.id)).filter((one) => !live.has(one.tab));
    if (turn !== this.opening) return; // another document was opened meanwhile
    [this.id, this.info, this.image] = [info.id, info, image];
    const waiting = left.map((one) => one.change);
    this.drawing.reset(info, alias, waiting);
    this.exchange = this.exchangeOf(info.id, alias, keep);
    await this.turns.learn(info.id, waiting);
    if (turn !== this.opening) return;
    this.exchange.start(left);
    this.tell("open", "change", "selection", "saved");
  }

  close(): void {
    this.exchange?.close();
    [this.id, this.info, this.image, this.exchange] = [null, null, null, null];
    this.layer.select(new Set());
    this.layer.reset([]);
    this.gestures.reset([]);
    this.tell("open", "change", "selection", "saved");
  }

  commit(tool: string, changes: { nucleus: string; after: NewNucleus | null }[]): string {
    return this.mayDraw() ? this.edits.commit(tool, changes) : newId("g");
  }

  addStroke(stroke: Omit<Stroke, "id" | "gesture">): string {
    return this.mayDraw() ? this.edits.addStroke(stroke) : newId("e");
  }

  undo(): void {
    this.turns.undo();
  }

  redo(): void {
    this.turns.redo();
  }

  /** Resolves when undo and redo are through, and nothing can be sent for now. */
  async settled(): Promise<void> {
    await this.turns.settled();
    await this.exchange?.queue.idle();
  }

  select(ids: Iterable<string>): void {
    this.layer.select(new Set(ids));
    this.tell("selection");
  }

  /** The plane on screen; selection and undo are the same on every plane. */
  setPlane(z: number): void {
    this.layer.plane = z;
  }

  /** Answer a conflict. */
  async resolve(nucleus: string, choice: Choice): Promise<void> {
    const { exchange, drawing, gestures, edits } = this;
    if (!exchange?.queue.conflicts.has(nucleus)) return;
    await exchange.pull();
    if (exchange !== this.exchange) return; // another document was opened meanwhile
    await settle({ queue: exchange.queue, drawing, gestures, edits }, nucleus, choice);
    this.tell("conflict", "change", "saved");
  }

  /** Send what earlier tabs left for other documents. */
  async sendLeft(): Promise<void> {
    const keep = await (this.keep ??= this.keeper());
    await sendLeft(this.api, keep, this.tab, (document) => document === this.id);
  }

  on(event: DocumentEvent, f: () => void): () => void {
    return this.listeners.on(event, f);
  }

  /** Try again at once: the network is back, the laptop was opened. */
  wake(): void {
    this.exchange?.wake();
  }

  /** Ask what others did. Whether the server answered. */
  async pull(): Promise<boolean> {
    return (await this.exchange?.pull()) ?? false;
  }

  private exchangeOf(document: string, alias: string, keep: Keep): Exchange {
    return new Exchange(this.api, { document, alias, tab: this.tab }, this.drawing, keep, {
      changed: (nuclei) => {
        this.tell("change");
        if (nuclei.some((nucleus) => this.layer.selected.has(nucleus))) this.tell("selection");
      },
      answered: (hasConflicts) => this.tell(...(hasConflicts ? (["conflict"] as const) : []), "change"),
      saving: () => this.tell("saved"),
      setBack: () => this.open({ document }),
    });
  }

  private mayDraw(): boolean {
    if (!this.readOnly) return true;
    this.say("This document can be looked at, not changed. Ask who owns it, or who reviews it.");
    return false;
  }

  /** Shown from now on, and sent. */
  private put(changes: Change[]): void {
    for (const change of changes) this.drawing.add(change);
    this.exchange?.queue.add(changes);
    this.tell("change", "saved");
    const { selected } = this.layer;
    const left = [...selected].filter((id) => this.drawing.nucleus(id));
    if (left.length < selected.size) this.select(left);
  }

  private say(text: string): void {
    this.message = text;
    this.tell("message");
  }

  private tell(...events: DocumentEvent[]): void {
    this.listeners.tell(...events);
  }
}

function fetched(api: Api, what: What): Promise<DocumentInfo> {
  if ("document" in what) return api.get(`documents/${encodeURIComponent(what.document)}`);
  const { image, shared = false, box } = what;
  return api.post("documents", { image, shared, ...(box ? { box } : {}) });
}

export function createDocument(api: Api): DrawnDocument {
  return new DrawnDocument(api);
}

/** The document with what the drawing tools need beside the contract. */
export function drawn(document: DocumentState): DrawnDocument {
  if (document instanceof DrawnDocument) return document;
  throw new Error("The studio's document must be made by createDocument of state/document.");
}
