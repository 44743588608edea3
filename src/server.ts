/**
 * A running app, and the one way in which it stops: health says NOT_SERVING, clients are told to go
 * elsewhere, calls in flight finish, and what is left when the time is up is ended.
 *
 * @module
 */

import { Code, ConnectError } from "./deps.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { HealthStatus } from "./health_status.ts";
import { serverLog } from "./log.ts";
import type { ResolvedMountOptions } from "./serve_options.ts";
import { settledWithin } from "./settled_within.ts";
import type { Surroundings } from "./surroundings.ts";
import { addressOf, type Listener, type NetAddress } from "./transport/listener.ts";

/** How long the last answers may take to get out, before their connections are cut. */
const FLUSH_MS = 250;

/** What a {@linkcode Server} is made from. */
export interface ServerInit {
  /** The open port. */
  readonly listener: Listener;
  /** The calls. */
  readonly dispatcher: Dispatcher;
  /** The status of the services. */
  readonly health: HealthStatus;
  /** How to stop. */
  readonly options: ResolvedMountOptions;
  /** What is there for those who look after it. */
  readonly surroundings: Surroundings;
}

/** A running app, in the shape of `Deno.HttpServer`. */
export class Server implements AsyncDisposable {
  /** Resolves when the server has stopped and all its connections are closed. */
  readonly finished: Promise<void>;

  readonly #init: ServerInit;
  readonly #finish: () => void;
  /** Aborted when there is no time left to wait for anything. */
  readonly #cut = new AbortController();
  #stopping = false;
  #addr: NetAddress | undefined;

  /** Made by `app.serve()`. */
  constructor(init: ServerInit) {
    this.#init = init;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
  }

  /**
   * Where the server listens, also after it has stopped.
   *
   * @throws {TypeError} If the server is the user's own, and does not listen yet.
   */
  get addr(): NetAddress {
    this.#addr = addressOf(this.#init.listener.server) ?? this.#addr;
    if (this.#addr === undefined) {
      throw new TypeError("Cannot tell where a server listens that does not: call listen() first");
    }
    return this.#addr;
  }

  /** Where the `healthPort` is, `undefined` if there is none. */
  get healthAddr(): NetAddress | undefined {
    return this.#init.surroundings.healthPort?.addr;
  }

  /** Where the `adminPort` is, `undefined` if there is none. */
  get adminAddr(): NetAddress | undefined {
    return this.#init.surroundings.adminPort?.addr;
  }

  /** Number of open connections. */
  get connectionCount(): number {
    return this.#init.listener.connections.size;
  }

  /** Number of calls in progress. */
  get callCount(): number {
    return this.#init.dispatcher.callCount;
  }

  /**
   * Stops gracefully: waits for `lameDuck`, and then at most `gracefulTimeout` for calls in flight.
   * Without a `gracefulTimeout` it stops at once.
   *
   * @returns Resolves when the server has stopped.
   */
  shutdown(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#stop().finally(this.#finish);
    }
    return this.finished;
  }

  /**
   * Stops at once, also in the midst of a graceful shutdown: calls in flight end with UNAVAILABLE.
   *
   * @returns Resolves when the server has stopped.
   */
  stop(): Promise<void> {
    this.#cut.abort();
    return this.shutdown();
  }

  /** As {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #stop(): Promise<void> {
    const { listener, dispatcher, health, options, surroundings } = this.#init;
    serverLog.info("Shutting down gracefully...");
    health.shutDown();
    // One turn of the event loop at least, in which Watch streams tell of it before they end.
    await new Promise((resolve) => setTimeout(resolve));
    if (options.lameDuckMs > 0) await this.#within(options.lameDuckMs);

    const reason = new ConnectError("the server is shutting down", Code.Unavailable);
    listener.stopAccepting();
    dispatcher.drain(reason);
    const drained = listener.connections.drain();
    if (!await this.#within(options.gracefulTimeoutMs, drained)) {
      if (dispatcher.callCount > 0) {
        serverLog.warn("Calls in flight are ended, no time is left: {count}", {
          count: dispatcher.callCount,
        });
      }
      dispatcher.close(reason);
      await settledWithin(FLUSH_MS, drained);
      await listener.connections.destroy();
    }
    await listener.close();
    await surroundings.close();
    serverLog.info("The server has stopped");
  }

  /** Waits, unless {@linkcode stop} was or is called. Tells whether the work was done. */
  #within(ms: number, work?: Promise<void>): Promise<boolean> {
    return settledWithin(ms, work, this.#cut.signal);
  }
}
