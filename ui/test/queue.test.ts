import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import type { Api, DocumentInfo, Edit, NewNucleus, Nucleus } from "../src/contracts";
import { isEdit, type Change, type Logged } from "../src/state/changes";
import { DrawnDocument } from "../src/state/document";
import { applied, emptyDrawn, put, revisionOf, type Drawn } from "../src/state/fold";
import { hear } from "../src/state/hearing";
import { newId } from "../src/state/ids";
import { DiskKeep, MemoryKeep, type Keep } from "../src/state/keep";
import { EditQueue } from "../src/state/queue";

/** A server of one document with the rules of annotate/judge.py, whose network fails as it is told. */
class Server {
  drawn: Drawn = emptyDrawn();
  log: Logged[] = [];
  fails: () => "" | "before" | "after" = () => "";
  edition = "first";
  posts = 0;
  private listeners = new Set<(data: unknown) => void>();

  api(alias: string): Api {
    const me = { alias, name: alias, role: "rater", single_user: false, csrf: "" };
    const refuse = async () => assert.fail("not in this test");
    return {
      me,
      get: async (path: string) => this.get(path, alias),
      post: async (path: string, body?: unknown) => this.post(path, body as { edits: Change[] }, alias),
      events: (_: string, heard: (data: unknown) => void, connected?: (is: boolean) => void) => {
        this.listeners.add(heard);
        connected?.(true);
        return () => this.listeners.delete(heard);
      },
      refresh: refuse, patch: refuse, blob: refuse, url: () => "",
    } as unknown as Api;
  }

  private get(path: string, alias: string): unknown {
    if (this.fails() !== "") throw new Error("no network");
    if (path.startsWith("images/")) return { id: "i", width: 100, height: 100 };
    if (path.endsWith("/gestures")) return gesturesOf(this.log.filter((one) => one.by === alias));
    const since = /since=(\d+)/.exec(path);
    if (since) return structuredClone({ edits: this.log.filter((one) => one.revision > Number(since[1])), revision: this.drawn.revision, edition: this.edition });
    return this.info();
  }

  info(): DocumentInfo {
    const nuclei = [...this.drawn.nuclei.values()];
    return structuredClone({
      id: "d", image: "i", box: null, owner: null, study: null, arm: null, repeat: 0, status: "in_work",
      revision: this.drawn.revision, hierarchy: {}, nuclei, strokes: [], read_only: false, edition: this.edition,
    });
  }

  private post(path: string, body: { edits: Change[] }, alias: string): unknown {
    if (path === "documents") return this.info();
    this.posts++;
    const failure = this.fails();
    if (failure === "before") throw new Error("no network");
    const answer = this.append(structuredClone(body.edits), alias);
    if (failure === "after") throw new Error("the answer is lost");
    return answer;
  }

  append(changes: Change[], alias: string) {
    const acknowledged: { id: string; revision: number }[] = [];
    const conflicts: { id: string; nucleus: string; theirs: Nucleus | null }[] = [];
    const own = new Map<string, { bases: Set<number>; revision: number }>();
    for (const change of changes) {
      const known = this.log.find((one) => one.id === change.id);
      const mine = isEdit(change) ? own.get(change.nucleus) : undefined;
      const isOn = isEdit(change) && mine?.bases.has(change.base) && mine.revision === revisionOf(this.drawn, change.nucleus);
      if (!known && isEdit(change) && !isOn && !applied(this.drawn, change, alias)) {
        conflicts.push({ id: change.id, nucleus: change.nucleus, theirs: this.drawn.nuclei.get(change.nucleus) ?? null });
        continue;
      }
      if (!known) {
        put(this.drawn, change, alias, ++this.drawn.revision);
        this.log.push({ ...change, revision: this.drawn.revision, by: alias });
      }
      const revision = known?.revision ?? this.drawn.revision;
      acknowledged.push({ id: change.id, revision });
      if (isEdit(change)) own.set(change.nucleus, { bases: new Set([...(mine?.bases ?? []), change.base]), revision });
    }
    return { acknowledged, conflicts, revision: this.drawn.revision };
  }

  tell(): void {
    for (const heard of this.listeners) heard({ revision: this.drawn.revision });
  }
}

function gesturesOf(log: Logged[]) {
  const list: { id: string; tool: string; undone: boolean; redoable: boolean }[] = [];
  for (const one of log) {
    const target = list.find((gesture) => gesture.id === (one.undoes ?? one.redoes));
    if (target) target.undone = target.redoable = Boolean(one.undoes);
    else if (!one.undoes && !one.redoes && !list.some((gesture) => gesture.id === one.gesture)) {
      for (const gesture of list) gesture.redoable = false;
      list.push({ id: one.gesture, tool: one.tool ?? "", undone: false, redoable: false });
    }
  }
  return list;
}

function outline(id: string, x: number, label = ""): NewNucleus {
  return { id, kind: "outline", rings: [[x, 0, x + 4, 0, x + 4, 4]], label, z: null, suggestion: null, verdict: null };
}

async function opened(server: Server, alias = "ann", keep: Keep = new MemoryKeep()): Promise<DrawnDocument> {
  const document = new DrawnDocument(server.api(alias), async () => keep);
  await document.open({ document: "d" });
  return document;
}

/** Numbers that look random and are the same in every run. */
function lot(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

const seen = (document: DrawnDocument) =>
  [...document.layer.nuclei()].map(({ rater: _, revision: __, ...rest }) => rest).sort((a, b) => (a.id < b.id ? -1 : 1));
const stored = (server: Server) =>
  [...server.drawn.nuclei.values()].map(({ rater: _, revision: __, ...rest }) => rest).sort((a, b) => (a.id < b.id ? -1 : 1));

async function saved(document: DrawnDocument): Promise<void> {
  for (let i = 0; i < 400 && document.saving.waiting > 0; i++) {
    document.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await document.settled();
}

test("with a network that fails at random nothing is lost and nothing is doubled", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const [server, random] = [new Server(), lot(seed)];
    const document = await opened(server);
    server.fails = () => (["", "before", "after"] as const)[Math.floor(random() * 3)]!;
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) {
      const id = random() < 0.5 || ids.length === 0 ? newId("n") : ids[Math.floor(random() * ids.length)]!;
      ids.push(id);
      document.commit("brush", [{ nucleus: id, after: random() < 0.2 ? null : outline(id, i) }]);
      if (random() < 0.2) document.undo();
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    await turns();
    const wanted = seen(document);
    await saved(document);
    assert.deepEqual(stored(server), wanted);
    assert.deepEqual(seen(document), wanted);
    assert.equal(new Set(server.log.map((one) => one.id)).size, server.log.length);
    assert.equal(document.conflicts.length, 0);
    document.close();
  }
});

test("undo of everything gives what was there before, and redo brings everything back", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const [server, random] = [new Server(), lot(seed)];
    server.append([edit(newId("n"), 0, 1)], "ben");
    const document = await opened(server);
    const states = [seen(document)];
    for (let i = 0; i < 20; i++) {
      const known = [...document.layer.nuclei()].map((nucleus) => nucleus.id);
      const some = known.filter(() => random() < 0.3);
      const changes = [...some, ...(random() < 0.6 || some.length === 0 ? [newId("n")] : [])];
      document.commit("brush", changes.map((id, j) => ({ nucleus: id, after: known.includes(id) && random() < 0.4 ? null : outline(id, 100 * i + j, "tumor") })));
      states.push(seen(document));
    }
    for (let i = states.length - 2; i >= 0; i--) {
      document.undo();
      if (random() < 0.4) await saved(document);
      await turns();
      assert.deepEqual(seen(document), states[i]);
    }
    for (let i = 1; i < states.length; i++) {
      document.redo();
      await turns();
      assert.deepEqual(seen(document), states[i]);
    }
    await saved(document);
    assert.deepEqual(stored(server), states.at(-1));
    document.close();
  }
});

test("undo goes on behind a reload, and redo after it", async () => {
  const server = new Server();
  const first = await opened(server);
  const [a, b] = [newId("n"), newId("n")];
  first.commit("polygon", [{ nucleus: a, after: outline(a, 1) }]);
  first.commit("merge", [{ nucleus: a, after: null }, { nucleus: b, after: outline(b, 2) }]);
  first.commit("classes", [{ nucleus: b, after: outline(b, 2, "tumor") }]);
  await saved(first);
  first.undo();
  await saved(first);
  first.close();
  const second = await opened(server);
  second.redo();
  await saved(second);
  assert.equal(second.nucleus(b)?.label, "tumor");
  for (let i = 0; i < 3; i++) second.undo();
  await saved(second);
  assert.deepEqual(stored(server), []);
  second.redo();
  await saved(second);
  assert.deepEqual(stored(server), [outline(a, 1)]);
  second.close();
});

test("what a crashed tab could not send is sent at the next opening, once", async () => {
  const server = new Server();
  const keep = await DiskKeep.open(indexedDB, "crash");
  const first = await opened(server, "ann", keep);
  server.fails = () => "after"; // it is stored, and the tab never learns it
  const a = newId("n");
  first.commit("brush", [{ nucleus: a, after: outline(a, 1) }]);
  await turns();
  server.fails = () => "before";
  first.commit("brush", [{ nucleus: a, after: outline(a, 2) }]);
  await turns();
  first.close();
  server.fails = () => "";
  const other = await opened(server, "ben", keep);
  assert.equal(other.saving.waiting, 0, "nobody sends the work of somebody else");
  other.close();
  const second = await opened(server, "ann", await DiskKeep.open(indexedDB, "crash"));
  assert.deepEqual(seen(second), [outline(a, 2)], "shown at once");
  await saved(second);
  assert.deepEqual(stored(server), [outline(a, 2)]);
  assert.equal(server.log.length, 2);
  assert.deepEqual(await keep.load("ann"), []);
  second.close();
});

for (const [choice, kept] of [["theirs", 1], ["mine", 2], ["both", 3]] as const) {
  test(`of two versions the person keeps ${choice}, and undo brings back the other`, async () => {
    const server = new Server();
    const a = newId("n");
    server.append([edit(a, 0, 1)], "ben");
    const document = await opened(server);
    server.append([edit(a, 1, 50)], "ben"); // the page does not know of it yet
    document.commit("brush", [{ nucleus: a, after: outline(a, 90) }]);
    document.commit("brush", [{ nucleus: a, after: outline(a, 91) }]);
    await turns();
    assert.deepEqual(document.conflicts.map(({ mine, theirs }) => [mine?.rings[0]?.[0], theirs?.rings[0]?.[0]]), [[91, 50]]);
    await document.resolve(a, choice);
    await saved(document);
    const places = stored(server).map((nucleus) => nucleus.rings[0]?.[0]).sort();
    assert.deepEqual(places, { 1: [50], 2: [91], 3: [50, 91] }[kept]);
    assert.deepEqual(seen(document), stored(server));
    document.undo();
    await saved(document);
    assert.deepEqual(stored(server).map((nucleus) => nucleus.rings[0]?.[0]), { 1: [91], 2: [50], 3: [50] }[kept]);
    document.close();
  });
}

test("undo of what somebody else changed since asks instead of taking it back", async () => {
  const server = new Server();
  const document = await opened(server);
  const a = newId("n");
  document.commit("brush", [{ nucleus: a, after: outline(a, 1) }]);
  await saved(document);
  server.append([edit(a, 1, 50)], "ben");
  server.tell();
  await turns();
  document.undo();
  await turns();
  assert.equal(document.conflicts.length, 1);
  assert.equal(server.drawn.nuclei.get(a)?.rings[0]?.[0], 50);
  document.close();
});

test("what others do comes by events, and strokes are undone like nuclei", async () => {
  const server = new Server();
  const document = await opened(server);
  server.append([edit(newId("n"), 0, 7)], "ben");
  server.tell();
  await turns();
  assert.equal(document.layer.size, 1);
  document.addStroke({ class: 2, radius: 3, points: [1, 1, 2, 2], z: 0 });
  assert.equal(document.strokes.length, 1);
  document.undo();
  await turns();
  assert.equal(document.strokes.length, 0);
  document.redo();
  await saved(document);
  assert.equal(document.strokes.length, 1);
  assert.equal(server.log.length, 4);
  document.close();
});

test("an edit that the server can never take is kept, and the others go on", async () => {
  const server = new Server();
  const api = server.api("ann");
  const post = api.post.bind(api);
  api.post = async <T,>(path: string, body?: unknown): Promise<T> => {
    const edits = (body as { edits?: Edit[] } | undefined)?.edits ?? [];
    if (edits.some((one) => one.tool === "bad")) throw Object.assign(new Error("It is malformed."), { status: 422 });
    return post<T>(path, body);
  };
  const document = new DrawnDocument(api, async () => new MemoryKeep());
  await document.open({ document: "d" });
  for (const tool of ["brush", "bad", "brush", "brush"]) {
    const id = newId("n");
    document.commit(tool, [{ nucleus: id, after: outline(id, 1) }]);
  }
  await document.settled();
  assert.equal(server.drawn.nuclei.size, 3);
  assert.deepEqual([document.saving.state, document.saving.waiting, document.saving.reason], ["refused", 1, "It is malformed."]);
  document.close();
});

function edit(nucleus: string, base: number, x: number): Edit {
  const [undoes, redoes] = [null, null];
  return { id: newId("e"), gesture: newId("g"), nucleus, base, after: outline(nucleus, x), tool: "brush", undoes, redoes, time: "" };
}

/** Let everything that can go on without a clock go on. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

test("undo that waits for the log does nothing once the document is closed", async () => {
  const server = new Server();
  const first = await opened(server);
  const id = newId("n");
  first.commit("polygon", [{ nucleus: id, after: outline(id, 1) }]);
  first.commit("erase", [{ nucleus: id, after: null }]);
  await saved(first);
  first.close();
  const second = await opened(server);
  server.fails = () => (second.close(), ""); // while the log is asked for
  second.undo();
  await second.settled();
  assert.equal(second.layer.size, 0);
  assert.equal(server.log.length, 2);
});

test("a server that swallows what it is sent is asked again, and takes it once", async () => {
  const sent: Change[][] = [];
  const answer = (changes: Change[]) => ({
    acknowledged: changes.map((one, i) => ({ id: one.id, revision: i + 1 })), conflicts: [], revision: changes.length,
  });
  const post = (changes: Change[]) => {
    sent.push(changes);
    return sent.length === 1 ? new Promise<never>(() => undefined) : Promise.resolve(answer(changes));
  };
  const nothing = () => undefined;
  const ways = { post, pause: async () => undefined, random: () => 0, patience: 5 };
  const owner = { document: "d", alias: "ann", tab: "g" };
  const queue = new EditQueue(new MemoryKeep(), owner, ways, { acknowledged: nothing, answered: nothing, state: nothing });
  queue.add([edit(newId("n"), 0, 1)]);
  await queue.idle();
  assert.deepEqual([sent.length, queue.waiting, queue.state], [2, 0, "saved"]);
  const stroke = () => ({ id: newId("e"), gesture: newId("g"), class: 1, radius: 2, z: 0, points: [1, 2] });
  queue.add(Array.from({ length: 150 }, stroke));
  await queue.idle();
  assert.deepEqual(sent.slice(2).map((one) => one.length), [100, 50]);
});

test("a page that nobody looks at holds no connection, and catches up when it is looked at", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  Object.assign(globalThis, { document: page });
  let [open, pulls] = [0, 0];
  const events = (_: string, __: unknown, connected: (is: boolean) => void) => {
    open++;
    connected(true);
    return () => open--;
  };
  const stop = hear({ events } as unknown as Api, "d", () => 0, async () => (pulls++, true));
  const turn = (state: string) => {
    page.visibilityState = state;
    page.dispatchEvent(new Event("visibilitychange"));
  };
  turn("hidden");
  assert.deepEqual([open, pulls], [0, 1]);
  turn("visible");
  assert.deepEqual([open, pulls], [1, 2]);
  stop();
  turn("hidden");
  assert.equal(open, 0);
  delete (globalThis as { document?: unknown }).document;
});

test("a page that is open while a backup is restored begins anew, also when others wrote past it", async () => {
  const server = new Server();
  const document = await opened(server);
  const [lost, own, others] = [newId("n"), newId("n"), newId("n")];
  document.commit("brush", [{ nucleus: lost, after: outline(lost, 1) }]);
  await saved(document);
  server.fails = () => "before";
  document.commit("brush", [{ nucleus: own, after: outline(own, 2) }]);
  await turns();
  [server.drawn, server.log, server.edition] = [emptyDrawn(), [], "second"];
  server.append([edit(others, 0, 3), edit(newId("n"), 0, 4)], "ben");
  server.fails = () => "";
  server.tell();
  await turns();
  await saved(document);
  assert.deepEqual(seen(document), stored(server));
  assert.deepEqual(seen(document).map((one) => one.rings[0]?.[0]).sort(), [2, 3, 4]);
  document.close();
});
