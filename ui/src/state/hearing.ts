// What others do, as soon as they do it: server-sent events, and asking now and then where those fail.
import type { Api } from "../contracts";

const ASK_AFTER = 4_000;
const ASK_AT_MOST = 30_000;

/** Calls `pull` whenever the document may have changed. Gives what ends it. */
export function hear(api: Api, document: string, known: () => number, pull: () => Promise<boolean>): () => void {
  let ended = false;
  let connected = false;
  let pause = ASK_AFTER;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = isHidden() ? () => undefined : listen();
  const looked = () => {
    stop(); // a browser has six connections to a server: pages that nobody looks at hold none of them
    connected = false;
    stop = isHidden() ? () => undefined : listen();
  };
  globalThis.document?.addEventListener("visibilitychange", looked);

  function listen(): () => void {
    const heard = (data: unknown) => {
      if (revisionIn(data) !== known()) void pull();
    };
    const changed = (is: boolean) => {
      if (is && !connected) void pull(); // what happened while nobody listened
      connected = is;
    };
    return api.events(`documents/${document}/events`, heard, changed);
  }

  function ask(): void {
    timer = setTimeout(async () => {
      if (ended) return;
      if (!connected && !isHidden()) {
        const isThere = await pull();
        if (isThere && !ended && !connected) {
          stop(); // the server is there, but the stream is not: browsers give up after some refusals
          stop = listen();
        }
        pause = isThere ? ASK_AFTER : Math.min(ASK_AT_MOST, pause * 1.5);
      }
      if (!ended) ask();
    }, pause);
  }

  ask();
  return () => {
    ended = true;
    globalThis.document?.removeEventListener("visibilitychange", looked);
    clearTimeout(timer);
    stop();
  };
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}

/** The revision in a message: a number, or an object that has it. */
export function revisionIn(data: unknown): number | null {
  if (typeof data === "number") return data;
  const revision = (data as { revision?: unknown } | null)?.revision;
  return typeof revision === "number" ? revision : null;
}
