/**
 * A place where handlers stop until the test lets them go on.
 *
 * @module
 */

import { eventually } from "./eventually.ts";

/** Closed until it is opened, and open from then on. */
export class Gate {
  readonly #opened = Promise.withResolvers<void>();
  #waiting = 0;

  /** Lets everybody through, now and later. */
  open(): void {
    this.#opened.resolve();
  }

  /** What a handler does here. */
  async pass(): Promise<void> {
    this.#waiting++;
    await this.#opened.promise;
    this.#waiting--;
  }

  /** Resolves when so many handlers are here. */
  reached(count: number): Promise<void> {
    return eventually(`${count} handlers at the gate`, () => this.#waiting >= count);
  }
}
