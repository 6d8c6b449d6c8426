// Edits that the server has not acknowledged, on this machine's disk: a closed or crashed tab loses none.
import type { Change } from "./changes";

/** An edit that waits. `order` counts up over all tabs of this browser. */
export interface Waiting {
  order: number;
  document: string;
  alias: string /* who made it: nobody else's session sends it */;
  tab: string;
  change: Change;
  refused?: string /* the server's sentence: it can never be taken */;
}

export interface Keep {
  /** Whether what is added outlives the tab. */
  readonly isLasting: boolean;
  add(waiting: Omit<Waiting, "order">[]): Promise<number[]>;
  /** Both or neither: forget some, and write others anew. */
  settle(done: number[], changed: Waiting[]): Promise<void>;
  load(alias: string, document?: string): Promise<Waiting[]>;
}

/** Where the browser keeps nothing (private windows of some): in memory, and `isLasting` says so. */
export class MemoryKeep implements Keep {
  readonly isLasting: boolean = false;
  private readonly rows = new Map<number, Waiting>();
  private order = 0;

  async add(waiting: Omit<Waiting, "order">[]): Promise<number[]> {
    return waiting.map((one) => {
      this.rows.set(++this.order, { ...structuredClone(one), order: this.order });
      return this.order;
    });
  }

  async settle(done: number[], changed: Waiting[]): Promise<void> {
    for (const order of done) this.rows.delete(order);
    for (const one of changed) if (this.rows.has(one.order)) this.rows.set(one.order, structuredClone(one));
  }

  async load(alias: string, document?: string): Promise<Waiting[]> {
    const rows = [...this.rows.values()].filter((one) => one.alias === alias);
    return structuredClone(rows.filter((one) => document === undefined || one.document === document));
  }
}

const STORE = "waiting";

export class DiskKeep implements Keep {
  readonly isLasting = true;

  private constructor(private readonly base: IDBDatabase) {}

  static open(factory: IDBFactory = indexedDB, name = "nuclarium-studio"): Promise<DiskKeep> {
    return new Promise((resolve, reject) => {
      const asked = factory.open(name, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "order", autoIncrement: true });
      asked.onsuccess = () => resolve(new DiskKeep(asked.result));
      asked.onerror = () => reject(asked.error);
      asked.onblocked = () => reject(new Error("Another tab holds an older form of what waits. Close it."));
    });
  }

  add(waiting: Omit<Waiting, "order">[]): Promise<number[]> {
    return this.write((store) => waiting.map((one) => store.add(one))).then((asked) =>
      asked.map((one) => one.result as number),
    );
  }

  async settle(done: number[], changed: Waiting[]): Promise<void> {
    await this.write((store) => {
      for (const order of done) store.delete(order);
      return changed.map((one) => store.put(one));
    });
  }

  async load(alias: string, document?: string): Promise<Waiting[]> {
    const rows = await new Promise<Waiting[]>((resolve, reject) => {
      const asked = this.base.transaction(STORE).objectStore(STORE).getAll();
      asked.onsuccess = () => resolve(asked.result as Waiting[]);
      asked.onerror = () => reject(asked.error);
    });
    return rows.filter((one) => one.alias === alias && (document === undefined || one.document === document));
  }

  /** Done when it is on the disk, not when the browser has it in hand. */
  private write(work: (store: IDBObjectStore) => IDBRequest[]): Promise<IDBRequest[]> {
    return new Promise((resolve, reject) => {
      const transaction = this.base.transaction(STORE, "readwrite", { durability: "strict" });
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** The disk where there is one. */
export async function openKeep(): Promise<Keep> {
  try {
    return await DiskKeep.open();
  } catch {
    return new MemoryKeep();
  }
}
