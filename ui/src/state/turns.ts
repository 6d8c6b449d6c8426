// Undo and redo, one after the other; what earlier sittings did is read from the log when it is needed.
import type { Api } from "../contracts";
import type { Change, Logged } from "./changes";
import type { Drawing } from "./drawing";
import type { Edits } from "./edits";
import type { Gesture, Gestures, Step } from "./gestures";

export interface TurnWays {
  /** The open one. */
  document(): string | null;
  /** Another thing after each opening, also of the same document. */
  open(): unknown;
  mayDraw(): boolean;
  say(text: string): void;
  /** Edits that the server does not have yet. */
  waiting(): Change[];
  turned(): void;
}

export class Turns {
  private taking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: Api,
    private readonly drawing: Drawing,
    private readonly gestures: Gestures,
    private readonly edits: Edits,
    private readonly ways: TurnWays,
  ) {}

  undo(): void {
    this.inTurn(() => this.turn(this.gestures.last, true));
  }

  redo(): void {
    this.inTurn(() => this.turn(this.gestures.next, false));
  }

  /** Resolves when all that was asked for is done. */
  async settled(): Promise<void> {
    await this.taking;
  }

  /** What can be undone in a document that is opened, with what waits for it. */
  async learn(document: string, waiting: readonly Change[]): Promise<void> {
    try {
      this.gestures.reset(await this.api.get<Gesture[]>(`documents/${document}/gestures`));
    } catch {
      this.gestures.reset([]); // then undo knows this sitting alone
    }
    for (const change of waiting) {
      const turned = change.undoes ?? change.redoes;
      if (turned) this.gestures.mark(turned, Boolean(change.undoes));
      else this.gestures.found(change.gesture, change.tool ?? "");
    }
  }

  /** The second press may have to wait until the log is here for the first. */
  private inTurn(work: () => Promise<void>): void {
    this.taking = this.taking.then(work, work).catch((problem: unknown) => {
      this.ways.say(problem instanceof Error ? problem.message : String(problem));
    });
  }

  private async turn(gesture: Gesture | null, isUndo: boolean): Promise<void> {
    if (!gesture) return this.ways.say(isUndo ? "There is nothing to undo." : "There is nothing to redo.");
    if (!this.ways.mayDraw()) return;
    const open = this.ways.open();
    const steps = await this.stepsOf(gesture.id);
    if (open !== this.ways.open()) return; // another document was opened meanwhile
    this.gestures.mark(gesture.id, isUndo);
    this.edits.turn(gesture, steps, isUndo);
    this.ways.turned();
  }

  private async stepsOf(gesture: string): Promise<Step[]> {
    const known = this.gestures.stepsOf(gesture);
    if (known) return known;
    const open = this.ways.open();
    const log = await this.api.get<{ edits: Logged[] }>(`documents/${this.ways.document()}/changes?since=0`);
    if (open !== this.ways.open()) return [];
    this.drawing.heard(log.edits); // which revision removed what is not there any more
    const ids = new Set(log.edits.map((change) => change.id));
    const waiting = this.ways.waiting().filter((change) => !ids.has(change.id));
    this.gestures.learn([...log.edits, ...waiting]);
    return this.gestures.stepsOf(gesture) ?? [];
  }
}
