/**
 * The seam for whoever wants to know of calls, such as telemetry: when one begins, when it ends and
 * how, and a way into its context for what is done on its behalf. Without an observer nothing is made.
 *
 * @module
 */

import type { ConnectError } from "./deps.ts";
import type { Protocol } from "./context.ts";
import type { HttpStream } from "./http_stream.ts";
import type { MethodSpec } from "./service.ts";

/** A call that begins. */
export interface CallStart {
  readonly stream: HttpStream;
  readonly protocol: Protocol;
  /** What is called, without the slash at its front, and not too long. */
  readonly path: string;
  /** `undefined` if nobody serves it. */
  readonly method: MethodSpec | undefined;
}

/** How a call ended. */
export interface CallEnd {
  /** `undefined` for OK. */
  readonly error: ConnectError | undefined;
  /** What was thrown on behalf of the call, as it was, if that is why it ended. */
  readonly thrown: unknown;
}

/** Is told of calls. */
export interface CallObserver {
  /**
   * A call begins. Never throws.
   *
   * @returns `undefined` if it is not observed.
   */
  begin(start: CallStart): ObservedCall | undefined;
}

/** A call that is observed. */
export interface ObservedCall {
  /** Does something on behalf of the call, such as entering its handler. */
  run<T>(action: () => T): T;
  /** The call has ended; called once. Never throws. */
  end(end: CallEnd): void;
}
