// Keys by the names that `?` shows: "Z", "Ctrl+Shift+Z", "Shift+1", "ArrowLeft", "+".

interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const SAME: Record<string, string> = { " ": "Space", "=": "+", "_": "-" };

/** How a key is written; on a Mac, Command stands for Ctrl. */
export function keyName(event: KeyPress): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const isSign = event.key.length === 1 && !/[a-z]/i.test(event.key) && digit === undefined;
  const base = digit ?? (SAME[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key));
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && !isSign) parts.push("Shift");
  return [...parts, base].join("+");
}

/** Does a press belong to a field that is typed in, or to a control that uses the key itself? */
export function isTaken(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=range])")) {
    return name !== "Escape";
  }
  if (target.matches("input[type=range]")) return /^(Arrow|Page|Home|End)/.test(name);
  return target.matches("button, a, summary, input") && (name === "Enter" || name === "Space");
}

const SHOWN: Record<string, string> = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page ↑", PageDown: "Page ↓", Escape: "Esc",
};

export function keyCaps(name: string): string[] {
  const parts = name === "+" ? ["+"] : name.replace(/\+\+$/, "+plus").split("+");
  return parts.map((part) => SHOWN[part] ?? (part === "plus" ? "+" : part));
}
