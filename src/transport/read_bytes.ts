/**
 * The body of a request as an async iterable.
 *
 * @module
 */

import type { Readable } from "node:stream";

/**
 * Reads a stream as fast as it is asked to. Unlike the stream's own iterator it leaves the stream
 * alone when the reader goes early: the response goes out on it still.
 */
export async function* readBytes(
  readable: Readable,
  isBrokenOff: () => boolean = () => false,
): AsyncGenerator<Uint8Array> {
  yield* readable.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  // A stream that its client resets is told to end, too.
  if (isBrokenOff()) throw new Error("the request broke off");
}
