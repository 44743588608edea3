/**
 * Splits the body of a request into its messages (gRPC over HTTP/2, "Length-Prefixed-Message").
 *
 * @module
 */

import { Code, ConnectError } from "../../deps.ts";

const PREFIX_BYTES = 5;
/** As much is set aside for a message that has only begun. */
const FIRST_BYTES = 4096;
/** How many times what has come is set aside for what may: the length of a message may be a lie. */
const GROWTH = 8;

/** Who gets the messages. */
export interface EnvelopeReader {
  /** A message is whole. */
  onEnvelope(flags: number, data: Uint8Array): void;
}

/** Takes bytes as they come, and gives messages. Those that lie in one piece are not copied. */
export class EnvelopeParser {
  readonly #maxBytes: number;
  readonly #reader: EnvelopeReader;
  /** The beginning of a message whose rest has not come. */
  #held: Uint8Array | undefined;
  #heldBytes = 0;
  /** Of the message that is being read, with its prefix, once that is here. */
  #wholeBytes = 0;

  /** @param maxBytes Of a message. */
  constructor(maxBytes: number, reader: EnvelopeReader) {
    this.#maxBytes = maxBytes;
    this.#reader = reader;
  }

  /** Whether a message has begun and not ended. */
  get isAmid(): boolean {
    return this.#heldBytes > 0;
  }

  /** @throws {ConnectError} RESOURCE_EXHAUSTED if a message says that it is too long. */
  push(bytes: Uint8Array): void {
    let at = this.#heldBytes > 0 ? this.#completeHeld(bytes) : 0;
    while (bytes.byteLength - at >= PREFIX_BYTES) {
      this.#wholeBytes = this.#wholeAt(bytes, at);
      const end = at + this.#wholeBytes;
      if (end > bytes.byteLength) break;
      // Not a Buffer, which protobuf-es would hand on in each field of type bytes.
      const { buffer, byteOffset } = bytes;
      const data = new Uint8Array(buffer, byteOffset + at + PREFIX_BYTES, end - at - PREFIX_BYTES);
      this.#reader.onEnvelope(bytes[at]!, data);
      at = end;
    }
    if (at < bytes.byteLength) this.#hold(bytes, at, bytes.byteLength);
  }

  /** @returns How many of the bytes belong to the message that is held. */
  #completeHeld(bytes: Uint8Array): number {
    let at = 0;
    if (this.#heldBytes < PREFIX_BYTES) {
      at = Math.min(PREFIX_BYTES - this.#heldBytes, bytes.byteLength);
      this.#hold(bytes, 0, at);
      if (this.#heldBytes < PREFIX_BYTES) return at;
      this.#wholeBytes = this.#wholeAt(this.#held!, 0);
    }
    const end = Math.min(at + this.#wholeBytes - this.#heldBytes, bytes.byteLength);
    if (end > at) this.#hold(bytes, at, end);
    if (this.#heldBytes === this.#wholeBytes) {
      const held = this.#held!;
      this.#held = undefined;
      this.#heldBytes = 0;
      this.#reader.onEnvelope(held[0]!, held.subarray(PREFIX_BYTES, this.#wholeBytes));
    }
    return end;
  }

  #hold(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#heldBytes + end - start;
    if (this.#held === undefined || needed > this.#held.byteLength) {
      const grown = new Uint8Array(this.#capacityFor(needed));
      if (this.#held !== undefined) grown.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = grown;
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes);
    this.#heldBytes = needed;
  }

  /** All of the message as soon as some of it is here: each time that this grows, it is copied. */
  #capacityFor(bytes: number): number {
    if (bytes < PREFIX_BYTES) return FIRST_BYTES;
    return Math.min(Math.max(GROWTH * bytes, FIRST_BYTES), this.#wholeBytes);
  }

  /** How long a message is that begins here, with its prefix. */
  #wholeAt(bytes: Uint8Array, at: number): number {
    const length = (bytes[at + 1]! << 24 | bytes[at + 2]! << 16 | bytes[at + 3]! << 8 |
      bytes[at + 4]!) >>> 0;
    if (length <= this.#maxBytes) return PREFIX_BYTES + length;
    throw new ConnectError(
      `message size ${length} is larger than configured readMaxBytes ${this.#maxBytes}`,
      Code.ResourceExhausted,
    );
  }
}
