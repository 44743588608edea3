/**
 * When a worker that has ended is started again: soon at first, later each time that it does not last,
 * and at some point no more.
 *
 * @module
 */

/** How long a worker takes calls before its next end counts as its first, in milliseconds. */
const STEADY_MS = 10_000;

/** So many ends within that time are a crash loop. */
const LIMIT = 5;
const WINDOW_MS = 60_000;

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;

/** What the policy goes by. */
export interface RestartPolicyInit {
  /** Milliseconds since whenever. */
  readonly now?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** The restarts of one worker. */
export class RestartPolicy {
  readonly #now: () => number;
  readonly #random: () => number;
  #ends: number[] = [];

  constructor(
    { now = () => performance.now(), random = Math.random }: RestartPolicyInit = {},
  ) {
    this.#now = now;
    this.#random = random;
  }

  /**
   * Notes that the worker has ended.
   *
   * @param readyForMs How long it had taken calls.
   * @param isEndless Whether another is started however often that has been so.
   * @returns After how many milliseconds to start another, `undefined` for not at all.
   */
  next(readyForMs: number, isEndless = false): number | undefined {
    const now = this.#now();
    const recent = readyForMs >= STEADY_MS ? [] : this.#ends;
    this.#ends = [...recent.filter((end) => now - end < WINDOW_MS), now];
    if (this.#ends.length >= LIMIT && !isEndless) return undefined;
    const longest = Math.min(FIRST_DELAY_MS * 2 ** (this.#ends.length - 1), LONGEST_DELAY_MS);
    // Workers that end together are not all to come back together.
    return longest * (1 + this.#random()) / 2;
  }
}

/** What a crash loop is, for messages. */
export const CRASH_LOOP = `${LIMIT} times within ${WINDOW_MS / 1000} s`;
