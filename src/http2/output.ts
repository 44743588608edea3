/**
 * What goes out on a connection: frames are put one behind the other into buffers that are used again,
 * and leave together. Payloads that are worth it go out as they are, without a copy.
 *
 * @module
 */

import { FRAME_HEADER_BYTES, writeUint32 } from "./frames.ts";

/** Where bytes go. A socket of `node:net` or `node:tls` is one. */
export interface Wire {
  /** Writes, and calls back when the bytes have been taken. */
  write(bytes: Uint8Array, onTaken: () => void): boolean;
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

  /** Takes buffers back that nobody looks at any more. */
  give(buffers: readonly Uint8Array[]): void {
    for (const buffer of buffers) if (this.#spare.length < MAX_SPARE) this.#spare.push(buffer);
  }
}

/** Collects frames, and sends them. */
export class Output {
  readonly #wire: Wire;
  readonly #pool: BufferPool;
  #buffer: Uint8Array | undefined;
  /** Up to where it is full, and from where on it was not sent yet. */
  #end = 0;
  #start = 0;
  #size = 0;
  #pieces: Uint8Array[] = [];
  /** Buffers that are in use by pieces, and may be used again when those are taken. */
  #used: Uint8Array[] = [];

  constructor(wire: Wire, pool: BufferPool) {
    this.#wire = wire;
    this.#pool = pool;
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#size === 0;
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
    if (bytes.length >= LARGE_BYTES) {
      this.#cut();
      this.#pieces.push(bytes);
      this.#size += bytes.length;
      return;
    }
    const at = this.#reserve(bytes.length);
    this.#buffer!.set(bytes, at);
  }

  /** Adds bytes that may change later. */
  copy(bytes: Uint8Array): void {
    this.bytes(bytes.length >= LARGE_BYTES ? bytes.slice() : bytes);
  }

  /** Sends all of it. */
  flush(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#cut();
    const pieces = this.#pieces;
    const used = this.#used;
    this.#pieces = [];
    // The last one has room yet, but what is in it must stay until it is taken.
    if (this.#buffer !== undefined) used.push(this.#buffer);
    this.#buffer = undefined;
    this.#used = [];
    const onTaken = () => this.#pool.give(used);
    if (pieces.length === 1) return void this.#wire.write(pieces[0]!, onTaken);
    this.#wire.cork();
    const last = pieces.length - 1;
    for (let i = 0; i < last; i++) this.#wire.write(pieces[i]!, nothing);
    this.#wire.write(pieces[last]!, onTaken);
    this.#wire.uncork();
  }

  /** Room in the buffer. */
  #reserve(length: number): number {
    if (this.#buffer === undefined || this.#end + length > BUFFER_BYTES) {
      this.#cut();
      if (this.#buffer !== undefined) this.#used.push(this.#buffer);
      this.#buffer = this.#pool.take();
      this.#start = 0;
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += length;
    this.#size += length;
    return at;
  }

  /** What is in the buffer becomes a piece. */
  #cut(): void {
    if (this.#end === this.#start) return;
    this.#pieces.push(this.#buffer!.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

function nothing(): void {}
