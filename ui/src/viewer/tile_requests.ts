// Asks for tiles: a few at a time, in the order they are wanted, sketches of a slide again after a while.

const AT_ONCE = 6;
const BUSY_MS = 500; // before a server that is busy or out of reach is asked again
const SKETCH_MS = 1500; // before a sketch of an overview in the making is asked for again
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export interface Entry {
  readonly url: string;
  bitmap: ImageBitmap | null;
  used: number;
  request: AbortController | null;
  failed: boolean;
  /** When a sketch is to be asked for again; null once the tile is what it will be. */
  again: number | null;
}

export interface TileNews {
  arrived(): void;
  refused(answer: Response): void;
  /** How much of the overview of a slide is made, 0 to 1; its tiles are sketches until then. */
  sketched(made: number): void;
}

export function newEntry(url: string): Entry {
  return { url, bitmap: null, used: 0, request: null, failed: false, again: null };
}

/** Is it there as it will be? */
export function isFinal(entry: Entry | null): boolean {
  return entry !== null && entry.bitmap !== null && entry.again === null;
}

/** Should it be asked for, if it is looked at? */
export function isDue(entry: Entry, now = performance.now()): boolean {
  return !entry.failed && (entry.bitmap === null || (entry.again !== null && entry.again <= now));
}

export class TileRequests {
  private busy = 0;
  private waiting = 0;
  private wanted: Entry[] = [];

  constructor(private readonly news: TileNews) {}

  /** These are wanted from now on, the first first; others that nobody looks at are let go. */
  want(entries: readonly Entry[], all: Iterable<Entry>): void {
    const due = new Set(entries.filter((entry) => isDue(entry)));
    this.wanted = [...due].filter((entry) => !entry.request);
    for (const entry of all) if (entry.request && !due.has(entry)) entry.request.abort();
    this.next();
  }

  close(all: Iterable<Entry>): void {
    clearTimeout(this.waiting);
    this.wanted = [];
    for (const entry of all) {
      entry.request?.abort();
      entry.bitmap?.close();
    }
  }

  private next(): void {
    while (this.busy < AT_ONCE) {
      const entry = this.wanted.shift();
      if (!entry) return;
      if (!entry.request && isDue(entry)) void this.fetch(entry);
    }
  }

  private async fetch(entry: Entry): Promise<void> {
    entry.request = new AbortController();
    this.busy++;
    try {
      const answer = await fetch(entry.url, { signal: entry.request.signal, credentials: "same-origin" });
      if (answer.ok) await this.take(entry, answer);
      else if (answer.status === 503 || answer.status === 429) await pause(BUSY_MS); // asked again
      else {
        entry.failed = true;
        this.news.refused(answer);
      }
    } catch {
      if (!entry.request?.signal.aborted) await pause(BUSY_MS);
      // aborted or unreached: asked again when it is looked at
    } finally {
      entry.request = null;
      this.busy--;
      this.news.arrived();
      this.next();
    }
  }

  /** A sketch is shown, and asked for again in a while. */
  private async take(entry: Entry, answer: Response): Promise<void> {
    const made = answer.headers.get("x-overview");
    const bitmap = await createImageBitmap(await answer.blob());
    entry.bitmap?.close();
    entry.bitmap = bitmap;
    if (made !== null) this.news.sketched(Number(made));
    else if (entry.again !== null) this.news.sketched(1);
    entry.again = made === null ? null : performance.now() + SKETCH_MS;
    if (made === null) return;
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.news.arrived(), SKETCH_MS + 20);
  }
}
