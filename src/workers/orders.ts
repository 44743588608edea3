/**
 * What a worker is told to do, whether there is a server already or not.
 *
 * @module
 */

import { Deadline } from "../deadline.ts";
import type { HealthStatus } from "../health_status.ts";
import type { Stoppable } from "../stop_signals.ts";
import type { ToWorker } from "./messages.ts";

/** What orders are about. */
export interface OrdersInit {
  readonly health: HealthStatus;
  readonly lameDuckMs: number;
  /** Tells the metrics to the supervisor. */
  tellMetrics(): void;
  /** Tells the supervisor that this process answers. */
  sayPong(): void;
}

/** Orders to a worker. The first one to shut down counts, and one to stop after that. */
export class Orders {
  /** Resolves when the port is to be opened. Rejects when there is no more need to. */
  readonly port: Promise<number>;

  readonly #init: OrdersInit;
  readonly #letOpen: (port: number) => void;
  readonly #refuse: (reason: Error) => void;
  #server: Stoppable | undefined;
  /** What was said before there was a server. */
  #order: "shutdown" | "stop" | undefined;
  #isReplaced = false;
  #endLameDuck: (() => void) | undefined;

  constructor(init: OrdersInit) {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.port = promise;
    this.#init = init;
    this.#letOpen = resolve;
    this.#refuse = reject;
    promise.catch(() => {});
  }

  /** Whether it was told to end. */
  get isEnding(): boolean {
    return this.#order !== undefined;
  }

  /** Hears what the supervisor says. */
  hear(message: ToWorker): void {
    switch (message.type) {
      case "listen":
        return this.#letOpen(message.port);
      case "metrics":
        return this.#init.tellMetrics();
      case "ping":
        return this.#init.sayPong();
      case "statuses":
        return this.#init.health.setElsewhere(message.statuses);
      case "shutdown":
        return this.shutDown(message.isReplaced);
      case "stop":
        return this.#stop();
    }
  }

  /** Shuts the server down, at once where another takes over. */
  shutDown(isReplaced: boolean): void {
    if (this.#order !== undefined) return;
    this.#order = "shutdown";
    this.#isReplaced = isReplaced;
    this.#refuse(new Error("the worker is to end"));
    if (this.#server !== undefined) this.#shutDown(this.#server);
  }

  /** Says which server is meant. It hears of what has come already. */
  obey(server: Stoppable): void {
    this.#server = server;
    if (this.#order === "stop") void server.stop();
    else if (this.#order === "shutdown") this.#shutDown(server);
  }

  #stop(): void {
    this.#order = "stop";
    this.#refuse(new Error("the worker is to end"));
    this.#endLameDuck?.();
    void this.#server?.stop();
  }

  #shutDown(server: Stoppable): void {
    const { health, lameDuckMs } = this.#init;
    const shutDown = () => void server.shutdown();
    if (this.#isReplaced || lameDuckMs === 0) return shutDown();
    health.shutDown();
    this.#endLameDuck = new Deadline(lameDuckMs).onPass(shutDown);
  }
}
