/**
 * The messages of a request as the handler of a client stream reads them, one by one: no faster
 * than it asks for them, and no longer than the call lasts.
 *
 * @module
 */

import type { Message } from "@bufbuild/protobuf";

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

/** To be read once. */
export class RequestStream implements AsyncIterableIterator<Message> {
  readonly #source: RequestSource;
  readonly #envelopes: Envelope[] = [];
  /** Who asked for messages that have not come. */
  readonly #waiting: PromiseWithResolvers<Result>[] = [];
  #isEnded = false;
  #error: unknown;

  constructor(source: RequestSource) {
    this.#source = source;
  }

  /** A message has come. */
  push(flags: number, data: Uint8Array): void {
    if (this.#isEnded) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#envelopes.push({ flags, data });
      this.#source.pause();
    } else this.#deliver({ flags, data }).then(waiting.resolve, waiting.reject);
  }

  /** Whether there may be more to read. */
  get isOpen(): boolean {
    return !this.#isEnded || this.#envelopes.length > 0;
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
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const envelope = this.#envelopes.shift();
    if (envelope !== undefined) return this.#deliver(envelope);
    if (this.#isEnded) return this.#finish();
    this.#source.resume();
    const waiting = Promise.withResolvers<Result>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** The handler wants no more. */
  return(): Promise<Result> {
    this.#isEnded = true;
    this.#envelopes.length = 0;
    this.#settle();
    this.#source.resume();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #deliver(envelope: Envelope): Promise<Result> {
    try {
      this.#source.check();
      const value = await this.#source.decode(envelope);
      if (this.#error !== undefined) throw this.#error;
      return { done: false, value };
    } catch (error) {
      // As a generator: what has failed is at its end.
      void this.return();
      throw error;
    }
  }

  // deno-lint-ignore require-await
  async #finish(): Promise<Result> {
    this.#source.check();
    return { done: true, value: undefined };
  }

  #settle(): void {
    for (const { promise, resolve, reject } of this.#waiting.splice(0)) {
      if (this.#error === undefined) this.#finish().then(resolve, reject);
      else {
        // Who asks ahead, and is busy with something else, is not to end the process.
        promise.catch(() => {});
        reject(this.#error);
      }
    }
  }
}
