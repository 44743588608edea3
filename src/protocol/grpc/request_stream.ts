/**
 * The messages of a request as the handler of a client stream reads them, one by one: no faster
 * than it asks for them, and no longer than the call lasts.
 *
 * @module
 */

import type { Message } from "../../deps.ts";

/** A message as it came. */
export interface Envelope {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** Where messages come from. */
export interface RequestSource {
  /** Decodes a message; throws what the client is to be told. */
  decode(envelope: Envelope): Message | Promise<Message>;
  /** Throws if the call is over. */
  check(): void;
  /** More is wanted. */
  resume(): void;
  /** Enough is here. */
  pause(): void;
}

type Result = IteratorResult<Message, undefined>;

/** No more is asked for while so much waits to be read: a frame, or as many small messages. */
const MAX_WAITING_BYTES = 16_384;
const MAX_WAITING = 32;

/** To be read once. */
export class RequestStream implements AsyncIterableIterator<Message> {
  readonly #source: RequestSource;
  readonly #envelopes: Envelope[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  /** Who asked for messages that have not come. */
  readonly #readers: PromiseWithResolvers<Result>[] = [];
  #isEnded = false;
  #error: unknown;

  constructor(source: RequestSource) {
    this.#source = source;
  }

  /** Whether there may be more to read. */
  get isOpen(): boolean {
    return !this.#isEnded || this.#envelopes.length > 0;
  }

  /** A message has come. */
  push(flags: number, data: Uint8Array): void {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve(this.#deliver({ flags, data }));
    this.#envelopes.push({ flags, data });
    this.#waitingBytes += data.byteLength;
    const isFull = this.#waitingBytes >= MAX_WAITING_BYTES ||
      this.#envelopes.length >= MAX_WAITING;
    if (isFull && !this.#isPaused) {
      this.#isPaused = true;
      this.#source.pause();
    }
  }

  /** No more will come. */
  end(): void {
    this.#isEnded = true;
    this.#settle();
  }

  /** The call is over: whoever reads on meets the reason. */
  fail(error: unknown): void {
    this.#isEnded = true;
    this.#error = error;
    this.#envelopes.length = 0;
    this.#settle();
  }

  next(): Promise<Result> {
    const step = this.#next();
    // Who asks ahead, and is busy with something else when that fails, is not to end the process.
    step.catch(nothing);
    return step;
  }

  #next(): Promise<Result> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const envelope = this.#envelopes.shift();
    if (envelope !== undefined) {
      this.#waitingBytes -= envelope.data.byteLength;
      if (this.#envelopes.length === 0) this.#resume();
      return Promise.resolve(this.#deliver(envelope));
    }
    if (this.#isEnded) return this.#finish();
    const reader = Promise.withResolvers<Result>();
    this.#readers.push(reader);
    return reader.promise;
  }

  /** The handler wants no more. */
  return(): Promise<Result> {
    this.#isEnded = true;
    this.#envelopes.length = 0;
    this.#settle();
    this.#resume();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resume();
  }

  /** A promise only if it takes one: most messages are not compressed. */
  #deliver(envelope: Envelope): Result | Promise<Result> {
    try {
      this.#source.check();
      const value = this.#source.decode(envelope);
      return value instanceof Promise ? this.#deliverLater(value) : { done: false, value };
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async #deliverLater(decoding: Promise<Message>): Promise<Result> {
    try {
      const value = await decoding;
      if (this.#error !== undefined) throw this.#error;
      return { done: false, value };
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** As a generator: what has failed is at its end. */
  #refuse(error: unknown): Promise<never> {
    void this.return();
    return Promise.reject(error);
  }

  // deno-lint-ignore require-await
  async #finish(): Promise<Result> {
    this.#source.check();
    return { done: true, value: undefined };
  }

  #settle(): void {
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#error === undefined) resolve(this.#finish());
      else reject(this.#error);
    }
  }
}

function nothing(): void {}
