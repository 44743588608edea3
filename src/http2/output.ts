/**
 * What goes out on a connection: frames are put one behind the other into buffers that are used again,
 * and leave together. Payloads that are worth it go out as they are, without a copy.
 *
 * @module
 */

import { FRAME_HEADER_BYTES, writeUint32 } from "./frames.ts";

/** Where bytes go. A socket of `node:net` or `node:tls` is one. */
export interface Wire {
  /** Writes, and calls back when the bytes have been taken, with an error if they never will. */
  write(bytes: Uint8Array, onTaken: (error?: Error | null) => void): boolean;
  /** Holds back what is written until {@linkcode uncork}. */
  cork(): void;
  /** Writes what was held back at once. */
  uncork(): void;
  /** Bytes that are not taken yet. */
  readonly writableLength: number;
}

const BUFFER_BYTES = 32_768;
/** From here on a payload is not copied. */
const LARGE_BYTES = 4096;
/** How many buffers are kept for later. */
const MAX_SPARE = 32;

/** Buffers that the connections of one server share: most of them have nothing to send. */
export class BufferPool {
  readonly #spare: Uint8Array[] = [];

  /** A buffer with anything in it. */
  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(BUFFER_BYTES);
  }

  /** Takes a buffer back that nobody looks at any more. */
  give(buffer: Uint8Array): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

/** Collects frames, and sends them. */
export class Output {
  readonly #wire: Wire;
  readonly #pool: BufferPool;
  readonly #onPending: () => void;
  /** What is written to: up to `#end` it is full, and from `#start` on it was not sent yet. */
  #buffer: Uint8Array | undefined;
  #start = 0;
  #end = 0;
  /** What is not sent yet, the buffer's part of it left out. */
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** How often was sent, and how often that was taken. */
  #sent = 0;
  #taken = 0;
  /** Buffers that are full, and on the wire, or about to be, until so much is taken. */
  #full: { readonly buffer: Uint8Array; readonly until: number }[] = [];
  #isClosed = false;

  /** @param onPending Called when there is something to send. */
  constructor(wire: Wire, pool: BufferPool, onPending: () => void) {
    this.#wire = wire;
    this.#pool = pool;
    this.#onPending = onPending;
  }

  /** Bytes that are not taken yet, here or on the wire. */
  get pendingBytes(): number {
    return this.#size + this.#wire.writableLength;
  }

  /** Adds the header of a frame. */
  frame(length: number, type: number, flags: number, streamId: number): void {
    const at = this.#reserve(FRAME_HEADER_BYTES);
    const buffer = this.#buffer!;
    buffer[at] = length >>> 16;
    buffer[at + 1] = length >>> 8;
    buffer[at + 2] = length;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    writeUint32(buffer, at + 5, streamId);
  }

  /** Adds a number of 32 bits. */
  uint32(value: number): void {
    const at = this.#reserve(4);
    writeUint32(this.#buffer!, at, value);
  }

  /** Adds a number of 16 bits. */
  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer![at] = value >>> 8;
    this.#buffer![at + 1] = value;
  }

  /** Adds bytes, which must not change any more. */
  bytes(bytes: Uint8Array): void {
    if (bytes.length < LARGE_BYTES) return this.copy(bytes);
    this.#cut();
    this.#pieces.push(bytes);
    this.#size += bytes.length;
  }

  /** Adds bytes that may change later, not more than a buffer's. */
  copy(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer!.set(bytes, at);
  }

  /** Sends all of it. */
  flush(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    if (this.#isClosed) return;
    this.#sent++;
    const last = pieces.pop()!;
    if (pieces.length === 0) return void this.#wire.write(last, this.#onTaken);
    this.#wire.cork();
    for (const piece of pieces) this.#wire.write(piece, nothing);
    this.#wire.write(last, this.#onTaken);
    this.#wire.uncork();
  }

  /** Sends nothing any more, what waits included. */
  close(): void {
    this.#isClosed = true;
  }

  /** Buffers may be written to again when nobody reads them; whether that is so after an error, who knows. */
  readonly #onTaken = (error?: Error | null): void => {
    if (error) return;
    this.#taken++;
    while (this.#full.length > 0 && this.#full[0]!.until <= this.#taken) {
      this.#pool.give(this.#full.shift()!.buffer);
    }
    if (this.#taken < this.#sent || this.#size > 0 || this.#buffer === undefined) return;
    this.#pool.give(this.#buffer);
    this.#buffer = undefined;
  };

  /** Room in the buffer. */
  #reserve(length: number): number {
    if (this.#size === 0) this.#onPending();
    if (this.#buffer === undefined || this.#end + length > BUFFER_BYTES) this.#nextBuffer();
    const at = this.#end;
    this.#end += length;
    this.#size += length;
    return at;
  }

  #nextBuffer(): void {
    this.#cut();
    // What is in the last one leaves with what was not sent yet.
    if (this.#buffer !== undefined) {
      this.#full.push({ buffer: this.#buffer, until: this.#sent + 1 });
    }
    this.#buffer = this.#pool.take();
    this.#start = 0;
    this.#end = 0;
  }

  /** What was written to the buffer becomes a piece. */
  #cut(): void {
    if (this.#end === this.#start) return;
    this.#pieces.push(this.#buffer!.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function nothing(): void {}
