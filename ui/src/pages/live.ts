// Pages that stay fresh by themselves: asked again every few seconds, and not while nobody looks.

const EVERY_MS = 4_000;

/** Tell each answer that differs from the one before, until the signal says stop. */
export function keepFresh<T>(signal: AbortSignal, first: T, ask: (signal: AbortSignal) => Promise<T>, changed: (now: T) => void): void {
  let known = JSON.stringify(first);
  let isAsking = false;
  const look = async (): Promise<void> => {
    if (document.hidden || isAsking) return;
    isAsking = true;
    try {
      const now = await ask(signal);
      const text = JSON.stringify(now);
      if (signal.aborted || text === known) return;
      known = text;
      changed(now);
    } catch {
      // no answer now: the page stays as it was, and is asked again
    } finally {
      isAsking = false;
    }
  };
  const soon = (): void => void look();
  const timer = setInterval(soon, EVERY_MS);
  document.addEventListener("visibilitychange", soon, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
}
