/**
 * What an app has, put together and started: the dispatcher with both lanes, and a server around it.
 *
 * @module
 */

import type { Interceptor } from "./deps.ts";
import type { AppOptions, AppOverrides, ResolvedAppOptions } from "./app_options.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { HealthStatus } from "./health_status.ts";
import { ConnectLane } from "./protocol/connect_lane.ts";
import { GrpcLane } from "./protocol/grpc/grpc_lane.ts";
import type { MethodSpec } from "./service.ts";
import type { ResolvedMountOptions } from "./serve_options.ts";
import { Server } from "./server.ts";
import type { BuiltIns, ServiceTable } from "./service_table.ts";
import type { Listener } from "./transport/listener.ts";

/** What serves an app's requests depends on this much of how it is served. */
export interface DispatchOptions extends BuiltIns {
  readonly maxHeaderListBytes: number;
}

/** What an app has. What is added to the lists later counts for the next start. */
export interface StarterInit {
  /** The app's options as they were given. */
  readonly given: AppOptions;
  readonly options: ResolvedAppOptions;
  readonly services: ServiceTable;
  readonly interceptors: readonly Interceptor[];
  readonly health: HealthStatus;
}

/** Opens a port, whose requests go to where it is told. */
export type Open = (onStream: Dispatcher["dispatch"]) => Promise<Listener>;

/** Starts an app, as often as it has stopped. */
export class Starter {
  readonly #init: StarterInit;
  #isRunning = false;
  #overrides: AppOverrides | undefined;

  constructor(init: StarterInit) {
    this.#init = init;
  }

  /** @throws {TypeError} If the app is running. */
  assertNotRunning(action: string, remedy = "do it before serve()"): void {
    if (this.#isRunning) throw new TypeError(`Cannot ${action}: ${remedy}`);
  }

  /** The app's options as they were given: what the user said, and not what is so by default. */
  get given(): AppOptions {
    return this.#init.given;
  }

  /** Sets options over those that the app was made with, for each start from now on. */
  override(overrides: AppOverrides): void {
    this.#overrides = overrides;
    this.#init.services.override(overrides.timeouts);
  }

  /** The methods that would be served. */
  resolveMethods(builtIns: BuiltIns): Promise<ReadonlyMap<string, MethodSpec>> {
    return this.#init.services.resolve(builtIns, this.#init.health);
  }

  /** Starts a server behind a port that is opened when everything else is known to be right. */
  async start(
    options: ResolvedMountOptions,
    open: Open,
  ): Promise<Server> {
    this.assertNotRunning("serve a running app a second time", "wait for its shutdown() first");
    const { health } = this.#init;
    this.#isRunning = true;
    health.resume();
    try {
      const { healthCheck, reflection, limits: { maxHeaderListBytes } } = options;
      const dispatcher = await this.#assemble({ healthCheck, reflection, maxHeaderListBytes });
      const listener = await open((stream) => dispatcher.dispatch(stream));
      const server = new Server({ listener, dispatcher, health, options });
      server.finished.then(() => this.#isRunning = false);
      return server;
    } catch (error) {
      this.#isRunning = false;
      throw error;
    }
  }

  /** Makes what serves requests, without a server around it. */
  async createDispatcher(options: DispatchOptions): Promise<Dispatcher> {
    // What was said before a shutdown holds again, unless there is one right now.
    if (!this.#isRunning) this.#init.health.resume();
    return await this.#assemble(options);
  }

  async #assemble(options: DispatchOptions): Promise<Dispatcher> {
    const { interceptors } = this.#init;
    const { cors, types, maxReceiveBytes, maxSendBytes } = {
      ...this.#init.options,
      ...this.#overrides,
    };
    const methods = await this.resolveMethods(options);
    const specs = [...methods.values()];
    const laneOptions = {
      interceptors: [...interceptors],
      maxReceiveBytes,
      maxSendBytes,
      types,
    };
    return new Dispatcher({
      methods,
      connectLane: new ConnectLane(specs, laneOptions),
      grpcLane: new GrpcLane(specs, laneOptions),
      cors,
      maxHeaderListBytes: options.maxHeaderListBytes,
    });
  }
}
