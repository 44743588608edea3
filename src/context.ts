/**
 * What a handler is given beside the request: the call as the user sees it.
 *
 * @module
 */

import { type Code, ConnectError, type ContextValues, type DescMethod } from "./deps.ts";
import type { Deadline } from "./deadline.ts";
import type { Peer } from "./peer.ts";

/** The protocol in which a client speaks. */
export type Protocol = "grpc" | "grpc-web" | "connect";

/** What a context shows of its call. */
export interface CallInfo {
  /** What is called. */
  readonly method: { readonly desc: DescMethod };
  /** How the client speaks. */
  readonly protocol: Protocol;
  /** Who calls. */
  readonly peer: Peer;
  /** When it must be over. */
  readonly deadline: Deadline;
  /** When it began, by `performance.now()`. */
  readonly startedAt: number;
}

/** Details of an error: messages with their schemas, as {@linkcode ConnectError} takes them. */
export type ErrorDetails = NonNullable<ConstructorParameters<typeof ConnectError>[3]>;

/** What a protocol knows of a call, for a {@linkcode ServiceContext}. May be made when asked for. */
export interface ServiceContextInit {
  /** The call itself. */
  readonly call: CallInfo;
  /** Aborted when the call is over. Interceptors may have replaced it. */
  readonly signal: AbortSignal;
  /** Header fields of the request. */
  readonly metadata: Headers;
  /** Header fields of the response. */
  readonly responseHeaders: Headers;
  /** Trailers of the response. */
  readonly responseTrailers: Headers;
  /** What interceptors leave for the handler. */
  readonly values: ContextValues;
}

/** One call, as its handler sees it. */
export class ServiceContext {
  readonly #init: ServiceContextInit;

  /** Made by the kit, once for each call. */
  constructor(init: ServiceContextInit) {
    this.#init = init;
  }

  /**
   * Aborted when the call has ended: `reason` is a {@linkcode ConnectError} with DEADLINE_EXCEEDED,
   * CANCELLED (the client left) or UNAVAILABLE (the server stops). It is aborted after a success as
   * well, so that work left behind can stop: look at `reason`, not at `aborted` alone.
   */
  get signal(): AbortSignal {
    return this.#init.signal;
  }

  /** The metadata that the client sent. Binary values (`-bin`) are in base64. */
  get metadata(): Headers {
    return this.#init.metadata;
  }

  /** Metadata to send before the first message. */
  get responseHeaders(): Headers {
    return this.#init.responseHeaders;
  }

  /** Metadata to send after the last message. */
  get responseTrailers(): Headers {
    return this.#init.responseTrailers;
  }

  /** Values that interceptors leave for the handler, by `createContextKey()`. */
  get values(): ContextValues {
    return this.#init.values;
  }

  /** The method that is called, as generated: `method.name`, `method.parent.typeName`. */
  get method(): DescMethod {
    return this.#init.call.method.desc;
  }

  /** The protocol in which the client speaks. */
  get protocol(): Protocol {
    return this.#init.call.protocol;
  }

  /** The client: its address and, under mTLS, its verified certificate. */
  get peer(): Peer {
    return this.#init.call.peer;
  }

  /** Seconds since the call began. */
  get elapsedTime(): number {
    return (performance.now() - this.#init.call.startedAt) / 1000;
  }

  /**
   * Seconds left until the deadline, the client's or ours, whichever is sooner. 0 once it has passed,
   * `Infinity` if there is none.
   */
  timeRemaining(): number {
    return this.#init.call.deadline.remainingMs / 1000;
  }

  /**
   * Ends the call with an error.
   *
   * @param code What went wrong, such as `Code.NotFound`.
   * @param message For the developer who reads the client's log.
   * @param details Messages with more, such as `google.rpc.BadRequest`, each with its schema.
   * @throws {ConnectError} Always.
   */
  abort(code: Code, message: string, details: ErrorDetails = []): never {
    throw new ConnectError(message, code, undefined, details);
  }
}
