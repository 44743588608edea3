/**
 * How often something may happen.
 *
 * @module
 */

/** Over how many seconds the rate is an average: so much may come at once. */
const BURST_SECONDS = 5;

/** A token bucket. */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #at: number = performance.now();

  /** @param perSecond How often, as an average of five seconds. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
  }

  /** Notes that it happened. Tells whether it may. */
  take(): boolean {
    const now = performance.now();
    const earned = (now - this.#at) / 1000 * this.#perSecond;
    this.#left = Math.min(this.#left + earned, this.#perSecond * BURST_SECONDS) - 1;
    this.#at = now;
    return this.#left >= 0;
  }
}
