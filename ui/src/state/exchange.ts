// One open document and the server: what is drawn goes there, what others do comes from there.
import type { Api } from "../contracts";
import { Alarm } from "./alarm";
import type { Logged } from "./changes";
import type { Drawing } from "./drawing";
import { hear } from "./hearing";
import type { Keep, Waiting } from "./keep";
import { EditQueue, type Answer } from "./queue";
import { sending } from "./sending";

export interface Told {
  /** Others changed the document; `nuclei` look otherwise now. */
  changed(nuclei: string[]): void;
  /** The server answered what was sent. */
  answered(hasConflicts: boolean): void;
  saving(): void;
  /** The server was set back to a backup: everything has to be read anew. */
  setBack(): Promise<void>;
}

export class Exchange {
  readonly queue: EditQueue;
  private readonly alarm = new Alarm();
  private isClosed = false;
  private stopHearing: () => void = () => undefined;

  constructor(
    private readonly api: Api,
    private readonly owner: { document: string; alias: string; tab: string },
    private readonly drawing: Drawing,
    readonly keep: Keep,
    private readonly told: Told,
  ) {
    this.queue = this.queueOf();
  }

  /** Send what earlier tabs left, and hear of what others do. */
  start(left: Waiting[]): void {
    this.queue.adopt(left);
    this.stopHearing = hear(this.api, this.owner.document, () => this.drawing.revision, () => this.pull());
  }

  close(): void {
    this.isClosed = true;
    this.stopHearing();
    this.queue.close();
    this.alarm.wake();
  }

  /** Try again at once. */
  wake(): void {
    this.alarm.wake();
    this.queue.start();
    void this.pull();
  }

  /** Ask what others did. Whether the server answered. */
  async pull(): Promise<boolean> {
    const since = this.drawing.revision;
    try {
      const answer = await this.api.get<{ edits: Logged[]; revision: number; edition?: string }>(
        `documents/${this.owner.document}/changes?since=${since}`,
      );
      if (this.isClosed) return true;
      this.alarm.wake(); // the server answers: what waits is sent at once
      if ((answer.edition ?? "") !== this.drawing.edition || answer.revision < since) {
        await this.told.setBack();
        return true;
      }
      const changed = this.drawing.heard(answer.edits);
      this.drawing.reached(answer.revision);
      if (answer.edits.length > 0) this.told.changed(changed);
      return true;
    } catch {
      return false;
    }
  }

  private queueOf(): EditQueue {
    const ways = {
      ...sending(this.api, this.owner),
      pause: (milliseconds: number) => this.alarm.pause(milliseconds),
      random: Math.random,
    };
    return new EditQueue(this.keep, this.owner, ways, {
      acknowledged: (change, revision) => {
        if (!this.isClosed) this.drawing.acknowledged(change, revision);
      },
      answered: (answer) => this.answered(answer),
      state: () => this.told.saving(),
    });
  }

  private async answered(answer: Answer): Promise<void> {
    if (this.isClosed) return;
    const { revision } = this.drawing;
    const own = answer.acknowledged.filter((one) => one.revision > revision);
    const isAllOurs = own.length === answer.revision - revision;
    if (isAllOurs) this.drawing.reached(answer.revision);
    else await this.pull(); // somebody else wrote in between
    this.told.answered(answer.conflicts.length > 0);
  }
}
