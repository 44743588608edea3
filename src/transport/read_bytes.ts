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
export function readBytes(readable: Readable): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () =>
      readable.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
  };
}
