// Sends what earlier tabs left for documents that are not open.
import type { Api } from "../contracts";
import type { Keep, Waiting } from "./keep";
import { EditQueue } from "./queue";
import { sending } from "./sending";
import { liveTabs } from "./tabs";

/** Tries once; what is in conflict or cannot be sent waits until its document is opened. */
export async function sendLeft(api: Api, keep: Keep, tab: string, isOpen: (document: string) => boolean): Promise<void> {
  const alias = api.me?.alias ?? "";
  const live = await liveTabs(tab);
  const left = (await keep.load(alias)).filter((one) => !live.has(one.tab) && !isOpen(one.document));
  for (const document of new Set(left.map((one) => one.document))) {
    await sendAll(api, keep, { document, alias, tab }, left.filter((one) => one.document === document));
  }
}

async function sendAll(
  api: Api,
  keep: Keep,
  owner: { document: string; alias: string; tab: string },
  waiting: Waiting[],
): Promise<void> {
  const nothing = () => undefined;
  const queue: EditQueue = new EditQueue(
    keep,
    owner,
    {
      ...sending(api, owner),
      pause: async () => queue.close(),
      random: Math.random,
    },
    { acknowledged: nothing, answered: nothing, state: nothing },
  );
  queue.adopt(waiting);
  await queue.idle();
}
