/**
 * What is being waited for, where it takes long: one line on the standard error, gone when it is done.
 * Only a terminal gets it, so that nothing of it is in a file or a pipe.
 *
 * @module
 */

import { styleOf } from "./style.ts";

/** What is over sooner is not worth a word. */
const DELAY_MS = 300;
/** Back to the start of the line, which is cleared. */
const CLEAR = "\r\x1b[K";

/** Where progress is shown: as much of `Deno.stderr` as it takes. */
export interface ProgressOutput {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/**
 * Does some work, and says so after a while.
 *
 * @param what As in "loading server.ts".
 */
export async function withProgress<T>(
  what: string,
  work: () => Promise<T>,
  output: ProgressOutput = Deno.stderr,
): Promise<T> {
  if (!output.isTerminal()) return await work();
  const write = (text: string) => void output.writeSync(new TextEncoder().encode(text));
  let isShown = false;
  const timer = setTimeout(() => {
    isShown = true;
    write(styleOf(output).dim(`${what} ...`));
  }, DELAY_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (isShown) write(CLEAR);
  }
}
