import assert from "node:assert/strict";
import { test } from "node:test";
import type { Api, DocumentInfo, Me, NewNucleus } from "../src/contracts";
import { DrawnDocument } from "../src/state/document";
import { newId } from "../src/state/ids";
import { MemoryKeep, type Keep } from "../src/state/keep";
import { savingWords } from "../src/tools/saving_words";

const APPROVED = "This document was approved meanwhile.";

/** A server whose cookie is of one person at a time, and a page of it for each who opened one. */
class Server {
  cookie: { alias: string; csrf: string } | null = { alias: "ann", csrf: "1" };
  isApproved = false;
  readonly taken: { id: string; by: string }[] = [];

  page(): Api {
    let me = this.me();
    const refuse = async () => assert.fail("not in this test");
    return {
      get me() {
        return me;
      },
      refresh: async () => (me = this.me()),
      get: async (path: string) => this.get(path),
      post: async (_: string, body?: unknown) => this.post(body as { edits: { id: string }[] }, me?.csrf),
      events: () => () => undefined,
      patch: refuse, blob: refuse, url: () => "",
    } as unknown as Api;
  }

  private me(): Me | null {
    return this.cookie && ({ ...this.cookie, name: "", role: "rater", single_user: false } as Me);
  }

  private get(path: string): unknown {
    if (!this.cookie) throw refusal(401, "Log in first.");
    if (path === "me") return this.me();
    if (path.startsWith("images/")) return { id: "i", width: 100, height: 100 };
    if (path.endsWith("/gestures")) return [];
    if (path.includes("/changes")) return { edits: [], revision: this.taken.length };
    return {
      id: "d", image: "i", box: null, owner: "ann", study: null, arm: null, repeat: 0, status: "in_work",
      revision: this.taken.length, hierarchy: {}, nuclei: [], strokes: [], read_only: this.isApproved,
    } satisfies DocumentInfo;
  }

  private post({ edits }: { edits: { id: string }[] }, csrf: string | undefined): unknown {
    if (!this.cookie) throw refusal(401, "Log in first.");
    if (csrf !== this.cookie.csrf) throw refusal(403, "A change must carry the token of its session.");
    if (this.isApproved) throw refusal(403, APPROVED);
    const by = this.cookie.alias;
    this.taken.push(...edits.map(({ id }) => ({ id, by })));
    const revision = this.taken.length;
    return { acknowledged: edits.map(({ id }) => ({ id, revision })), conflicts: [], revision };
  }
}

function refusal(status: number, sentence: string): Error {
  return Object.assign(new Error(sentence), { status });
}

async function opened(server: Server, keep: Keep = new MemoryKeep()): Promise<DrawnDocument> {
  const document = new DrawnDocument(server.page(), async () => keep);
  await document.open({ document: "d" });
  return document;
}

function draw(document: DrawnDocument): void {
  const id = newId("n");
  const after: NewNucleus = { id, kind: "point", rings: [[1, 1]], label: "", z: null, suggestion: null, verdict: null };
  document.commit("point", [{ nucleus: id, after }]);
}

async function turns(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
}

test("what is drawn in a document that was approved meanwhile is kept, told of, and sent once it is open again", async () => {
  const [server, keep] = [new Server(), new MemoryKeep()];
  const document = await opened(server, keep);
  server.isApproved = true;
  draw(document);
  draw(document);
  await turns();
  assert.deepEqual([document.saving.state, document.saving.waiting, document.readOnly], ["shut", 2, true]);
  const { short, long, level } = savingWords({ ...document.saving, isLasting: true });
  assert.equal(short, "2 changes not taken");
  assert.equal(long, `${APPROVED} Your last 2 changes were not taken: they are kept in this browser, and are sent as soon as the document is open to you again.`);
  assert.equal(level, "error");
  draw(document); // and nothing is drawn that nobody takes
  assert.equal((await keep.load("ann")).length, 2);
  server.isApproved = false;
  document.wake();
  await turns();
  assert.deepEqual([document.saving.state, server.taken.length, document.readOnly], ["saved", 2, false]);
  assert.deepEqual(await keep.load("ann"), []);
  document.close();
});

test("whose session ended is asked to log in again, and what was drawn goes with the new one", async () => {
  const server = new Server();
  const document = await opened(server);
  server.cookie = null;
  draw(document);
  await turns();
  assert.equal(document.saving.state, "login");
  assert.equal(savingWords(document.saving).short, "Log in again to send 1 change");
  draw(document); // one may go on meanwhile
  server.cookie = { alias: "ann", csrf: "2" }; // in another tab
  document.wake();
  await turns();
  assert.deepEqual([document.saving.state, server.taken.map((one) => one.by)], ["saved", ["ann", "ann"]]);
  document.close();
});

test("nothing is sent in the name of another person who logged in in another tab", async () => {
  const [server, keep] = [new Server(), new MemoryKeep()];
  const document = await opened(server, keep);
  server.cookie = { alias: "ben", csrf: "3" };
  draw(document);
  await turns();
  assert.equal(document.saving.state, "login");
  assert.match(savingWords(document.saving).long, /^ben is logged in in this browser now\. Log in as ann again to send 1 change:/);
  document.wake();
  await turns();
  assert.equal(server.taken.length, 0);
  document.close();
  const bens = await opened(server, keep);
  await bens.sendLeft();
  await turns();
  assert.deepEqual([server.taken.length, bens.saving.waiting], [0, 0]);
  bens.close();
  server.cookie = { alias: "ann", csrf: "4" };
  const again = await opened(server, keep);
  await turns();
  assert.deepEqual(server.taken.map((one) => one.by), ["ann"]);
  again.close();
});

test("a page whose person changed sends nothing that the former one drew", async () => {
  const server = new Server();
  const api = server.page();
  const document = new DrawnDocument(api, async () => new MemoryKeep());
  await document.open({ document: "d" });
  server.cookie = { alias: "ben", csrf: "5" };
  await api.refresh(); // the page is of ben now, with a token that holds
  draw(document);
  await turns();
  assert.deepEqual([document.saving.state, server.taken.length], ["login", 0]);
  document.close();
});
