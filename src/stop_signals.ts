/**
 * The system's signals to stop: the first one shuts a server down gracefully, the second stops it at
 * once. They are heard through Deno's own API, and where Deno is not, through Node's.
 *
 * @module
 */

import process from "node:process";
import type { NetAddress } from "./transport/listener.ts";
import type { Server } from "./server.ts";

type StopSignal = "SIGINT" | "SIGTERM" | "SIGBREAK";

const SIGNALS: readonly StopSignal[] = process.platform === "win32"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

const NODE = {
  addSignalListener: (name: StopSignal, listener: () => void) => void process.on(name, listener),
  removeSignalListener: (name: StopSignal, listener: () => void) =>
    void process.off(name, listener),
};
const { addSignalListener, removeSignalListener } = "Deno" in globalThis ? Deno : NODE;

/** Listens for signals, from before there is a server: whoever sees the port open may send one. */
export class StopSignals implements Disposable {
  #server: Server | undefined;
  #received = 0;

  /** Begins to listen. */
  constructor() {
    for (const name of SIGNALS) addSignalListener(name, this.#onSignal);
  }

  /** Says which server is meant. It hears of what has come already. */
  stop(server: Server): void {
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
  start: () => Promise<Server>,
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
