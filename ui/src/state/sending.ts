// Sends edits in the name of whoever drew them, and of nobody else; says what a refusal means.
import type { Api, Me } from "../contracts";
import type { Change } from "./changes";
import type { Answer } from "./queue";

/**
 * "again": it can be sent at once; "login": another session is needed; "shut": this person may not
 * change the document at present; "offline": it is not known.
 */
export type Meaning = "again" | "login" | "shut" | "offline";

export interface Refused {
  meaning: Meaning;
  /** In place of the server's sentence. */
  reason?: string;
}

export interface Owner {
  document: string;
  alias: string;
}

/** What `EditQueue` needs to reach the server. */
export function sending(api: Api, owner: Owner) {
  return {
    post: async (edits: Change[]): Promise<Answer> => {
      if (api.me && api.me.alias !== owner.alias) throw Object.assign(new Error(others(api.me)), { status: 401 });
      return api.post<Answer>(`documents/${owner.document}/edits`, { edits });
    },
    refused: (status: number) => meaningOf(api, owner, status),
  };
}

/** Asks who is logged in, without becoming that person: the cookie may be another tab's by now. */
async function meaningOf(api: Api, owner: Owner, status: number): Promise<Refused> {
  if (status === 404) return { meaning: "shut" };
  if (status !== 401 && status !== 403) return { meaning: "offline" };
  try {
    const now = await api.get<Me>("me");
    if (now.alias !== owner.alias) return { meaning: "login", reason: others(now) };
    if (api.me?.alias === now.alias && api.me.csrf === now.csrf) return { meaning: "shut" };
    await api.refresh(); // the same person logged in again
    return { meaning: "again" };
  } catch (problem) {
    const isNobody = (problem as { status?: number }).status === 401;
    return isNobody ? { meaning: "login", reason: "You are not logged in any more." } : { meaning: "offline" };
  }
}

function others(now: Me): string {
  return `${now.alias} is logged in in this browser now.`;
}
