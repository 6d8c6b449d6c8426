// New ids: a letter for what it names, and 32 random hexadecimal digits.

/** `crypto.randomUUID` exists on secure pages alone; a laboratory's server has plain HTTP. */
export function newId(letter: "n" | "e" | "g"): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${letter}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
