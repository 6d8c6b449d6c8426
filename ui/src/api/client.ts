// Talks to the server: JSON, the token against cross-site requests, sentences for what goes wrong.
import type { Api, Me } from "../contracts";

/** A refusal of the server, or (status 0) no answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.name = "ApiError";
    this.status = status;
  }
}

const UNREACHED = "The server does not answer. Check that nuclarium annotate still runs; work goes on here meanwhile.";

export function createApi(root = "api/"): Api {
  let me: Me | null = null;

  async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && me) headers["X-CSRF-Token"] = me.csrf;
    let answer: Response;
    try {
      answer = await fetch(root + path, {
        method,
        headers,
        credentials: "same-origin",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
    } catch (problem) {
      if (signal?.aborted) throw problem;
      throw new ApiError(0, UNREACHED);
    }
    if (!answer.ok) throw new ApiError(answer.status, await sentenceOf(answer));
    return answer;
  }

  async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const answer = await request(method, path, body, signal);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  return {
    get me() {
      return me;
    },
    async refresh() {
      try {
        me = await json<Me>("GET", "me");
      } catch (problem) {
        if (!(problem instanceof ApiError) || (problem.status !== 401 && problem.status !== 403)) throw problem;
        me = null;
      }
      return me;
    },
    get: (path, signal) => json("GET", path, undefined, signal),
    post: (path, body, signal) => json("POST", path, body ?? {}, signal),
    patch: (path, body) => json("PATCH", path, body ?? {}),
    blob: async (path, body, signal) =>
      (await request(body === undefined ? "GET" : "POST", path, body, signal)).blob(),
    url: (path, query) => root + path + queryText(query),
    events(path, message, connected) {
      const source = new EventSource(root + path);
      source.onmessage = (event) => message(JSON.parse(event.data as string));
      source.onopen = () => connected?.(true);
      source.onerror = () => connected?.(false);
      return () => source.close();
    },
  };
}

export function queryText(query: Record<string, string | number | string[]> = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) pairs.append(name, String(one));
  }
  const text = pairs.toString();
  return text ? `?${text}` : "";
}

/** The server's reason for a refusal, or a sentence where something else answered in its place. */
export async function sentenceOf(answer: Response): Promise<string> {
  try {
    const body = (await answer.json()) as { error?: unknown };
    if (typeof body.error === "string") return body.error;
  } catch {
    // not JSON: a proxy answered in the server's place
  }
  return `The server refused with status ${answer.status} and gave no reason. Reload the page and try again.`;
}
