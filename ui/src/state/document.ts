// The open document: what is drawn, on screen at once, sent in the background, undone without limit.
import type { Api, Box, DocumentInfo, DocumentState, ImageInfo, NewNucleus, Nucleus, Stroke } from "../contracts";
import { bare, isSame, rounded, type Change, type Logged, type StrokeEdit } from "./changes";
import { Drawing } from "./drawing";
import { Gestures, type Gesture, type Step } from "./gestures";
import { hear } from "./hearing";
import { newId } from "./ids";
import { openKeep, type Keep } from "./keep";
import { sendLeft } from "./left";
import { Alarm, EditQueue, type Answer } from "./queue";
import { liveTabs } from "./tabs";

export type Choice = "theirs" | "mine" | "both";
export type DocumentEvent = "open" | "change" | "selection" | "saved" | "conflict" | "message";

/** The same nucleus as two people left it; null: removed. */
export interface Conflict {
  nucleus: string;
  mine: NewNucleus | null;
  theirs: Nucleus | null;
}

interface Mark {
  undoes?: string;
  redoes?: string;
}

export class DrawnDocument implements DocumentState {
  id: string | null = null;
  image: ImageInfo | null = null;
  info: DocumentInfo | null = null;
  /** What `message` tells: why something cannot be done. */
  message = "";
  private readonly drawing = new Drawing();
  private readonly gestures = new Gestures();
  private readonly listeners = new Map<DocumentEvent, Set<() => void>>();
  private readonly alarm = new Alarm();
  private readonly tab = newId("g");
  private queue: EditQueue | null = null;
  private keep: Promise<Keep> | null = null;
  private lasting = true;
  private stopHearing: () => void = () => undefined;
  private taking: Promise<unknown> = Promise.resolve();
  private opening = 0;

  constructor(
    private readonly api: Api,
    private readonly keeper: () => Promise<Keep> = openKeep,
  ) {}

  get readOnly(): boolean {
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

  /** What the page says of saving: state, edits that wait, why they do. */
  get saving(): { state: EditQueue["state"]; waiting: number; reason: string; isLasting: boolean } {
    const { state = "saved", waiting = 0, reason = "" } = this.queue ?? {};
    return { state, waiting, reason, isLasting: this.lasting };
  }

  get conflicts(): Conflict[] {
    return [...(this.queue?.conflicts.keys() ?? [])].map((nucleus) => {
      const mine = this.drawing.nucleus(nucleus);
      return { nucleus, mine: mine ? bare(mine) : null, theirs: this.drawing.theirs(nucleus) };
    });
  }

  get undoable(): Gesture | null {
    return this.gestures.last;
  }

  get redoable(): Gesture | null {
    return this.gestures.next;
  }

  async open(what: { image: string; shared?: boolean; box?: Box } | { document: string }): Promise<void> {
    const turn = ++this.opening;
    this.close();
    const alias = this.api.me?.alias ?? "";
    const info = await this.fetched(what);
    const image = await this.api.get<ImageInfo>(`images/${encodeURIComponent(info.image)}`);
    const keep = await (this.keep ??= this.keeper());
    const live = await liveTabs(this.tab);
    const left = (await keep.load(alias, info.id)).filter((one) => !live.has(one.tab));
    if (turn !== this.opening) return; // another document was opened meanwhile
    [this.id, this.info, this.image, this.lasting] = [info.id, info, image, keep.isLasting];
    this.drawing.reset(info, alias, left.map((one) => one.change));
    this.queue = this.queueFor(info.id, alias, keep);
    await this.learnGestures(left.map((one) => one.change));
    if (turn !== this.opening) return;
    this.queue.adopt(left);
    this.stopHearing = hear(this.api, info.id, () => this.revision, () => this.pull());
    this.tell("open", "change", "selection", "saved");
  }

  close(): void {
    this.stopHearing();
    this.queue?.close();
    this.alarm.wake();
    [this.id, this.info, this.image, this.queue] = [null, null, null, null];
    this.layer.select(new Set());
    this.layer.reset([]);
    this.gestures.reset([]);
    this.tell("open", "change", "selection", "saved");
  }

  commit(tool: string, changes: { nucleus: string; after: NewNucleus | null }[]): string {
    const gesture = newId("g");
    const steps = changes.map(({ nucleus, after }) => this.step(nucleus, after));
    const real = steps.filter((step) => !isSame(step.before, step.after));
    if (!this.mayDraw() || real.length === 0) return gesture;
    this.gestures.did(gesture, tool, real);
    this.send(gesture, tool, real.map((step) => ({ nucleus: step.nucleus, after: step.after })));
    return gesture;
  }

  addStroke(stroke: Omit<Stroke, "id" | "gesture">): string {
    const [id, gesture] = [newId("e"), newId("g")];
    if (!this.mayDraw()) return id;
    const change: StrokeEdit = { ...stroke, points: rounded(stroke.points), id, gesture, tool: "scribble", time: now() };
    this.gestures.did(gesture, "scribble", [{ nucleus: "", before: null, after: null, stroke: change }]);
    this.enqueue([change]);
    return id;
  }

  undo(): void {
    this.inTurn(() => this.turned(this.gestures.last, true));
  }

  redo(): void {
    this.inTurn(() => this.turned(this.gestures.next, false));
  }

  /** Resolves when undo and redo are through, and nothing can be sent for now. */
  async settled(): Promise<void> {
    await this.taking;
    await this.queue?.idle();
  }

  select(ids: Iterable<string>): void {
    this.layer.select(new Set(ids));
    this.tell("selection");
  }

  /** The plane on screen; selection and undo are the same on every plane. */
  setPlane(z: number): void {
    this.layer.plane = z;
  }

  /** Answer a conflict. Whichever is chosen, undo brings the other version back. */
  async resolve(nucleus: string, choice: Choice): Promise<void> {
    const queue = this.queue;
    if (!queue?.conflicts.has(nucleus)) return;
    await this.pull();
    if (queue !== this.queue) return; // another document was opened meanwhile
    const dropped = await queue.drop(nucleus);
    const mine = this.drawing.drop(nucleus) ?? null;
    this.gestures.forget(nucleus, new Set(dropped.map((change) => change.gesture)));
    if (choice === "theirs") {
      const theirs = this.drawing.theirs(nucleus);
      const step = { nucleus, before: mine, after: theirs && bare(theirs) };
      this.gestures.did(newId("g"), "conflict", [step]);
    } else if (choice === "mine") {
      this.commit("conflict", [{ nucleus, after: mine }]);
    } else if (mine) {
      const id = newId("n");
      this.commit("conflict", [{ nucleus: id, after: { ...mine, id } }]);
    }
    this.tell("conflict", "change", "saved");
  }

  /** Send what earlier tabs left for other documents. */
  async sendLeft(): Promise<void> {
    const keep = await (this.keep ??= this.keeper());
    await sendLeft(this.api, keep, this.tab, (document) => document === this.id);
  }

  on(event: DocumentEvent, f: () => void): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(f));
    return () => listeners.delete(f);
  }

  /** Try again at once: the network is back, the laptop was opened. */
  wake(): void {
    this.alarm.wake();
    this.queue?.start();
    if (this.id) void this.pull();
  }

  /** Ask what others did. Whether the server answered. */
  async pull(): Promise<boolean> {
    const id = this.id;
    if (!id) return false;
    const since = this.revision;
    try {
      const answer = await this.api.get<{ edits: Logged[]; revision: number }>(
        `documents/${id}/changes?since=${since}`,
      );
      if (id !== this.id) return true;
      this.alarm.wake(); // the server answers: what waits is sent at once
      if (answer.revision < since) {
        await this.open({ document: id }); // the server was set back to a backup
        return true;
      }
      const changed = this.drawing.heard(answer.edits);
      this.drawing.reached(answer.revision);
      if (answer.edits.length > 0) this.tell("change");
      if (changed.some((nucleus) => this.layer.selected.has(nucleus))) this.tell("selection");
      return true;
    } catch {
      return false;
    }
  }

  // --- opening ------------------------------------------------------------------------------------

  private fetched(what: { image: string; shared?: boolean; box?: Box } | { document: string }): Promise<DocumentInfo> {
    if ("document" in what) return this.api.get(`documents/${encodeURIComponent(what.document)}`);
    const { image, shared = false, box } = what;
    return this.api.post("documents", { image, shared, ...(box ? { box } : {}) });
  }

  private queueFor(document: string, alias: string, keep: Keep): EditQueue {
    const ways = {
      post: (edits: Change[]) => this.api.post<Answer>(`documents/${document}/edits`, { edits }),
      pause: (milliseconds: number) => this.alarm.pause(milliseconds),
      random: Math.random,
    };
    return new EditQueue(keep, { document, alias, tab: this.tab }, ways, {
      acknowledged: (change, revision) => {
        if (this.id === document) this.drawing.acknowledged(change, revision);
      },
      answered: (answer) => this.answered(document, answer),
      state: () => this.tell("saved"),
    });
  }

  private async answered(document: string, answer: Answer): Promise<void> {
    if (this.id !== document) return;
    const own = answer.acknowledged.map((one) => one.revision).filter((revision) => revision > this.revision);
    const isAllOurs = own.length === answer.revision - this.revision;
    if (isAllOurs) this.drawing.reached(answer.revision);
    else await this.pull(); // somebody else wrote in between
    if (answer.conflicts.length > 0) this.tell("conflict");
    this.tell("change");
  }

  private async learnGestures(waiting: Change[]): Promise<void> {
    try {
      this.gestures.reset(await this.api.get<Gesture[]>(`documents/${this.id}/gestures`));
    } catch {
      this.gestures.reset([]); // then undo knows this sitting alone
    }
    for (const change of waiting) {
      if (change.undoes || change.redoes) {
        this.gestures.mark((change.undoes ?? change.redoes) as string, Boolean(change.undoes));
      } else {
        this.gestures.found(change.gesture, change.tool ?? "");
      }
    }
  }

  // --- edits --------------------------------------------------------------------------------------

  private mayDraw(): boolean {
    if (!this.readOnly) return true;
    this.say("This document can be looked at, not changed. Ask who owns it, or who reviews it.");
    return false;
  }

  private step(nucleus: string, after: NewNucleus | null): Step {
    const before = this.drawing.nucleus(nucleus);
    const tidy = after && { ...bare(after as Nucleus), rings: after.rings.map(rounded) };
    return { nucleus, before: before ? bare(before) : null, after: tidy };
  }

  private send(
    gesture: string,
    tool: string,
    changes: { nucleus: string; after: NewNucleus | null; base?: number }[],
    mark: Mark = {},
  ): void {
    this.enqueue(
      changes.map(({ nucleus, after, base }) => ({
        id: newId("e"),
        gesture,
        nucleus,
        base: base ?? this.drawing.baseOf(nucleus),
        after,
        tool,
        undoes: mark.undoes ?? null,
        redoes: mark.redoes ?? null,
        time: now(),
      })),
    );
  }

  private enqueue(changes: Change[]): void {
    for (const change of changes) this.drawing.add(change);
    this.queue?.add(changes);
    this.tell("change", "saved");
    const gone = [...this.layer.selected].filter((id) => !this.drawing.nucleus(id));
    if (gone.length > 0) this.select([...this.layer.selected].filter((id) => !gone.includes(id)));
  }

  // --- undo and redo ------------------------------------------------------------------------------

  /** One after the other: the second press may have to wait until the log is here for the first. */
  private inTurn(work: () => Promise<void>): void {
    this.taking = this.taking.then(work, work).catch((problem: unknown) => {
      this.say(problem instanceof Error ? problem.message : String(problem));
    });
  }

  private async turned(gesture: Gesture | null, isUndo: boolean): Promise<void> {
    if (!gesture) return this.say(isUndo ? "There is nothing to undo." : "There is nothing to redo.");
    if (!this.mayDraw()) return;
    const open = this.queue;
    const steps = await this.stepsOf(gesture.id);
    if (open !== this.queue) return; // another document was opened meanwhile
    this.gestures.mark(gesture.id, isUndo);
    const mark: Mark = isUndo ? { undoes: gesture.id } : { redoes: gesture.id };
    const tool = isUndo ? "undo" : "redo";
    const id = newId("g");
    this.send(id, tool, this.backwards(steps.filter((step) => !step.stroke), isUndo), mark);
    const strokes = steps.flatMap((step) => (step.stroke ? [step.stroke] : []));
    if (strokes.length > 0) this.enqueue(strokes.map((stroke) => turnedStroke(stroke, id, isUndo, mark)));
    if (this.layer.selected.size > 0) this.tell("selection");
  }

  /** A nucleus that somebody else changed since gets an old base: a conflict, in which the person chooses. */
  private backwards(steps: Step[], isUndo: boolean) {
    return steps.map((step) => {
      const [expected, after] = isUndo ? [step.after, step.before] : [step.before, step.after];
      const there = this.drawing.nucleus(step.nucleus) ?? null;
      const isMine = isSame(there, expected) || isSame(there, after);
      return { nucleus: step.nucleus, after, ...(isMine ? {} : { base: 0 }) };
    });
  }

  private async stepsOf(gesture: string): Promise<Step[]> {
    const known = this.gestures.stepsOf(gesture);
    if (known) return known;
    const open = this.queue;
    const log = await this.api.get<{ edits: Logged[] }>(`documents/${this.id}/changes?since=0`);
    if (open !== this.queue) return [];
    this.drawing.heard(log.edits); // which revision removed what is not there any more
    const ids = new Set(log.edits.map((change) => change.id));
    const waiting = this.queue?.changes().filter((change) => !ids.has(change.id)) ?? [];
    this.gestures.learn([...log.edits, ...waiting]);
    return this.gestures.stepsOf(gesture) ?? [];
  }

  private say(text: string): void {
    this.message = text;
    this.tell("message");
  }

  private tell(...events: DocumentEvent[]): void {
    for (const event of events) for (const f of [...(this.listeners.get(event) ?? [])]) f();
  }
}

function turnedStroke(stroke: StrokeEdit, gesture: string, isUndo: boolean, mark: Mark): StrokeEdit {
  const target = isUndo ? { removes: stroke.id } : { restores: stroke.id };
  const tool = isUndo ? "undo" : "redo";
  const { class: class_, radius, z } = stroke;
  return { id: newId("e"), gesture, class: class_, radius, z, points: [], tool, time: now(), ...target, ...mark };
}

function now(): string {
  return new Date().toISOString();
}

export function createDocument(api: Api): DrawnDocument {
  return new DrawnDocument(api);
}

/** The document with what the drawing tools need beside the contract. */
export function drawn(document: DocumentState): DrawnDocument {
  if (document instanceof DrawnDocument) return document;
  throw new Error("The studio's document must be made by createDocument of state/document.");
}
