/**
 * What an app has, put together and started: the dispatcher with both lanes, and a server around it.
 *
 * @module
 */

import type { Interceptor } from "./deps.ts";
import type { AppOptions, AppOverrides, ResolvedAppOptions } from "./app_options.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { CallObserver } from "./call_observer.ts";
import type { HealthStatus } from "./health_status.ts";
import { ConnectLane } from "./protocol/connect_lane.ts";
import { GrpcLane } from "./protocol/grpc/grpc_lane.ts";
import type { MethodSpec } from "./service.ts";
import type { ResolvedMountOptions } from "./serve_options.ts";
import { Server } from "./server.ts";
import type { BuiltIns, ServiceTable } from "./service_table.ts";
import { openSurroundings } from "./surroundings.ts";
import type { Listener } from "./transport/listener.ts";

/** What serves an app's requests depends on this much of how it is served. */
export interface DispatchOptions extends BuiltIns {
  readonly maxHeaderListBytes: number;
}

/** What is around the methods. */
interface AssembleOptions extends Pick<DispatchOptions, "maxHeaderListBytes"> {
  readonly observer?: CallObserver | undefined;
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

  /**
   * Finds out what is wrong with the app, for a process that lets others serve it.
   *
   * @returns Until it is disposed of, the app counts as running.
   */
  async hold(builtIns: BuiltIns): Promise<Disposable> {
    this.assertNotRunning("serve a running app a second time", "wait for its shutdown() first");
    this.#isRunning = true;
    const held = { [Symbol.dispose]: () => void (this.#isRunning = false) };
    try {
      await this.resolveMethods(builtIns);
      return held;
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  }

  /** Starts a server behind a port that is opened when everything else is known to be right. */
  async start(
    options: ResolvedMountOptions,
    open: Open,
  ): Promise<Server> {
    this.assertNotRunning("serve a running app a second time", "wait for its shutdown() first");
    const { health } = this.#init;
    this.#isRunning = true;
    health.hold();
    try {
      const server = await this.#open(options, open);
      server.finished.then(() => this.#isRunning = false);
      return server;
    } catch (error) {
      this.#isRunning = false;
      throw error;
    } finally {
      health.resume();
    }
  }

  /** The port for calls comes last: whoever looks after the server is there before its clients. */
  async #open(options: ResolvedMountOptions, open: Open): Promise<Server> {
    const { health } = this.#init;
    const { healthCheck, reflection, limits: { maxHeaderListBytes } } = options;
    let server: Server | undefined;
    const counts = {
      get callCount() {
        return server?.callCount ?? 0;
      },
      get connectionCount() {
        return server?.connectionCount ?? 0;
      },
    };
    const methods = await this.resolveMethods({ healthCheck, reflection });
    const surroundings = await openSurroundings({ ...options, health, counts });
    try {
      const { observer } = surroundings;
      const dispatcher = this.#assemble(methods, { maxHeaderListBytes, observer });
      const listener = await open((stream) => dispatcher.dispatch(stream));
      return server = new Server({ listener, dispatcher, health, options, surroundings });
    } catch (error) {
      await surroundings.close();
      throw error;
    }
  }

  /** Makes what serves requests, without a server around it. */
  async createDispatcher(options: DispatchOptions): Promise<Dispatcher> {
    // What was said before a shutdown holds again, unless there is one right now.
    if (!this.#isRunning) this.#init.health.resume();
    return this.#assemble(await this.resolveMethods(options), options);
  }

  #assemble(
    methods: ReadonlyMap<string, MethodSpec>,
    { maxHeaderListBytes, observer }: AssembleOptions,
  ): Dispatcher {
    const { interceptors } = this.#init;
    const { cors, types, maxReceiveBytes, maxSendBytes } = {
      ...this.#init.options,
      ...this.#overrides,
    };
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
      maxHeaderListBytes,
      observer,
    });
  }
}
