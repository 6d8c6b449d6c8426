// Edits on their way to the server: in order, in batches, again and again until they are acknowledged.
import type { Nucleus } from "../contracts";
import { inTime } from "./alarm";
import { isEdit, type Change } from "./changes";
import type { Keep, Waiting } from "./keep";
import type { Refused } from "./sending";

/** What `POST documents/{id}/edits` answers. */
export interface Answer {
  acknowledged: { id: string; revision: number }[];
  conflicts: { id: string; nucleus: string; theirs: Nucleus | null }[];
  revision: number;
}

/** "login": another session is needed; "shut": the document may not be changed at present. */
export type Saving = "saved" | "saving" | "offline" | "refused" | "login" | "shut";

export interface QueueEvents {
  acknowledged(change: Change, revision: number): void;
  /** After each answer: whether there are conflicts, and the document's revision. */
  answered(answer: Answer): void | Promise<void>;
  state(): void;
}

/** How it reaches the world; tests give their own. */
export interface Ways {
  post(changes: Change[]): Promise<Answer>;
  /** Resolves after some time, or at once when it is woken. */
  pause(milliseconds: number): Promise<void>;
  random(): number;
  /** What a status that is no answer means; not known where it is left out. */
  refused?(status: number): Promise<Refused>;
  /** Milliseconds after which an answer is not waited for any more. */
  patience?: number;
}

const MOST = 400; // edits in a batch
const HEAVIEST = 1_000_000; // characters in a batch, about
const MOST_STROKES = 100; // in a batch, as the server takes them
const PATIENCE = 120_000; // a network that swallows everything gives no error by itself
const LONGEST_PAUSE = 8_000;

export class EditQueue {
  state: Saving = "saved";
  /** Why nothing is sent at present; the server's sentence where there is one. */
  reason = "";
  readonly conflicts = new Map<string, Nucleus | null>();
  private items: Waiting[] = [];
  private running: Promise<void> | null = null;
  private failures = 0;
  private closed = false;
  private most = MOST;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly keep: Keep,
    private readonly owner: { document: string; alias: string; tab: string },
    private readonly ways: Ways,
    private readonly events: QueueEvents,
  ) {}

  get waiting(): number {
    return this.items.length;
  }

  /** Edits of a nucleus that wait, oldest first. */
  chain(nucleus: string): Waiting[] {
    return this.items.filter((one) => isEdit(one.change) && one.change.nucleus === nucleus);
  }

  changes(): Change[] {
    return this.items.map((one) => one.change);
  }

  /** Take over what an earlier tab left. */
  adopt(items: Waiting[]): void {
    const known = new Set(this.items.map((one) => one.change.id));
    const left = items.filter((one) => !known.has(one.change.id));
    for (const one of left) delete one.refused; // the server may take by now what it refused
    this.items.unshift(...left);
    this.start();
  }

  add(changes: Change[]): void {
    const rows: Waiting[] = changes.map((change) => ({ ...this.owner, order: 0, change }));
    this.items.push(...rows);
    const kept = this.keep.add(rows.map(({ order: _, ...row }) => row));
    this.writing = this.writing.then(async () => {
      try {
        for (const [i, order] of (await kept).entries()) rows[i]!.order = order;
      } catch {
        // the disk of this machine is full: the edits wait in memory, and are sent all the same
      }
    });
    this.start();
  }

  /** Give up what waits for a nucleus. Gives it. */
  async drop(nucleus: string): Promise<Change[]> {
    const chain = this.chain(nucleus);
    this.items = this.items.filter((one) => !chain.includes(one));
    this.conflicts.delete(nucleus);
    await this.settle(chain, []);
    this.start();
    return chain.map((one) => one.change);
  }

  start(): void {
    if (this.closed) return;
    this.running ??= this.run().finally(() => {
      this.running = null;
      if (!this.closed && this.batch().length > 0) this.start();
    });
  }

  /** Resolves when nothing can be sent any more, for now. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  close(): void {
    this.closed = true;
  }

  private batch(): Waiting[] {
    const found: Waiting[] = [];
    let [weight, strokes] = [0, 0];
    for (const one of this.items) {
      if (one.refused !== undefined || (isEdit(one.change) && this.conflicts.has(one.change.nucleus))) continue;
      weight += 300 + 8 * (isEdit(one.change) ? (one.change.after?.rings.flat().length ?? 0) : one.change.points.length);
      strokes += isEdit(one.change) ? 0 : 1;
      if (found.length > 0 && (found.length >= this.most || weight > HEAVIEST || strokes > MOST_STROKES)) break;
      found.push(one);
    }
    return found;
  }

  private async run(): Promise<void> {
    for (let batch = this.batch(); batch.length > 0 && !this.closed; batch = this.batch()) {
      if (this.failures === 0) this.show("saving");
      await this.writing;
      try {
        const answer = await inTime(this.ways.post(batch.map((one) => one.change)), this.ways.patience ?? PATIENCE);
        this.failures = 0;
        this.most = Math.min(MOST, this.most * 2);
        await this.settled(batch, answer);
      } catch (problem) {
        if (!(await this.failed(batch, problem))) await this.pause();
      }
    }
    this.show(this.items.some((one) => one.refused !== undefined) ? "refused" : "saved");
  }

  private async settled(batch: Waiting[], answer: Answer): Promise<void> {
    const revisions = new Map(answer.acknowledged.map((one) => [one.id, one.revision]));
    const done = batch.filter((one) => revisions.has(one.change.id));
    const rebased = new Set<Waiting>();
    this.items = this.items.filter((one) => !done.includes(one));
    for (const { change } of done) {
      const revision = revisions.get(change.id) as number;
      if (isEdit(change)) for (const one of this.rebase(change.nucleus, revision)) rebased.add(one);
      this.events.acknowledged(change, revision);
    }
    for (const conflict of answer.conflicts) this.conflicts.set(conflict.nucleus, conflict.theirs);
    await this.settle(done, [...rebased]);
    await this.events.answered(answer);
  }

  /** What waits for a nucleus goes on from the revision that the acknowledged edit has. */
  private rebase(nucleus: string, revision: number): Waiting[] {
    const chain = this.chain(nucleus);
    for (const one of chain) one.change = { ...one.change, base: revision } as Change;
    return chain;
  }

  private async settle(done: Waiting[], changed: Waiting[]): Promise<void> {
    await this.writing;
    const orders = done.map((one) => one.order).filter((order) => order > 0);
    try {
      await this.keep.settle(orders, changed.filter((one) => one.order > 0));
    } catch {
      // they are sent again at the next opening, and acknowledged again
    }
  }

  /** Whether something was done about it, so that the next batch can be sent at once. */
  private async failed(batch: Waiting[], problem: unknown): Promise<boolean> {
    const status = (problem as { status?: number }).status ?? 0;
    const sentence = problem instanceof Error ? problem.message : String(problem);
    this.failures++;
    if ((status === 400 || status === 413 || status === 422) && batch.length > 1) {
      this.most = Math.ceil(batch.length / 2); // one of them is the cause: find it
      return true;
    }
    if (status === 400 || status === 413 || status === 422) {
      const one = batch[0] as Waiting;
      one.refused = this.reason = sentence; // kept on this machine, and the others go on
      await this.settle([], [one]);
      this.failures = 0;
      return true;
    }
    const { meaning, reason = sentence } = (await this.ways.refused?.(status)) ?? { meaning: "offline" };
    if (meaning === "again") return true;
    this.reason = reason;
    this.show(meaning);
    return false;
  }

  private async pause(): Promise<void> {
    if (this.closed) return;
    const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** Math.min(this.failures - 1, 10));
    await this.ways.pause(longest * (0.5 + this.ways.random() / 2));
  }

  private show(state: Saving): void {
    this.state = state;
    this.events.state();
  }
}
