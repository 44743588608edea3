/**
 * The methods of a service as functions to call, over any transport: a server's, or one in memory.
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
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type CallOptions as ConnectCallOptions,
  Code,
  ConnectError,
  createClient,
  type Transport,
} from "@connectrpc/connect";
import { type CallDefaults, type CallOptions, CallScope } from "./call_scope.ts";

/** The function that calls a method of a generated service. */
export type MethodCaller<M extends DescMethod> = M extends DescMethodUnary<infer I, infer O> ? (
    request: MessageInitShape<I>,
    options?: CallOptions,
  ) => Promise<MessageShape<O>>
  : M extends DescMethodServerStreaming<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
  : M extends DescMethodClientStreaming<infer I, infer O> ? (
      requests: AsyncIterable<MessageInitShape<I>>,
      options?: CallOptions,
    ) => Promise<MessageShape<O>>
  : M extends DescMethodBiDiStreaming<infer I, infer O> ? (
      requests: AsyncIterable<MessageInitShape<I>>,
      options?: CallOptions,
    ) => AsyncIterable<MessageShape<O>>
  : never;

/** What can be done with a client besides calling its methods. */
export interface ClientLife extends AsyncDisposable {
  /**
   * Closes the client: calls in progress fail with CANCELLED, and so does each later one. A service
   * that has a method `close` keeps that; use `await using`, or `client[Symbol.asyncDispose]()`.
   *
   * @returns Resolves when its connections are closed.
   */
  close(): Promise<void>;
}

/**
 * A client of a generated service: a function for each method, by its name in camelCase. Fits wherever Connect's
 * `Client` is wanted.
 */
export type GeneratedServiceClient<S extends DescService> =
  & { [Name in keyof S["method"]]: MethodCaller<S["method"][Name]> }
  & Omit<ClientLife, keyof S["method"]>;

/** What a client is made from. */
export interface ServiceClientInit extends CallDefaults {
  readonly transport: Transport;
  /** Closes what carries the calls, which have been cancelled. */
  readonly close: () => Promise<void>;
}

type Caller = (request: never, options?: ConnectCallOptions) => unknown;

/** Makes a client. */
export function createServiceClient<S extends DescService>(
  service: S,
  init: ServiceClientInit,
): GeneratedServiceClient<S> {
  const callers = createClient(service, init.transport) as unknown as Record<string, Caller>;
  const calls = new OpenCalls(init);
  const closing = async () => {
    calls.close();
    await init.close();
  };
  const client: Record<PropertyKey, unknown> = { close: closing, [Symbol.asyncDispose]: closing };
  for (const { localName, methodKind } of service.methods) {
    const call = callers[localName]!;
    const hasSingleReply = methodKind === "unary" || methodKind === "client_streaming";
    client[localName] = (request: never, options?: CallOptions) =>
      hasSingleReply
        ? callForOne(calls, call, request, options) //
        : callForMany(calls, call, request, options);
  }
  return client as GeneratedServiceClient<S>;
}

/** The calls in progress of one client. */
class OpenCalls {
  readonly #defaults: CallDefaults;
  readonly #scopes = new Set<CallScope>();
  #isClosed = false;

  constructor(defaults: CallDefaults) {
    this.#defaults = defaults;
  }

  open(options: CallOptions | undefined): CallScope {
    if (this.#isClosed) throw clientIsClosed();
    const scope = new CallScope(this.#defaults, options);
    this.#scopes.add(scope);
    return scope;
  }

  end(scope: CallScope): void {
    scope.end();
    this.#scopes.delete(scope);
  }

  close(): void {
    this.#isClosed = true;
    for (const scope of this.#scopes) scope.cancel(clientIsClosed());
    this.#scopes.clear();
  }
}

function clientIsClosed(): ConnectError {
  return new ConnectError("the client is closed", Code.Canceled);
}

async function callForOne(
  calls: OpenCalls,
  call: Caller,
  request: never,
  options: CallOptions | undefined,
): Promise<unknown> {
  const scope = calls.open(options);
  try {
    return await call(request, scope.options);
  } finally {
    calls.end(scope);
  }
}

/** Whoever leaves the loop early cancels the call, which with Connect's own clients goes on. */
function callForMany(
  calls: OpenCalls,
  call: Caller,
  request: never,
  options: CallOptions | undefined,
): AsyncIterableIterator<unknown> {
  const scope = calls.open(options);
  const replies = (call(request, scope.options) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  let isLeft = false;
  return {
    async next() {
      if (isLeft) return { done: true, value: undefined };
      try {
        const reply = await replies.next();
        if (reply.done) calls.end(scope);
        return reply;
      } catch (error) {
        calls.end(scope);
        throw error;
      }
    },
    return() {
      isLeft = true;
      calls.end(scope);
      scope.cancel(new ConnectError("the replies are read no further", Code.Canceled));
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
