/**
 * Puts together what a client has cut into small pieces. Connect's decoder adds up all the pieces that
 * it holds with each one that comes, so that n of them cost n² steps: 600 KB in frames of a byte would
 * keep the event loop busy for minutes.
 *
 * @module
 */

import { Code, ConnectError } from "../deps.ts";

const HEADER_BYTES = 5;
/** Pieces of this size are handed on as they are. */
const ENOUGH_BYTES = 65_536;

/**
 * Hands on the header of each envelope once it is whole, so that one that is too long is refused at
 * once, and what follows when the envelope is whole, or when it is enough.
 *
 * @param hasEnvelopes Whether the body is a sequence of envelopes, or one message.
 */
export async function* joinPieces(
  body: AsyncIterable<Uint8Array>,
  hasEnvelopes: boolean,
): AsyncGenerator<Uint8Array> {
  const held = new Held();
  const parts = hasEnvelopes ? new Parts() : undefined;
  for await (const piece of body) {
    const end = parts?.advance(piece) ?? 0;
    if (end > 0) yield held.take(piece.subarray(0, end));
    if (end < piece.byteLength) held.add(end === 0 ? piece : piece.subarray(end));
    if (held.byteLength >= ENOUGH_BYTES) yield held.take();
  }
  if (held.byteLength > 0) yield held.take();
  // Connect takes a header at the end for the end.
  else if (parts?.isAmid) {
    throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
  }
}

/** Finds the ends of headers and of their data. */
class Parts {
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #isHeader = true;
  #missing = HEADER_BYTES;

  /** Whether the data of an envelope is missing. */
  get isAmid(): boolean {
    return !this.#isHeader;
  }

  /** @returns Where the last part ends that a piece completes, 0 if it completes none. */
  advance(piece: Uint8Array): number {
    let end = 0;
    for (let at = 0; at < piece.byteLength;) {
      const taken = Math.min(this.#missing, piece.byteLength - at);
      if (this.#isHeader) {
        this.#header.set(piece.subarray(at, at + taken), HEADER_BYTES - this.#missing);
      }
      at += taken;
      this.#missing -= taken;
      if (this.#missing > 0) break;
      end = at;
      const length = this.#isHeader ? this.#view.getUint32(1) : 0;
      this.#isHeader = length === 0;
      this.#missing = length || HEADER_BYTES;
    }
    return end;
  }
}

/** Bytes that wait for more, copied: a small piece may keep a large buffer alive. */
class Held {
  #bytes = new Uint8Array();
  byteLength = 0;

  add(piece: Uint8Array): void {
    const length = this.byteLength + piece.byteLength;
    if (length > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength));
      grown.set(this.#bytes.subarray(0, this.byteLength));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.byteLength);
    this.byteLength = length;
  }

  /** What was held, and a last piece. */
  take(last: Uint8Array = new Uint8Array()): Uint8Array {
    if (this.byteLength === 0) return last;
    if (last.byteLength > 0) this.add(last);
    const taken = this.#bytes.subarray(0, this.byteLength);
    this.#bytes = new Uint8Array();
    this.byteLength = 0;
    return taken;
  }
}
