/**
 * What handlers do that take their time and no heed of their signal: they stop at a gate until the
 * test opens it, wait for ever, or take up the event loop.
 *
 * @module
 */

import { eventually } from "./waiting.ts";

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

/** Waits for ever, without a timer. */
export function never(): Promise<never> {
  return new Promise(() => {});
}

/** Takes up the event loop. */
export function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
