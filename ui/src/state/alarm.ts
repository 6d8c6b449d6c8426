// Waiting: for an answer, no longer than it is worth; for a better moment, until it is woken.

/** An answer that comes too late counts as none: what was sent is sent again, and taken once. */
export function inTime<T>(answer: Promise<T>, patience: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = "The server did not answer in time. What was drawn is kept here, and is sent again.";
    timer = setTimeout(() => reject(new Error(sentence)), patience);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** A pause that can be cut short: the network is back, the laptop was opened. */
export class Alarm {
  private wakers = new Set<() => void>();

  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.wakers.add(done);
    });
  }

  wake(): void {
    for (const waker of [...this.wakers]) waker();
  }
}
