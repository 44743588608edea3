/**
 * Services before they run: a generated description and its handlers become a list of
 * {@linkcode MethodSpec}s, in which everything is checked and resolved. Later code only looks up.
 *
 * @module
 */

import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  Interceptor,
  MessageInitShape,
  MessageShape,
} from "./deps.ts";
import type { ServiceContext } from "./context.ts";
import { resolveTimeoutMs, type TimeoutLayers } from "./deadline.ts";
import { type Duration, resolveDuration } from "./duration.ts";
import { assertKnownOptions, suggest } from "./errors.ts";

/** The function that a method of a generated service is implemented by. */
export type Handler<M extends DescMethod> = M extends DescMethodUnary<infer I, infer O> ? (
    request: MessageShape<I>,
    context: ServiceContext,
  ) => MessageInitShape<O> | Promise<MessageInitShape<O>>
  : M extends DescMethodServerStreaming<infer I, infer O>
    ? (request: MessageShape<I>, context: ServiceContext) => AsyncIterable<MessageInitShape<O>>
  : M extends DescMethodClientStreaming<infer I, infer O> ? (
      requests: AsyncIterable<MessageShape<I>>,
      context: ServiceContext,
    ) => MessageInitShape<O> | Promise<MessageInitShape<O>>
  : M extends DescMethodBiDiStreaming<infer I, infer O> ? (
      requests: AsyncIterable<MessageShape<I>>,
      context: ServiceContext,
    ) => AsyncIterable<MessageInitShape<O>>
  : never;

/** Handlers for all methods of a generated service, by their names in camelCase. */
export type ServiceImplementation<S extends DescService> = {
  [Name in keyof S["method"]]: Handler<S["method"][Name]>;
};

/** Options of one method. */
export interface MethodOptions {
  /**
   * Longest time that a call of this method may take. `Infinity` lifts the service's and the app's.
   *
   * @default {undefined} the service's, else the app's
   */
  timeout?: Duration;
  /**
   * Whether calls of this method end with UNAVAILABLE as soon as a shutdown begins, instead of being
   * waited for. For streams that go on for as long as the client listens.
   *
   * @default {false}
   */
  endOnDrain?: boolean;
  /**
   * Interceptors around this method alone, within the service's. The first one is the outermost.
   *
   * @default {[]}
   */
  interceptors?: readonly Interceptor[];
}

/** Options of one service. */
export interface ServiceOptions<S extends DescService = DescService> {
  /**
   * Longest time that a call of this service may take, unless its method has a timeout of its own.
   * `Infinity` lifts the app's.
   *
   * @default {undefined} the app's
   */
  timeout?: Duration;
  /** Options of single methods, by their names in camelCase. */
  methods?: { [Name in keyof S["method"]]?: MethodOptions };
  /**
   * Interceptors around the methods of this service, within the app's. The first one is the outermost.
   *
   * @default {[]}
   */
  interceptors?: readonly Interceptor[];
  /**
   * Whether the app's interceptors and timeout leave this service alone. For services that must
   * answer whatever the app does, such as health checks.
   *
   * @default {false}
   */
  standalone?: boolean;
}

/** A handler of any method, for code that runs them all. */
export type AnyHandler = (request: never, context: ServiceContext) => unknown;

/** One method, with all that is needed to serve it. */
export interface MethodSpec {
  /** As generated. */
  readonly desc: DescMethod;
  /** Where it is called: `/package.Service/Method`. */
  readonly path: string;
  /** Runs it. */
  readonly handler: AnyHandler;
  /** Longest time that a call may take, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
  /** What that follows from. */
  readonly timeouts: TimeoutLayers;
  /** See {@linkcode MethodOptions.endOnDrain}. */
  readonly endOnDrain: boolean;
  /** See {@linkcode ServiceOptions.standalone}. */
  readonly standalone: boolean;
  /** The service's and its own, outermost first; the app's are around them. */
  readonly interceptors: readonly Interceptor[];
}

/** Timeouts that an operator sets over those of the code, in milliseconds. */
export interface TimeoutOverrides {
  readonly globalMs?: number | undefined;
  /** By the names of services, such as `demo.v1.Greeter`. */
  readonly servicesMs: ReadonlyMap<string, number>;
  /** By the paths of methods, such as `/demo.v1.Greeter/SayHello`. */
  readonly methodsMs: ReadonlyMap<string, number>;
}

/** The names of {@linkcode MethodOptions}. */
export const METHOD_OPTIONS: readonly string[] = ["timeout", "endOnDrain", "interceptors"];
const SERVICE_OPTIONS = ["timeout", "methods", "standalone", "interceptors"];

/**
 * Checks a service and resolves its methods.
 *
 * @param globalMs The app's timeout, in milliseconds.
 * @throws {TypeError} If a handler is missing or superfluous, or an option is unknown.
 * @throws {RangeError} If a timeout is no valid duration.
 */
export function resolveService<S extends DescService>(
  service: S,
  implementation: ServiceImplementation<S>,
  options: ServiceOptions<S>,
  globalMs: number | undefined,
): MethodSpec[] {
  const name = service?.typeName;
  if (typeof name !== "string" || !Array.isArray(service.methods)) {
    throw new TypeError(
      "Cannot add a service without a description: pass the service that was generated, such as Greeter",
    );
  }
  const handlers = implementation as Record<string, unknown>;
  const methodNames = service.methods.map((method) => method.localName);
  assertHandlers(name, handlers, methodNames);
  assertKnownOptions(`add service "${name}"`, options, SERVICE_OPTIONS);
  assertKnownOptions(`set methods of service "${name}"`, options.methods ?? {}, methodNames);
  const serviceMs = timeoutMs(`timeout of ${name}`, options.timeout);
  const standalone = options.standalone ?? false;
  const interceptors = resolveInterceptors(`service "${name}"`, options.interceptors);

  return service.methods.map((desc) => {
    const methodOptions = (options.methods as Record<string, MethodOptions> | undefined)
      ?.[desc.localName] ?? {};
    const path = `/${name}/${desc.name}`;
    assertKnownOptions(`set method "${path}"`, methodOptions, METHOD_OPTIONS);
    const timeouts: TimeoutLayers = {
      methodMs: timeoutMs(`timeout of ${path}`, methodOptions.timeout),
      serviceMs,
      globalMs: standalone ? undefined : globalMs,
    };
    return {
      desc,
      path,
      handler: (handlers[desc.localName] as AnyHandler).bind(implementation),
      timeoutMs: resolveTimeoutMs(timeouts),
      timeouts,
      endOnDrain: methodOptions.endOnDrain ?? false,
      standalone,
      interceptors: [
        ...interceptors,
        ...resolveInterceptors(`method "${path}"`, methodOptions.interceptors),
      ],
    };
  });
}

/** A method with timeouts that were set over its own, layer by layer. */
export function overrideTimeouts(
  spec: MethodSpec,
  { globalMs, servicesMs, methodsMs }: TimeoutOverrides,
): MethodSpec {
  const timeouts: TimeoutLayers = {
    methodMs: methodsMs.get(spec.path) ?? spec.timeouts.methodMs,
    serviceMs: servicesMs.get(spec.desc.parent.typeName) ?? spec.timeouts.serviceMs,
    globalMs: spec.standalone ? undefined : globalMs ?? spec.timeouts.globalMs,
  };
  return { ...spec, timeouts, timeoutMs: resolveTimeoutMs(timeouts) };
}

/** @throws {TypeError} If one is no function. */
export function resolveInterceptors(
  of: string,
  interceptors: readonly Interceptor[] = [],
): readonly Interceptor[] {
  const isList = Array.isArray(interceptors);
  if (!isList || interceptors.some((each) => typeof each !== "function")) {
    throw new TypeError(
      `Cannot set interceptors of ${of} that are not a list of functions: see Connect's Interceptor`,
    );
  }
  return [...interceptors];
}

function timeoutMs(name: string, timeout: Duration | undefined): number | undefined {
  return timeout === undefined ? undefined : resolveDuration(name, timeout);
}

function assertHandlers(
  service: string,
  handlers: Record<string, unknown>,
  methodNames: readonly string[],
): void {
  if (typeof handlers !== "object" || handlers === null) {
    throw new TypeError(
      `Cannot add service "${service}" without handlers: pass an object with ${
        methodNames.join(", ")
      }`,
    );
  }
  // An instance of a class may have functions of its own; in an object literal one is a slip.
  const isLiteral = Object.getPrototypeOf(handlers) === Object.prototype;
  for (const key of isLiteral ? Object.keys(handlers) : []) {
    if (methodNames.includes(key)) continue;
    throw new TypeError(
      `Cannot add service "${service}" with handler "${key}": ${suggest(key, methodNames)}`,
    );
  }
  const missing = methodNames.filter((name) => typeof handlers[name] !== "function");
  if (missing.length === 0) return;
  throw new TypeError(
    `Cannot add service "${service}" without handlers for ${missing.join(", ")}: ` +
      `write them, if only to throw a ConnectError with Code.Unimplemented`,
  );
}
