/**
 * The app: what the user adds is collected, and on `serve()` put together and started.
 *
 * @module
 */

import type { DescService, Interceptor } from "./deps.ts";
import { type AppOptions, resolveAppOptions } from "./app_options.ts";
import { assertNotCollecting, isCollecting, noteApp, noteRun } from "./app_collection.ts";
import type {
  CodeMethod,
  CodeMethodOptions,
  CodeMethods,
  OnceKnown,
  StreamStreamHandler,
  StreamUnaryHandler,
  UnaryStreamHandler,
  UnaryUnaryHandler,
} from "./code_first/code_method.ts";
import { Service } from "./code_first/code_service.ts";
import { type Health, HealthStatus } from "./health_status.ts";
import { configureConsoleLog, serverLog } from "./log.ts";
import type { RunOptions } from "./run_options.ts";
import {
  type MountOptions,
  resolveMountOptions,
  resolveServeOptions,
  type ServeOptions,
} from "./serve_options.ts";
import { listenOn, runApp } from "./run_app.ts";
import { toProtoText } from "./proto_text/proto_text.ts";
import type { MessageDeclaration } from "./schema/read_services.ts";
import type { Server } from "./server.ts";
import type { ServiceImplementation, ServiceOptions } from "./service.ts";
import { ServiceTable } from "./service_table.ts";
import { type Open, Starter } from "./starter.ts";
import type { NodeHttp2Server } from "./transport/connections.ts";
import { formatAddress, mountOn } from "./transport/listener.ts";

let starterOf: (app: FastGRPC) => Starter;
let servicesOf: (app: FastGRPC) => ServiceTable;

/** For `testClient()`, which serves requests without a server, and for what an operator has set. */
export const appStarter: typeof starterOf = (app) => starterOf(app);

/** For `writeProto()` and the command line, which need to know the services. */
export const appServices: typeof servicesOf = (app) => servicesOf(app);

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
export class FastGRPC<Methods extends CodeMethods = Record<never, never>> {
  /** Status of the services, as `grpc.health.v1` tells it where `healthCheck` is on. */
  readonly health: Health;

  readonly #health: HealthStatus;
  readonly #services: ServiceTable;
  readonly #interceptors: Interceptor[] = [];
  readonly #starter: Starter;

  /**
   * Makes an app that has no services yet.
   *
   * @throws {TypeError} If an option is unknown, or of the wrong kind.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(options: AppOptions = {}) {
    const resolved = resolveAppOptions(options);
    const health = new HealthStatus();
    this.health = this.#health = health;
    this.#services = new ServiceTable(resolved);
    this.#starter = new Starter({
      given: { ...options },
      options: resolved,
      services: this.#services,
      interceptors: this.#interceptors,
      health,
    });
    noteApp(this);
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
    options?: ServiceOptions<NoInfer<S>>,
  ): this;
  /**
   * Adds a service in code, with the methods that it has when the app is served.
   *
   * @returns The app, so that calls can be chained.
   * @throws {TypeError} If there is a service of that name already, or the app is running.
   */
  addService(service: Service): this;
  addService(
    service: DescService | Service,
    implementation?: ServiceImplementation<DescService>,
    options?: ServiceOptions,
  ): this {
    const isCode = service instanceof Service;
    const name = isCode ? service.name : service?.typeName;
    this.#starter.assertNotRunning(`add service "${name}" to a running app`);
    if (!isCode) {
      this.#services.addGenerated(service, implementation!, options ?? {});
    } else if (implementation !== undefined) {
      throw new TypeError(`Cannot add service "${name}" with handlers: it has its own`);
    } else {
      this.#services.addCode(service);
    }
    return this;
  }

  /**
   * Adds a method with one request and one reply to the app's own service, whose `name` the app was
   * made with.
   *
   * @param name In PascalCase, such as `SayHello`.
   * @param handler Gets what the request's schema makes of a request, and returns what the reply's
   *   schema takes.
   * @returns The app, so that calls can be chained.
   * @throws {TypeError} If the app has no `name` or is running, there is a method of that name, or an
   *   option is unknown. What is wrong with schemas is told when the app is served.
   */
  unaryUnary<
    const Name extends string,
    Request extends MessageDeclaration,
    Response extends MessageDeclaration,
  >(
    name: Name,
    options: CodeMethodOptions<Request, Response>,
    handler: OnceKnown<Response, UnaryUnaryHandler<Request, Response>>,
  ): FastGRPC<Methods & Record<Name, CodeMethod<"unary", Request, Response>>> {
    this.#own(name).unaryUnary(name, options, handler);
    return this as never;
  }

  /** Adds a method with one request and a stream of replies. As {@linkcode unaryUnary}. */
  unaryStream<
    const Name extends string,
    Request extends MessageDeclaration,
    Response extends MessageDeclaration,
  >(
    name: Name,
    options: CodeMethodOptions<Request, Response>,
    handler: OnceKnown<Response, UnaryStreamHandler<Request, Response>>,
  ): FastGRPC<Methods & Record<Name, CodeMethod<"server_streaming", Request, Response>>> {
    this.#own(name).unaryStream(name, options, handler);
    return this as never;
  }

  /** Adds a method with a stream of requests and one reply. As {@linkcode unaryUnary}. */
  streamUnary<
    const Name extends string,
    Request extends MessageDeclaration,
    Response extends MessageDeclaration,
  >(
    name: Name,
    options: CodeMethodOptions<Request, Response>,
    handler: OnceKnown<Response, StreamUnaryHandler<Request, Response>>,
  ): FastGRPC<Methods & Record<Name, CodeMethod<"client_streaming", Request, Response>>> {
    this.#own(name).streamUnary(name, options, handler);
    return this as never;
  }

  /** Adds a method with streams both ways. As {@linkcode unaryUnary}. */
  streamStream<
    const Name extends string,
    Request extends MessageDeclaration,
    Response extends MessageDeclaration,
  >(
    name: Name,
    options: CodeMethodOptions<Request, Response>,
    handler: OnceKnown<Response, StreamStreamHandler<Request, Response>>,
  ): FastGRPC<Methods & Record<Name, CodeMethod<"bidi_streaming", Request, Response>>> {
    this.#own(name).streamStream(name, options, handler);
    return this as never;
  }

  /**
   * The services in code as `.proto` files, by their names, such as `demo/v1/demo.proto`. One that has
   * a lock gets its numbers from there, and new fields the next ones.
   *
   * @throws {TypeError} If a schema cannot be expressed.
   * @throws {ConfigError} If a lock cannot be read.
   */
  toProto(): Record<string, string> {
    return Object.fromEntries(
      this.#services.compile().map(({ file }) => [file.proto.name, toProtoText(file)]),
    );
  }

  /**
   * Adds an interceptor around all calls. The first one added is the outermost.
   *
   * @returns The app, so that calls can be chained.
   * @throws {TypeError} If the app is running.
   */
  use(interceptor: Interceptor): this {
    this.#starter.assertNotRunning("use an interceptor on a running app");
    if (typeof interceptor !== "function") {
      throw new TypeError("Cannot use an interceptor that is no function: see Connect's");
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
    assertNotCollecting();
    const resolved = resolveServeOptions(options);
    const { signal } = resolved;
    signal?.throwIfAborted();
    const server = await listenOn(this.#starter, resolved);
    const { addr } = server;
    serverLog.info("Listening on {address}", { address: formatAddress(addr) });
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
    assertNotCollecting();
    const resolved = resolveMountOptions(options);
    const open: Open = (onStream) => mountOn(server, { ...resolved, onStream });
    return await this.#starter.start(resolved, open);
  }

  /**
   * Serves the app until SIGTERM, SIGINT or `options.signal`, then shuts down gracefully; a second
   * signal stops at once. Unless LogTape is configured already, the kit's log goes to the console.
   *
   * With several `workers`, those serve it, and SIGUSR2 replaces them one after the other.
   *
   * @returns Resolves when the server has stopped, and all of its workers have.
   * @throws As {@linkcode serve}.
   * @throws {ConfigError} If workers cannot be started: Deno may not, or it is not Linux.
   * @throws {Error} If a worker cannot be kept running.
   */
  async run(options: RunOptions = {}): Promise<void> {
    if (isCollecting()) return await noteRun(this, options);
    configureConsoleLog();
    const app = { starter: this.#starter, health: this.#health };
    await runApp(app, options, (each) => this.serve(each));
  }

  /** The app's own service, for one more method. */
  #own(method: string): Service {
    this.#starter.assertNotRunning(`add method "${method}" to a running app`);
    return this.#services.ownService(method);
  }

  static {
    starterOf = (app) => app.#starter;
    servicesOf = (app) => app.#services;
  }
}
