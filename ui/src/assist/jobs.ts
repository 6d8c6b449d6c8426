// Follows a job of the server until it is over.
import type { Api } from "../contracts";
import type { RunningJob } from "./parts";

const EVERY_MS = 250;

export interface Following {
  done: Promise<RunningJob>;
  cancel(): void;
  stop(): void;
}

/** Ask how far a job is until it is over; `told` gets each answer. `stop` only stops asking. */
export function follow(api: Api, job: RunningJob, told: (job: RunningJob) => void = () => undefined): Following {
  let isStopped = false;
  const done = (async () => {
    let now = job;
    while (!isStopped && now.state !== "done" && now.state !== "failed") {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      if (isStopped) break;
      now = await api.get<RunningJob>(`jobs/${job.id}`);
      told(now);
    }
    return now;
  })();
  return {
    done,
    cancel: () => void api.post(`jobs/${job.id}/cancel`).catch(() => undefined),
    stop: () => {
      isStopped = true;
    },
  };
}
