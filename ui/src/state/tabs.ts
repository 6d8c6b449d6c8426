// Which tabs of this browser are alive: their edits are theirs to send.

const PREFIX = "nuclarium-tab-";

/**
 * Other tabs that are alive; this one is from now on. A browser lets go of a lock when the tab is
 * closed or crashes. Pages over plain HTTP have no locks: then none counts as alive, and an edit
 * may be sent by two tabs, which the server takes once.
 */
export async function liveTabs(own: string): Promise<Set<string>> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (!locks) return new Set();
  const held = (await locks.query()).held ?? [];
  if (!held.some((lock) => lock.name === PREFIX + own)) {
    void locks.request(PREFIX + own, () => new Promise(() => undefined));
  }
  const names = held.map((lock) => lock.name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)).filter((tab) => tab !== own));
}
