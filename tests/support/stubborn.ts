/**
 * What handlers do that take no heed of their signal, and how calls to them end.
 *
 * @module
 */

import { assertInstanceOf } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";

/** Takes up the event loop. */
export function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Waits for ever, without a timer. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** How a call ended: `OK`, or code and message such as `NotFound: no such name`. */
export async function codeOf(work: PromiseLike<unknown>): Promise<string> {
  try {
    await work;
    return "OK";
  } catch (error) {
    assertInstanceOf(error, ConnectError);
    return `${Code[error.code]}: ${error.rawMessage}`;
  }
}
