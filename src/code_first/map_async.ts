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
    const step = Promise.resolve(this.#source.next()).then(this.#mapResult, this.#end);
    // Who asks ahead, and is busy with something else when that fails, is not to end the process.
    step.catch(nothing);
    return step;
  }

  async return(): Promise<IteratorResult<U>> {
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#source.return?.();
    }
    return { done: true, value: undefined };
  }

  throw(error: unknown): Promise<IteratorResult<U>> {
    this.#leave();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Makes no promise where the value is there at once. */
  readonly #mapResult = (
    result: IteratorResult<T>,
  ): IteratorResult<U> | Promise<IteratorResult<U>> => {
    if (result.done) this.#isOver = true;
    // It may have been left in the meantime, or have failed where somebody asked ahead.
    if (this.#isOver || result.done) return { done: true, value: undefined };
    try {
      const mapped = this.#map(result.value);
      if (!(mapped instanceof Promise)) return { done: false, value: mapped };
      return mapped.then((value) => ({ done: false, value }), this.#fail);
    } catch (error) {
      return this.#fail(error);
    }
  };

  /** The source has failed, and so is at its end. */
  readonly #end = (error: unknown): never => {
    this.#isOver = true;
    throw error;
  };

  readonly #fail = (error: unknown): never => {
    this.#leave();
    throw error;
  };

  /**
   * Not awaited: a source may take its time to clean up, and what it says to that matters less than
   * why it is left.
   */
  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#source.return?.().then(nothing, nothing);
    } catch {
      // As above.
    }
  }
}

function nothing(): void {}
