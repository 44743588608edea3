/**
 * The app: what the user adds is collected, and on `serve()` put together and started.
 *
 * @module
 */

import type { DescService } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";
import { Dispatcher } from "./dispatcher.ts";
import { type Health, HealthStatus } from "./health_status.ts";
import { configureConsoleLog, serverLog } from "./log.ts";
import {
  type AppOptions,
  type MountOptions,
  resolveAppOptions,
  type ResolvedAppOptions,
  type ResolvedMountOptions,
  resolveMountOptions,
  resolveServeOptions,
  type RunOptions,
  type ServeOptions,
} from "./options.ts";
import { ConnectLane } from "./protocol/connect_lane.ts";
import { GrpcLane } from "./protocol/grpc/grpc_lane.ts";
import { Server } from "./server.ts";
import {
  type MethodSpec,
  resolveService,
  type ServiceImplementation,
  type ServiceOptions,
} from "./service.ts";
import type { NodeHttp2Server } from "./transport/connections.ts";
import { listen, type Listener, mountOn } from "./transport/listener.ts";

/** What serves an app's requests depends on this much of how it is served. */
export interface ResolvedDispatchOptions {
  readonly healthCheck: boolean;
  readonly reflection: boolean;
  readonly maxHeaderListBytes: number;
}

type CreateDispatcher = (app: FastGRPC, options: ResolvedDispatchOptions) => Promise<Dispatcher>;
let dispatcherOf: CreateDispatcher;

/**
 * Makes what serves the requests of an app, without a server around it: not for users, who have
 * `testClient()` for that.
 */
export const createDispatcher: CreateDispatcher = (app, options) => dispatcherOf(app, options);

/**
 * A gRPC server app.
 *
 * @example Usage
 * ```ts ignore
 * import { FastGRPC } from "@fastgrpc/fastgrpc";
 * import { Greeter } from "./gen/greeter/v1/greeter_pb.ts";
 *
 * const app = new FastGRPC({ timeout: "30s" });
 * app.addService(Greeter, {
 *   sayHello: (request) => ({ message: `Hello ${request.name}` }),
 * });
 * await app.run({ port: 50051, gracefulTimeout: "30s", healthCheck: true });
 * ```
 */
export class FastGRPC {
  /** Status of the services, as `grpc.health.v1` tells it where `healthCheck` is on. */
  readonly health: Health;

  readonly #health = new HealthStatus();
  readonly #options: ResolvedAppOptions;
  readonly #methods = new Map<string, MethodSpec>();
  readonly #services = new Set<string>();
  readonly #interceptors: Interceptor[] = [];
  #running = false;

  /**
   * Makes an app that has no services yet.
   *
   * @throws {TypeError} If an option is unknown, or of the wrong kind.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(options: AppOptions = {}) {
    this.#options = resolveAppOptions(options);
    this.health = this.#health;
  }

  /**
   * Adds a generated service with a handler for each of its methods.
   *
   * @param service As generated, such as `Greeter`.
   * @param implementation An object, or an instance of a class, with the handlers.
   * @param options Timeouts of the service and of its methods.
   * @returns The app, so that calls can be chained.
   * @throws {TypeError} If the service is there already, a handler is missing or superfluous, or the
   *   app is running.
   * @throws {RangeError} If a timeout is no valid duration.
   */
  addService<S extends DescService>(
    service: S,
    implementation: ServiceImplementation<NoInfer<S>>,
    options: ServiceOptions<NoInfer<S>> = {},
  ): this {
    this.#assertNotRunning(`add service "${service?.typeName}" to a running app`);
    if (this.#services.has(service?.typeName)) {
      throw new TypeError(
        `Cannot add service "${service.typeName}" a second time: put all its handlers in one object`,
      );
    }
    const methods = resolveService(service, implementation, options, this.#options.timeoutMs);
    this.#services.add(service.typeName);
    for (const method of methods) this.#methods.set(method.path, method);
    return this;
  }

  /**
   * Adds an interceptor around all calls. The first one added is the outermost.
   *
   * @returns The app, so that calls can be chained.
   * @throws {TypeError} If the app is running.
   */
  use(interceptor: Interceptor): this {
    this.#assertNotRunning("use an interceptor on a running app");
    if (typeof interceptor !== "function") {
      throw new TypeError(
        "Cannot use an interceptor that is no function: see Connect's Interceptor",
      );
    }
    this.#interceptors.push(interceptor);
    return this;
  }

  /**
   * Opens a port and serves the app on it.
   *
   * @returns The running server. It stops on `shutdown()`; signals of the system are `run()`'s.
   * @throws {TypeError | RangeError} If an option is unknown or out of range, or the app is running.
   * @throws {ConfigError} If a PEM file cannot be used. No port was opened then.
   */
  async serve(options: ServeOptions = {}): Promise<Server> {
    const resolved = resolveServeOptions(options);
    const { signal } = resolved;
    signal?.throwIfAborted();
    const server = await this.#start(resolved, (onStream) => listen({ ...resolved, onStream }));
    const { hostname, port } = server.addr;
    serverLog.info("Listening on {address}", {
      address: hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`,
    });
    const onAbort = () => void server.shutdown();
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    server.finished.then(() => signal?.removeEventListener("abort", onAbort));
    return server;
  }

  /**
   * Serves the app on a server of `node:http2` that you have made, and whose TLS and port are yours.
   * Shutting the returned server down closes yours.
   *
   * @throws {TypeError} If the server has a request handler already, or the app is running.
   */
  async addToServer(server: NodeHttp2Server, options: MountOptions = {}): Promise<Server> {
    const resolved = resolveMountOptions(options);
    return await this.#start(resolved, (onStream) => mountOn(server, { ...resolved, onStream }));
  }

  /**
   * Serves the app until SIGTERM, SIGINT or `options.signal`, then shuts down gracefully; a second
   * signal stops at once. Unless LogTape is configured already, the kit's log goes to the console.
   *
   * @returns Resolves when the server has stopped.
   * @throws As {@linkcode serve}.
   */
  async run({ onListen, ...options }: RunOptions = {}): Promise<void> {
    configureConsoleLog();
    let server: Server | undefined;
    let received = 0;
    const obey = () => void (received > 1 ? server?.stop() : server?.shutdown());
    const onSignal = () => {
      received++;
      obey();
    };
    const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
      ? ["SIGINT", "SIGBREAK"]
      : ["SIGINT", "SIGTERM"];
    // Before the port opens: whoever sees it open may send a signal at once.
    for (const name of signals) Deno.addSignalListener(name, onSignal);
    try {
      server = await this.serve(options);
      if (received > 0) obey();
      onListen?.(server.addr);
      await server.finished;
    } finally {
      await server?.stop();
      for (const name of signals) Deno.removeSignalListener(name, onSignal);
    }
  }

  async #start(
    options: ResolvedMountOptions,
    open: (onStream: Dispatcher["dispatch"]) => Promise<Listener>,
  ): Promise<Server> {
    this.#assertNotRunning("serve a running app a second time", "wait for its shutdown() first");
    this.#running = true;
    this.#health.resume();
    try {
      const dispatcher = await this.#createDispatcher({
        healthCheck: options.healthCheck,
        reflection: options.reflection,
        maxHeaderListBytes: options.limits.maxHeaderListBytes,
      });
      const listener = await open((stream) => dispatcher.dispatch(stream));
      const server = new Server({ listener, dispatcher, health: this.#health, options });
      server.finished.then(() => this.#running = false);
      return server;
    } catch (error) {
      this.#running = false;
      throw error;
    }
  }

  async #createDispatcher(options: ResolvedDispatchOptions): Promise<Dispatcher> {
    const methods = await this.#resolveMethods(options);
    const { cors, types, maxReceiveBytes, maxSendBytes } = this.#options;
    const specs = [...methods.values()];
    const laneOptions = {
      interceptors: [...this.#interceptors],
      maxReceiveBytes,
      maxSendBytes,
      types,
    };
    const connectLane = new ConnectLane(specs, laneOptions);
    const grpcLane = new GrpcLane(specs, laneOptions);
    const { maxHeaderListBytes } = options;
    return new Dispatcher({ methods, connectLane, grpcLane, cors, maxHeaderListBytes });
  }

  async #resolveMethods(
    { healthCheck, reflection }: ResolvedDispatchOptions,
  ): Promise<ReadonlyMap<string, MethodSpec>> {
    for (const service of ["", ...this.#services]) {
      if (this.health.get(service) === undefined) this.health.set(service, "SERVING");
    }
    const builtIns: MethodSpec[] = [];
    if (healthCheck) {
      const { Health, HEALTH_OPTIONS, healthHandlers } = await import("./health.ts");
      const handlers = healthHandlers(this.#health);
      builtIns.push(...resolveService(Health, handlers, HEALTH_OPTIONS, undefined));
    }
    if (reflection) {
      const { REFLECTION_OPTIONS, REFLECTION_SERVICES, reflectionHandlers } = await import(
        "./reflection.ts"
      );
      const others = [...builtIns, ...this.#methods.values()].map(({ desc }) => desc.parent);
      const handlers = reflectionHandlers({
        services: [...others, ...REFLECTION_SERVICES],
        types: this.#options.types,
      });
      for (const service of REFLECTION_SERVICES) {
        builtIns.push(...resolveService(service, handlers, REFLECTION_OPTIONS, undefined));
      }
    }
    return new Map([
      ...builtIns.map((method) => [method.path, method] as const),
      ...this.#methods,
    ]);
  }

  /** For `testing.ts`, through {@linkcode createDispatcher}. */
  static {
    dispatcherOf = (app, options) => {
      // What was said before a shutdown holds again, unless there is one right now.
      if (!app.#running) app.#health.resume();
      return app.#createDispatcher(options);
    };
  }

  #assertNotRunning(action: string, remedy = "do it before serve()"): void {
    if (this.#running) throw new TypeError(`Cannot ${action}: ${remedy}`);
  }
}
