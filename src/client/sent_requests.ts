/**
 * The requests of a call as its caller gives them: an async generator, a `ReadableStream`, or whatever
 * else is an async iterable. They are read by one reader, and let go with the call: Connect's clients
 * fail on what has no `throw()`, end the process on a `ReadableStream` of a call that is cancelled, and
 * leave open what they have not begun to read.
 *
 * @module
 */

import { ExchangeEnd } from "./exchange_end.ts";

const NO_MORE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Reads requests, until there are no more or the call is over. */
export class SentRequests<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: Source<T>;
  readonly #end = new ExchangeEnd();
  #isRead = false;

  /**
   * Takes the requests, and reads none.
   *
   * @throws {TypeError} If they are no async iterable, or a stream that somebody else reads.
   */
  constructor(requests: AsyncIterable<T>) {
    this.#source = openSource(requests);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#isRead || this.#end.isOver) return NO_MORE;
    try {
      const step = await this.#end.orElse(this.#source.next());
      if (step !== undefined && !step.done) return step;
      this.#isRead = true;
      return NO_MORE;
    } catch (error) {
      this.#isRead = true;
      throw error;
    }
  }

  /**
   * Lets the source go, unless it has come to its end: nothing more is asked for. A generator that is
   * amid its work goes on to its next `yield`.
   *
   * @param reason For a `ReadableStream`: why it is cancelled.
   */
  stop(reason?: unknown): void {
    if (this.#end.isOver) return;
    this.#end.finish();
    if (!this.#isRead) void this.#source.stop(reason);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.stop();
    return Promise.resolve(NO_MORE);
  }

  /** Connect's pipelines want it. */
  throw(reason: unknown): Promise<never> {
    this.stop(reason);
    return Promise.reject(reason);
  }

  /** Always the same: Connect asks anew to tell of a call that is cancelled, by `throw()`. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What requests are read from. */
interface Source<T> {
  next(): Promise<IteratorResult<T>>;
  /** Never rejects: nobody is left to tell. */
  stop(reason: unknown): Promise<void>;
}

function openSource<T>(requests: AsyncIterable<T>): Source<T> {
  if (requests instanceof ReadableStream) return new StreamSource(requests);
  if (typeof requests?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(
      "Cannot send requests that are no async iterable: pass an async generator or a ReadableStream",
    );
  }
  return new IterableSource(requests);
}

class IterableSource<T> implements Source<T> {
  readonly #iterator: AsyncIterator<T>;

  constructor(requests: AsyncIterable<T>) {
    this.#iterator = requests[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<T>> {
    return await this.#iterator.next();
  }

  async stop(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The call has its result.
    }
  }
}

/** By a reader: a stream's own iterator waits for the chunk that it is asked for before it cancels. */
class StreamSource<T> implements Source<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;

  constructor(stream: ReadableStream<T>) {
    this.#reader = stream.getReader();
  }

  async next(): Promise<IteratorResult<T>> {
    return await this.#reader.read() as IteratorResult<T>;
  }

  async stop(reason: unknown): Promise<void> {
    try {
      await this.#reader.cancel(reason);
    } catch {
      // The call has its result.
    }
  }
}
