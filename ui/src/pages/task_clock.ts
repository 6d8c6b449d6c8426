// Time on task: seconds in which somebody works, with idle time left out.

/** What happens within this time after a person's last move still counts as work. */
export const IDLE_AFTER_MS = 30_000;

export class TaskClock {
  private counted = 0;
  private since: number | null = null;
  private last = 0;

  /** A person moved, drew, scrolled or typed. */
  active(now: number): void {
    if (this.since === null || now < this.last) this.restart(now);
    else if (now - this.last > IDLE_AFTER_MS) {
      this.stop(now);
      this.restart(now);
    }
    this.last = now;
  }

  /** The page is not looked at any more, or the field is left. */
  pause(now: number): void {
    this.stop(now);
    this.since = null;
  }

  /** Seconds that were not taken before; they are counted once. */
  take(now: number): number {
    if (this.since !== null) {
      this.stop(now);
      this.since = now - this.last > IDLE_AFTER_MS ? null : now;
    }
    const seconds = this.counted / 1000;
    this.counted = 0;
    return Math.round(seconds * 10) / 10;
  }

  private restart(now: number): void {
    if (this.since !== null) this.stop(this.last);
    this.since = now;
    this.last = now;
  }

  private stop(now: number): void {
    if (this.since === null) return;
    const end = Math.min(now, this.last + IDLE_AFTER_MS);
    this.counted += Math.max(0, end - this.since);
    this.since = null;
  }
}
