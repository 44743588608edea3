/**
 * Timeouts (a length) and deadlines (a moment): which timeout holds for a call, and the moment at
 * which it is over. Ending the call at that moment is `call.ts`'s.
 *
 * @module
 */

import { startTimer, stopTimer } from "./timer_heap.ts";

/** Timeouts of one method in the three layers, each in milliseconds; `Infinity` is no limit. */
export interface TimeoutLayers {
  /** Set on the method. */
  readonly methodMs?: number | undefined;
  /** Set on the service. */
  readonly serviceMs?: number | undefined;
  /** Set on the app. */
  readonly globalMs?: number | undefined;
}

/**
 * The time that a call may take: the method's timeout, else its service's, else the app's, and never
 * longer than what the client asked for.
 *
 * @param clientMs The client's own timeout, `Infinity` if it has none.
 * @returns Milliseconds, `Infinity` if nothing limits the call.
 */
export function resolveTimeoutMs(
  { methodMs, serviceMs, globalMs }: TimeoutLayers,
  clientMs: number = Infinity,
): number {
  return Math.min(clientMs, methodMs ?? serviceMs ?? globalMs ?? Infinity);
}

/** The moment at which a call must be over, by the monotonic clock. */
export class Deadline {
  /** The length of time it was made from, in milliseconds. */
  readonly timeoutMs: number;
  readonly #at: number;

  /**
   * @param timeoutMs `Infinity` for a deadline that never comes.
   * @param startedAt From when it counts, by `performance.now()`.
   */
  constructor(timeoutMs: number, startedAt: number = performance.now()) {
    this.timeoutMs = timeoutMs;
    this.#at = startedAt + timeoutMs;
  }

  /** Milliseconds left: 0 once it has passed, `Infinity` if it never does. */
  get remainingMs(): number {
    return Math.max(0, this.#at - performance.now());
  }

  /** Whether it has passed. Asks the clock: a busy event loop may run timers late. */
  get passed(): boolean {
    return this.#at !== Infinity && this.#at <= performance.now();
  }

  /**
   * Calls back when the deadline has passed.
   *
   * @returns A function that calls it off.
   */
  onPass(callback: () => void): () => void {
    if (this.#at === Infinity) return () => {};
    const timer = startTimer(this.#at, callback);
    return () => stopTimer(timer);
  }
}
