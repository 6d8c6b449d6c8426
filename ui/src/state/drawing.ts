// What is confirmed by the server, what waits, and what is on screen: the one above the other.
import type { DocumentInfo, Edit, NewNucleus, Nucleus } from "../contracts";
import { bare, isEdit, isSame, type Change, type Logged, type StrokeEdit } from "./changes";
import { emptyDrawn, put, revisionOf, strokesOf, type Drawn } from "./fold";
import { Layer } from "./layer";

export class Drawing {
  readonly layer = new Layer();
  private confirmed: Drawn = emptyDrawn();
  private waiting = new Map<string, Edit[]>();
  private waitingStrokes: StrokeEdit[] = [];
  alias = "";
  /** Of the store in which all this is. */
  edition = "";

  get revision(): number {
    return this.confirmed.revision;
  }

  /** A document as the server has it, and what waits for it. */
  reset(info: DocumentInfo, alias: string, waiting: readonly Change[]): void {
    [this.alias, this.edition] = [alias, info.edition ?? ""];
    this.confirmed = emptyDrawn();
    this.confirmed.revision = info.revision;
    for (const nucleus of info.nuclei) this.confirmed.nuclei.set(nucleus.id, nucleus);
    for (const stroke of info.strokes) this.confirmed.drawn.set(stroke.id, stroke);
    this.waiting.clear();
    this.waitingStrokes = [];
    this.layer.reset(this.confirmed.nuclei.values());
    for (const change of waiting) this.add(change);
  }

  /** What is seen: the person's own last version, else what the server has. */
  nucleus(id: string): Nucleus | undefined {
    const own = this.waiting.get(id)?.at(-1);
    if (!own) return this.confirmed.nuclei.get(id);
    return own.after ? { ...own.after, rater: this.alias, revision: own.base } : undefined;
  }

  /** What the server has. */
  theirs(id: string): Nucleus | null {
    return this.confirmed.nuclei.get(id) ?? null;
  }

  get strokes(): StrokeEdit[] {
    const all: Drawn = { ...emptyDrawn(), drawn: new Map(this.confirmed.drawn), hidden: new Set(this.confirmed.hidden) };
    for (const stroke of this.waitingStrokes) put(all, stroke, this.alias, 0);
    return strokesOf(all);
  }

  /** The base of the next edit of a nucleus: edits that wait go on from where the first of them began. */
  baseOf(id: string): number {
    return this.waiting.get(id)?.[0]?.base ?? revisionOf(this.confirmed, id);
  }

  /** An edit is on screen from now on, and waits. */
  add(change: Change): void {
    if (!isEdit(change)) {
      this.waitingStrokes.push(change);
      return;
    }
    const chain = this.waiting.get(change.nucleus);
    if (chain) chain.push(change);
    else this.waiting.set(change.nucleus, [change]);
    this.show(change.nucleus);
  }

  /** The server has it, as this revision. */
  acknowledged(change: Change, revision: number): void {
    if (!isEdit(change)) {
      this.waitingStrokes = this.waitingStrokes.filter((one) => one.id !== change.id);
    } else {
      const left = (this.waiting.get(change.nucleus) ?? []).filter((one) => one.id !== change.id);
      this.setWaiting(change.nucleus, left.map((one) => ({ ...one, base: revision })));
    }
    this.take(change, this.alias, revision);
  }

  /** Edits of the log, ours among them. Gives the nuclei that look otherwise now. */
  heard(log: readonly Logged[]): string[] {
    const changed: string[] = [];
    for (const { revision, by, stored: _, ...change } of log) {
      const before = isEdit(change as Change) ? this.nucleus((change as Edit).nucleus) : undefined;
      if (!this.take(change as Change, by, revision) || !isEdit(change as Change)) continue;
      const id = (change as Edit).nucleus;
      if (!isSame(before ?? null, this.nucleus(id) ?? null)) changed.push(id);
    }
    return changed;
  }

  /** All edits up to a revision are in. */
  reached(revision: number): void {
    this.confirmed.revision = Math.max(this.confirmed.revision, revision);
  }

  /** What waited for a nucleus is given up. Gives the person's last version; undefined where nothing waited. */
  drop(id: string): NewNucleus | null | undefined {
    const last = this.waiting.get(id)?.at(-1);
    this.setWaiting(id, []);
    this.show(id);
    return last === undefined ? undefined : last.after && bare(last.after as Nucleus);
  }

  private setWaiting(id: string, edits: Edit[]): void {
    if (edits.length > 0) this.waiting.set(id, edits);
    else this.waiting.delete(id);
  }

  private take(change: Change, by: string, revision: number): boolean {
    if (isEdit(change) && revision <= revisionOf(this.confirmed, change.nucleus)) return false;
    put(this.confirmed, change, by, revision);
    if (isEdit(change)) this.show(change.nucleus);
    return true;
  }

  private show(id: string): void {
    this.layer.put(id, this.nucleus(id) ?? null);
  }
}
