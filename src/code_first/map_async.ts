/**
 * Streams of messages as streams of values, and back: one at a time, as they are asked for.
 *
 * @module
 */

/**
 * Maps what a stream gives. Whoever leaves the result leaves the source, at once, and so does a value
 * that cannot be mapped: the result ends with its error.
 */
export function mapAsync<T, U>(
  source: AsyncIterable<T>,
  map: (value: T) => U | Promise<U>,
): AsyncIterableIterator<U> {
  return new MappedIterator(source[Symbol.asyncIterator](), map);
}

/** By hand, as a generator keeps a `return()` waiting for as long as its source does. */
class MappedIterator<T, U> implements AsyncIterableIterator<U> {
  readonly #source: AsyncIterator<T>;
  readonly #map: (value: T) => U | Promise<U>;
  #isOver = false;

  constructor(source: AsyncIterator<T>, map: (value: T) => U | Promise<U>) {
    this.#source = source;
    this.#map = map;
  }

  async next(): Promise<IteratorResult<U>> {
    if (this.#isOver) return { done: true, value: undefined };
    const result = await this.#source.next();
    if (result.done) {
      this.#isOver = true;
      return { done: true, value: undefined };
    }
    try {
      const mapped = this.#map(result.value);
      return { done: false, value: mapped instanceof Promise ? await mapped : mapped };
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<U>> {
    this.#isOver = true;
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<U>> {
    await this.#leave();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What the source says to that matters less than why it is left. */
  async #leave(): Promise<void> {
    this.#isOver = true;
    await Promise.resolve(this.#source.return?.()).catch(() => {});
  }
}
