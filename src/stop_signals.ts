/**
 * The system's signals to stop: the first one shuts a server down gracefully, the second stops it at
 * once.
 *
 * @module
 */

import type { Server } from "./server.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Listens for signals, from before there is a server: whoever sees the port open may send one. */
export class StopSignals implements Disposable {
  #server: Server | undefined;
  #received = 0;

  /** Begins to listen. */
  constructor() {
    for (const name of SIGNALS) Deno.addSignalListener(name, this.#onSignal);
  }

  /** Says which server is meant. It hears of what has come already. */
  stop(server: Server): void {
    this.#server = server;
    if (this.#received > 0) this.#obey();
  }

  /** Ends to listen. */
  [Symbol.dispose](): void {
    for (const name of SIGNALS) Deno.removeSignalListener(name, this.#onSignal);
  }

  readonly #onSignal = () => {
    this.#received++;
    this.#obey();
  };

  #obey(): void {
    void (this.#received > 1 ? this.#server?.stop() : this.#server?.shutdown());
  }
}
