// Pages by what follows `#/` in the address; a path such as "study/:id" has names for its parts.

/** Parameters of a hash where it fits a path, or null. */
export function matchPath(path: string, hash: string): Record<string, string> | null {
  const wanted = parts(path);
  const given = parts(hash.replace(/^#\/?/, "").split("?")[0] ?? "");
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [i, want] of wanted.entries()) {
    const got = given[i] ?? "";
    if (want.startsWith(":")) found[want.slice(1)] = decoded(got);
    else if (want !== got) return null;
  }
  return found;
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is itself
  }
}
