/**
 * The end of an exchange, for whoever waits for something else in the meantime.
 *
 * @module
 */

/** Waiting until then leaves nothing behind: `Promise.race()` would, with each piece of a stream. */
export class ExchangeEnd {
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  /** Whether it has come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nobody waits any longer. */
  finish(): void {
    this.#isOver = true;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /**
   * Waits for some work.
   *
   * @returns What it results in; `undefined` if the exchange is over before.
   */
  orElse<T>(work: PromiseLike<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const wake = () => resolve(undefined);
      if (this.#isOver) wake();
      else this.#waiting.add(wake);
      // Also when it is over: a rejection that nobody handles would end the process.
      work.then(resolve, reject).then(() => this.#waiting.delete(wake));
    });
  }
}
