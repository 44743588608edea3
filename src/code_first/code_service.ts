/**
 * Services in code: methods are declared by schemas and functions, without `.proto` files and
 * generated code.
 *
 * @module
 */

import type { Interceptor } from "../deps.ts";
import type { Duration } from "../duration.ts";
import { assertKnownOptions } from "../errors.ts";
import type {
  MessageDeclaration,
  MethodDeclaration,
  ServiceDeclaration,
} from "../schema/read_services.ts";
import {
  type AddedMethod,
  assertDescription,
  type CodeMethod,
  type CodeMethodOptions,
  type CodeMethods,
  declareMethod,
  type OnceKnown,
  type StreamStreamHandler,
  type StreamUnaryHandler,
  type UnaryStreamHandler,
  type UnaryUnaryHandler,
} from "./code_method.ts";
import { assertFolder } from "./proto_folder.ts";

/** Options of a service in code. */
export interface CodeServiceOptions {
  /**
   * Its comment in the `.proto` file.
   *
   * @default {undefined} none
   */
  description?: string;
  /**
   * The folder of its `.proto` file and of the lock that keeps its numbers, as `deno task proto`
   * writes them: `new URL("./proto/", import.meta.url)`. A service with a folder is only served, and
   * only called, by numbers that stand in the lock.
   *
   * @default {undefined} none: fields are numbered by the order of declaration
   */
  proto?: string | URL;
  /**
   * Longest time that a call of this service may take, unless its method has a timeout of its own.
   * `Infinity` lifts the app's.
   *
   * @default {undefined} the app's
   */
  timeout?: Duration;
  /**
   * Interceptors around the methods of this service, within the app's. The first one is the outermost.
   *
   * @default {[]}
   */
  interceptors?: readonly Interceptor[];
}

const SERVICE_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
/** A service in code there would replace a built-in one, or clash with the well-known types. */
const TAKEN_PACKAGES = /^(?:grpc|google)\./;
const SERVICE_OPTIONS = ["description", "proto", "timeout", "interceptors"];
let methodsOf: (service: Service) => readonly AddedMethod[];

/** The methods of a service, in the order in which they were added: not for users. */
export const addedMethods: typeof methodsOf = (service) => methodsOf(service);

/**
 * A service in code. Each of its four functions adds a method and returns the service, with the method
 * in its type: a client of a service that was declared in one chain is typed.
 *
 * @example Usage
 * ```ts ignore
 * import { FastGRPC, Service } from "@fastgrpc/fastgrpc";
 * import { z } from "zod";
 *
 * const clock = new Service("demo.v1.Clock", { timeout: "10s" })
 *   .unaryUnary("Now", { request: z.object({}), response: z.object({ time: z.date() }) }, () => ({
 *     time: new Date(),
 *   }));
 * await new FastGRPC().addService(clock).run();
 * ```
 */
export class Service<Methods extends CodeMethods = Record<never, never>> {
  /** With its package, such as `demo.v1.Clock`. */
  readonly name: string;
  /** As they were given. */
  readonly options: Readonly<CodeServiceOptions>;
  readonly #methods = new Map<string, AddedMethod>();

  static {
    methodsOf = (service) => [...service.#methods.values()];
  }

  /**
   * Makes a service that has no methods yet.
   *
   * @param name With its package, such as `demo.v1.Clock`.
   * @throws {TypeError} If the name is none or in a package of gRPC or protobuf, or an option is unknown or of the wrong kind.
   */
  constructor(name: string, options: CodeServiceOptions = {}) {
    const action = `make service "${String(name)}"`;
    if (typeof name !== "string" || !SERVICE_NAME.test(name)) {
      throw new TypeError(
        `Cannot ${action}: use a name with its package, such as "demo.v1.Greeter"`,
      );
    }
    if (TAKEN_PACKAGES.test(name)) {
      throw new TypeError(
        `Cannot ${action}: packages of "grpc" and "google" are those of gRPC's and protobuf's own ` +
          `services and messages; use one of yours, such as "demo.v1"`,
      );
    }
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`Cannot ${action} with options that are no object: leave them out`);
    }
    assertKnownOptions(action, options, SERVICE_OPTIONS);
    assertDescription(`service "${name}"`, options.description);
    if (options.proto !== undefined) assertFolder(`service "${name}"`, options.proto);
    this.name = name;
    this.options = { ...options };
  }

  /** What its methods were declared by. */
  get methods(): Methods {
    return Object.fromEntries(
      [...this.#methods].map(([name, { declaration: { kind, request, response } }]) => [
        name,
        { kind, request, response },
      ]),
    ) as unknown as Methods;
  }

  /**
   * Adds a method with one request and one reply.
   *
   * @param name In PascalCase, such as `SayHello`.
   * @param handler Gets what the request's schema makes of a request, and returns what the reply's
   *   schema takes.
   * @returns The service, so that calls can be chained.
   * @throws {TypeError} If the service has a method of that name, or it is in no PascalCase, or an
   *   option is unknown. What is wrong with schemas is told when the service is served.
   */
  unaryUnary<
    const Name extends string,
    Request extends MessageDeclaration,
    Response extends MessageDeclaration,
  >(
    name: Name,
    options: CodeMethodOptions<Request, Response>,
    handler: OnceKnown<Response, UnaryUnaryHandler<Request, Response>>,
  ): Service<Methods & Record<Name, CodeMethod<"unary", Request, Response>>> {
    return this.#add("unary", name, options, handler);
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
  ): Service<Methods & Record<Name, CodeMethod<"server_streaming", Request, Response>>> {
    return this.#add("server_streaming", name, options, handler);
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
  ): Service<Methods & Record<Name, CodeMethod<"client_streaming", Request, Response>>> {
    return this.#add("client_streaming", name, options, handler);
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
  ): Service<Methods & Record<Name, CodeMethod<"bidi_streaming", Request, Response>>> {
    return this.#add("bidi_streaming", name, options, handler);
  }

  #add<More extends CodeMethods>(
    kind: MethodDeclaration["kind"],
    name: string,
    options: CodeMethodOptions<MessageDeclaration, MessageDeclaration>,
    handler: unknown,
  ): Service<Methods & More> {
    const path = `/${this.name}/${name}`;
    if (this.#methods.has(name)) {
      throw new TypeError(`Cannot add method "${path}" a second time: give it another name`);
    }
    this.#methods.set(name, declareMethod({ path, name, kind, options, handler }));
    return this as unknown as Service<Methods & More>;
  }
}

/** A service as its schemas are read from. */
export function declarationOf(service: Service): ServiceDeclaration {
  const { description } = service.options;
  return {
    name: service.name,
    methods: addedMethods(service).map(({ declaration }) => declaration),
    ...(description !== undefined && { description }),
  };
}
