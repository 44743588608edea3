/**
 * The methods of a service as functions to call, over any transport: a server's, or one in memory.
 *
 * @module
 */

import {
  type CallOptions as ConnectCallOptions,
  Code,
  ConnectError,
  createClient,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
  type Transport,
} from "../deps.ts";
import { type CallDefaults, type CallOptions, CallScope } from "./call_scope.ts";
import { SentRequests } from "./sent_requests.ts";

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

type Caller = (request: unknown, options?: ConnectCallOptions) => unknown;

interface Method {
  readonly call: Caller;
  /** Whether its request is an async iterable. */
  readonly sendsMany: boolean;
}

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
    const method: Method = {
      call: callers[localName]!,
      sendsMany: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    };
    const hasSingleReply = methodKind === "unary" || methodKind === "client_streaming";
    client[localName] = (request: never, options?: CallOptions) =>
      hasSingleReply
        ? callForOne(calls, method, request, options) //
        : callForMany(calls, method, request, options);
  }
  return client as GeneratedServiceClient<S>;
}

/** A call in progress. */
interface OpenCall {
  readonly scope: CallScope;
  /** `undefined` if there is one. */
  readonly requests: SentRequests<unknown> | undefined;
  /** What Connect's own client makes of it. */
  readonly result: unknown;
}

/** The calls in progress of one client. */
class OpenCalls {
  readonly #defaults: CallDefaults;
  readonly #open = new Set<OpenCall>();
  #isClosed = false;

  constructor(defaults: CallDefaults) {
    this.#defaults = defaults;
  }

  begin({ call, sendsMany }: Method, request: never, options: CallOptions | undefined): OpenCall {
    const requests = sendsMany ? new SentRequests(request) : undefined;
    try {
      if (this.#isClosed) throw clientIsClosed();
      const scope = new CallScope(this.#defaults, options);
      const result = call(requests ?? request, scope.options);
      const open = { scope, requests, result };
      this.#open.add(open);
      return open;
    } catch (error) {
      requests?.stop(error);
      throw error;
    }
  }

  end(open: OpenCall, reason?: unknown): void {
    open.scope.end();
    open.requests?.stop(reason);
    this.#open.delete(open);
  }

  close(): void {
    this.#isClosed = true;
    for (const { scope } of this.#open) scope.cancel(clientIsClosed());
    this.#open.clear();
  }
}

function clientIsClosed(): ConnectError {
  return new ConnectError("the client is closed", Code.Canceled);
}

async function callForOne(
  calls: OpenCalls,
  method: Method,
  request: never,
  options: CallOptions | undefined,
): Promise<unknown> {
  const call = calls.begin(method, request, options);
  try {
    const reply = await call.result;
    calls.end(call);
    return reply;
  } catch (error) {
    calls.end(call, error);
    throw error;
  }
}

/** Whoever leaves the loop early cancels the call, which with Connect's own clients goes on. */
function callForMany(
  calls: OpenCalls,
  method: Method,
  request: never,
  options: CallOptions | undefined,
): AsyncIterableIterator<unknown> {
  const call = calls.begin(method, request, options);
  const replies = (call.result as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  let isLeft = false;
  return {
    async next() {
      if (isLeft) return { done: true, value: undefined };
      try {
        const reply = await replies.next();
        if (reply.done) calls.end(call);
        return reply;
      } catch (error) {
        calls.end(call, error);
        throw error;
      }
    },
    return() {
      isLeft = true;
      call.scope.cancel(new ConnectError("the replies are read no further", Code.Canceled));
      calls.end(call);
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
