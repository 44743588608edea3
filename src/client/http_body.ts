/**
 * The bodies of a request and its response on `node:`'s streams, with back-pressure both ways. What
 * has arrived is given out also when its connection goes right after it: the iterators of Deno 2.9's
 * own streams lose it then, and fail with "Premature close".
 *
 * @module
 */

import type { Readable, Writable } from "node:stream";
import type { ExchangeEnd } from "./exchange_end.ts";

/** No more is asked for while so much waits to be read. */
const MAX_WAITING_BYTES = 65_536;

/** Bytes as they come, for one reader. */
export class ResponseBody implements AsyncIterableIterator<Uint8Array> {
  readonly #readable: Readable;
  readonly #onLeave: () => void;
  readonly #pieces: Uint8Array[] = [];
  #waitingBytes = 0;
  #isOver = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /**
   * Begins to read.
   *
   * @param onLeave Is told of a reader that goes before the end.
   */
  constructor(readable: Readable, onLeave: () => void) {
    this.#readable = readable;
    this.#onLeave = onLeave;
    readable.on("data", (piece: Uint8Array) => this.#push(piece));
  }

  /** All has come. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** No more will come. What has come is given out before the error. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#error = error;
    this.end();
  }

  /** As {@linkcode fail}, but nothing more is given out. */
  cancel(error: unknown): void {
    this.#pieces.length = 0;
    this.fail(error);
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (this.#pieces.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const value = this.#pieces.shift();
    if (value === undefined) {
      if (this.#error !== undefined) throw this.#error;
      return { done: true, value };
    }
    this.#waitingBytes -= value.byteLength;
    if (this.#waitingBytes < MAX_WAITING_BYTES) this.#readable.resume();
    return { done: false, value };
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isOver) this.#onLeave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Connect's pipelines want it. */
  throw(error: unknown): Promise<never> {
    void this.return();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.byteLength;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#readable.pause();
    this.#wake?.();
  }
}

/**
 * Sends a body as fast as it is taken, and ends the request.
 *
 * @param end Nothing more is asked for then.
 * @returns Rejects with what the body throws.
 */
export async function sendBody(
  body: AsyncIterable<Uint8Array> | undefined,
  writable: Writable,
  end: ExchangeEnd,
): Promise<void> {
  const pieces = body?.[Symbol.asyncIterator]();
  while (pieces !== undefined) {
    const piece = await end.orElse(pieces.next());
    if (piece === undefined || writable.destroyed || piece.done) break;
    if (writable.write(piece.value)) continue;
    const drained = new Promise((resolve) => writable.once("drain", resolve));
    await end.orElse(drained);
  }
  if (!writable.destroyed) writable.end();
}
