/**
 * One call of a client: until when it may last, what cancels it, and what the header says of that.
 *
 * @module
 */

import { type CallOptions as ConnectCallOptions, Code, ConnectError } from "../deps.ts";
import type { Protocol, ServiceContext } from "../context.ts";
import { Deadline } from "../deadline.ts";
import { type Duration, resolveDuration } from "../duration.ts";
import { assertKnownOptions, deadlineExceeded } from "../errors.ts";
import { formatTimeout, TIMEOUT_HEADER } from "../protocol/protocol.ts";

/** What a call needs of the context of the handler that makes it. */
export type CallContext = Pick<ServiceContext, "signal" | "timeRemaining">;

/** Options for one call of a client: Connect's own, with two more. */
export interface CallOptions extends ConnectCallOptions {
  /**
   * Longest time that the call may take. `Infinity` lifts the client's.
   *
   * @default {undefined} the client's
   */
  timeout?: Duration;
  /**
   * The context of the handler that makes the call. The call is over when the handler's call is: at
   * its deadline, when its client leaves, when the server stops, and when it has been answered.
   *
   * @default {undefined} none: the call lasts as long as it may by itself
   */
  context?: CallContext;
}

const CALL_OPTIONS = [
  "timeout",
  "context",
  "timeoutMs",
  "headers",
  "signal",
  "onHeader",
  "onTrailer",
  "contextValues",
];

/** What calls of one client have in common. */
export interface CallDefaults {
  readonly protocol: Protocol;
  /** In milliseconds; `Infinity` for none. */
  readonly timeoutMs: number;
}

/** A call in progress. To be ended when it is over. */
export class CallScope {
  /** As Connect's clients take them. */
  readonly options: ConnectCallOptions;
  readonly #controller = new AbortController();
  readonly #sources: (readonly [signal: AbortSignal, onAbort: () => void])[] = [];
  readonly #stopTimer: () => void;

  /**
   * Starts the clock.
   *
   * @throws {TypeError | RangeError} If an option is unknown or out of range.
   * @throws {ConnectError} If the call is over before it has begun.
   */
  constructor(defaults: CallDefaults, options: CallOptions = {}) {
    assertKnownOptions("call", options, CALL_OPTIONS);
    const { context } = options;
    for (const signal of [context?.signal, options.signal]) {
      if (signal?.aborted) throw ConnectError.from(signal.reason, Code.Canceled);
    }
    const timeoutMs = Math.min(ownTimeoutMs(defaults, options), remainingMs(context));
    if (timeoutMs <= 0) throw deadlinePassed();
    const headers = new Headers(options.headers);
    const field = TIMEOUT_HEADER[defaults.protocol];
    const text = formatTimeout(defaults.protocol, timeoutMs);
    if (text === undefined) headers.delete(field);
    else headers.set(field, text);
    const { timeout: _, timeoutMs: __, context: ___, ...rest } = options;
    this.options = { ...rest, headers, signal: this.#controller.signal };
    for (const signal of [context?.signal, options.signal]) {
      if (signal !== undefined) this.#follow(signal);
    }
    this.#stopTimer = new Deadline(timeoutMs).onPass(() =>
      this.cancel(deadlineExceeded(timeoutMs))
    );
  }

  /** Ends the call early. */
  cancel(reason: ConnectError): void {
    this.end();
    this.#controller.abort(reason);
  }

  /** The call is over: no timer is left, and nobody who waits for it. */
  end(): void {
    this.#stopTimer();
    for (const [signal, onAbort] of this.#sources) signal.removeEventListener("abort", onAbort);
    this.#sources.length = 0;
  }

  #follow(signal: AbortSignal): void {
    const onAbort = () => this.cancel(ConnectError.from(signal.reason, Code.Canceled));
    signal.addEventListener("abort", onAbort);
    this.#sources.push([signal, onAbort]);
  }
}

/** `timeoutMs` is Connect's own: of code that was written for its clients. */
function ownTimeoutMs(defaults: CallDefaults, { timeout, timeoutMs }: CallOptions): number {
  if (timeout !== undefined) return resolveDuration("timeout", timeout);
  if (timeoutMs === undefined) return defaults.timeoutMs;
  return timeoutMs > 0 ? timeoutMs : Infinity;
}

function remainingMs(context: CallContext | undefined): number {
  return context === undefined ? Infinity : context.timeRemaining() * 1000;
}

function deadlinePassed(): ConnectError {
  return new ConnectError("deadline has passed before the call began", Code.DeadlineExceeded);
}
