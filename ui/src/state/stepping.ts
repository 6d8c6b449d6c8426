// From one nucleus to the next without a pointer: as one reads, line after line.

const LINE = 64; // image px: what is nearly at one height is read from left to right

export interface Placed {
  id: string;
  at: [number, number];
}

/** The one after `from`, or before it; over the end it goes on at the beginning. Null without any. */
export function stepped(all: Iterable<Placed>, from: Placed | null, by: 1 | -1): Placed | null {
  let best: Placed | null = null;
  let first: Placed | null = null;
  for (const one of all) {
    if (!first || by * compared(one, first) < 0) first = one;
    if (from && by * compared(one, from) > 0 && (!best || by * compared(one, best) < 0)) best = one;
  }
  return best ?? first;
}

function compared(a: Placed, b: Placed): number {
  const lines = Math.floor(a.at[1] / LINE) - Math.floor(b.at[1] / LINE);
  return lines || a.at[0] - b.at[0] || a.at[1] - b.at[1] || (a.id < b.id ? -1 : Number(a.id > b.id));
}
