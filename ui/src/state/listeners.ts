// Who wants to know of what happens.

export class Listeners<Event extends string> {
  private readonly of = new Map<Event, Set<() => void>>();

  /** Gives what ends it. */
  on(event: Event, f: () => void): () => void {
    const listeners = this.of.get(event) ?? new Set();
    this.of.set(event, listeners.add(f));
    return () => listeners.delete(f);
  }

  tell(...events: Event[]): void {
    for (const event of events) for (const f of [...(this.of.get(event) ?? [])]) f();
  }
}
