/**
 * A clock that runs fast, for what takes seconds: `performance.now()` and `setTimeout()` of this process.
 *
 * @module
 */

/** Makes a millisecond as long as so many, until disposed of. */
export function speedUpClock(factor: number): Disposable {
  const { setTimeout } = globalThis;
  const { now } = performance;
  const startedAt = now.call(performance);
  performance.now = () => startedAt + (now.call(performance) - startedAt) * factor;
  globalThis.setTimeout =
    ((callback: () => void, ms = 0) => setTimeout(callback, ms / factor)) as typeof setTimeout;
  return {
    [Symbol.dispose]() {
      Object.assign(globalThis, { setTimeout });
      performance.now = now;
    },
  };
}
