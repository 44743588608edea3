/**
 * Timers and listeners that are left, for tests of what a finished call leaves behind.
 *
 * @module
 */

/** Timers that were started since, and have neither fired nor been cleared. */
export interface CapturedTimers extends Disposable {
  /** Their lengths in milliseconds. */
  readonly pending: number[];
}

/** Watches `setTimeout()`, until disposed of. */
export function captureTimers(): CapturedTimers {
  const { setTimeout, clearTimeout } = globalThis;
  const running = new Map<unknown, number>();
  const replacement = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const id = setTimeout(() => {
      running.delete(id);
      callback(...args);
    }, ms);
    running.set(id, ms);
    return id;
  };
  globalThis.setTimeout = replacement as typeof setTimeout;
  globalThis.clearTimeout = (id) => {
    running.delete(id);
    clearTimeout(id);
  };
  return {
    get pending() {
      return [...running.values()];
    },
    [Symbol.dispose]: () => void Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
}

/** Listeners of abort signals that were added since, and have not been removed. */
export interface CapturedListeners extends Disposable {
  /** How many were added in all. */
  readonly added: number;
  /** How many are left. */
  readonly left: number;
}

/** Watches the listeners of all abort signals, until disposed of. */
export function captureAbortListeners(): CapturedListeners {
  const { prototype } = EventTarget;
  const { addEventListener, removeEventListener } = prototype;
  const listeners = new Map<AbortSignal, Map<unknown, { once: boolean }>>();
  let added = 0;
  prototype.addEventListener = function (this: EventTarget, ...args) {
    const [type, listener, options] = args;
    if (this instanceof AbortSignal && type === "abort") {
      added++;
      const once = typeof options === "object" && options.once === true;
      listeners.set(this, (listeners.get(this) ?? new Map()).set(listener, { once }));
    }
    addEventListener.apply(this, args);
  };
  prototype.removeEventListener = function (this: EventTarget, ...args) {
    if (this instanceof AbortSignal) listeners.get(this)?.delete(args[1]);
    removeEventListener.apply(this, args);
  };
  return {
    get added() {
      return added;
    },
    get left() {
      const isLeft = (signal: AbortSignal, once: boolean) => !(once && signal.aborted);
      return [...listeners].flatMap(([signal, of]) =>
        [...of.values()].filter(({ once }) => isLeft(signal, once))
      ).length;
    },
    [Symbol.dispose]: () =>
      void Object.assign(prototype, { addEventListener, removeEventListener }),
  };
}
