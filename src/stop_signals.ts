/**
 * The system's signals to stop: the first one shuts a server down gracefully, the second stops it at
 * once. They are heard through Deno's own API, and where Deno is not, through Node's.
 *
 * @module
 */

import process from "node:process";
import type { NetAddress } from "./transport/listener.ts";

/** What signals stop. */
export interface Stoppable {
  /** Stops it gracefully. */
  shutdown(): Promise<void>;
  /** Stops it at once. */
  stop(): Promise<void>;
}

/** A {@linkcode Stoppable} that listens. */
export interface StoppableServer extends Stoppable {
  readonly addr: NetAddress;
  readonly finished: Promise<void>;
}

type StopSignal = "SIGINT" | "SIGTERM" | "SIGBREAK";

const SIGNALS: readonly StopSignal[] = process.platform === "win32"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

type AnySignal = StopSignal | "SIGUSR2";

const NODE = {
  addSignalListener: (name: AnySignal, listener: () => void) => void process.on(name, listener),
  removeSignalListener: (name: AnySignal, listener: () => void) => void process.off(name, listener),
};
const { addSignalListener, removeSignalListener } = "Deno" in globalThis ? Deno : NODE;

/** Listens for signals, from before there is a server: whoever sees the port open may send one. */
export class StopSignals implements Disposable {
  #server: Stoppable | undefined;
  #received = 0;

  /** Begins to listen. */
  constructor() {
    for (const name of SIGNALS) addSignalListener(name, this.#onSignal);
  }

  /** Says which server is meant. It hears of what has come already. */
  stop(server: Stoppable): void {
    this.#server = server;
    if (this.#received > 0) this.#obey();
  }

  /** Ends to listen. */
  [Symbol.dispose](): void {
    for (const name of SIGNALS) removeSignalListener(name, this.#onSignal);
  }

  readonly #onSignal = () => {
    this.#received++;
    this.#obey();
  };

  #obey(): void {
    void (this.#received > 1 ? this.#server?.stop() : this.#server?.shutdown());
  }
}

/**
 * Runs a server until a signal stops it, or somebody else does.
 *
 * @param start Opens its port.
 * @returns Resolves when it has stopped.
 */
export async function runUntilStopped(
  start: () => Promise<StoppableServer>,
  onListen: ((addr: NetAddress) => void) | undefined,
): Promise<void> {
  using signals = new StopSignals();
  const server = await start();
  signals.stop(server);
  try {
    onListen?.(server.addr);
    await server.finished;
  } finally {
    await server.stop();
  }
}

/** Listens for the signal to replace workers, which ends a process that does not. */
export function onReplaceSignal(listener: () => void): Disposable {
  if (process.platform === "win32") return { [Symbol.dispose]() {} };
  addSignalListener("SIGUSR2", listener);
  return { [Symbol.dispose]: () => removeSignalListener("SIGUSR2", listener) };
}

/** Listens for the signals to stop. */
export function onStopSignals(listener: () => void): Disposable {
  for (const name of SIGNALS) addSignalListener(name, listener);
  return {
    [Symbol.dispose]() {
      for (const name of SIGNALS) removeSignalListener(name, listener);
    },
  };
}
