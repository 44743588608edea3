/**
 * A header block on its way in: of one HEADERS frame, or of some CONTINUATIONs behind it, between which
 * nothing else may come (RFC 9113, sections 4.3 and 6.10).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ERROR, Http2Error } from "./frames.ts";

/** A client may not have us collect more, nor more pieces, before there is an end (CVE-2024-27316). */
const MAX_BLOCK_BYTES = 131_072;
const MAX_PIECES = 64;

/** Collects the pieces of one block. */
export class HeaderBlock {
  readonly streamId: number;
  /** Whether the request ends with it. */
  readonly isEnd: boolean;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(streamId: number, isEnd: boolean) {
    this.streamId = streamId;
    this.isEnd = isEnd;
  }

  /** @throws {Http2Error} If there is no end of it. */
  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    this.#pieces.push(bytes);
    if (this.#length <= MAX_BLOCK_BYTES && this.#pieces.length <= MAX_PIECES) return;
    throw new Http2Error("a header block has no end", ERROR.enhanceYourCalm);
  }

  /** The whole block. */
  join(): Uint8Array {
    return Buffer.concat(this.#pieces, this.#length);
  }
}
