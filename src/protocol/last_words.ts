/**
 * Answers that nobody may ever read.
 *
 * @module
 */

import { H2_ERROR, type HttpStream } from "../http_stream.ts";

/** How long an error may take to reach a client that stopped reading, before the stream is reset. */
const LAST_WORDS_MS = 1000;

/** Resets a stream whose answer the client does not take, and which it would keep for ever. */
export function boundLastWords(stream: HttpStream): void {
  if (stream.closed) return;
  const timer = setTimeout(() => stream.reset(H2_ERROR.cancel), LAST_WORDS_MS);
  stream.onClose(() => clearTimeout(timer));
}
