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

  next(): Promise<IteratorResult<U>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return Promise.resolve(this.#source.next()).then(this.#mapResult);
  }

  async return(): Promise<IteratorResult<U>> {
    this.#isOver = true;
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  throw(error: unknown): Promise<IteratorResult<U>> {
    return this.#fail(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Makes no promise where the value is there at once. */
  readonly #mapResult = (
    result: IteratorResult<T>,
  ): IteratorResult<U> | Promise<IteratorResult<U>> => {
    if (result.done) {
      this.#isOver = true;
      return { done: true, value: undefined };
    }
    try {
      const mapped = this.#map(result.value);
      if (!(mapped instanceof Promise)) return { done: false, value: mapped };
      return mapped.then(
        (value) => ({ done: false, value }),
        (error) => this.#fail(error),
      );
    } catch (error) {
      return this.#fail(error);
    }
  };

  async #fail(error: unknown): Promise<never> {
    await this.#leave();
    throw error;
  }

  /** What the source says to that matters less than why it is left. */
  async #leave(): Promise<void> {
    this.#isOver = true;
    await Promise.resolve(this.#source.return?.()).catch(() => {});
  }
}
