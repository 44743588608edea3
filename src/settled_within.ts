/**
 * Waiting for work, for so long and no longer.
 *
 * @module
 */

import { Deadline } from "./deadline.ts";

/** Waits for some work, or for so long if there is none; tells whether the work was done. */
export function settledWithin(
  ms: number,
  work?: Promise<void>,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (done: boolean) => {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
      resolve(done);
    };
    const onAbort = () => end(false);
    const cancelTimer = new Deadline(ms).onPass(onAbort);
    work?.then(() => end(true));
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}
