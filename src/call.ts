/**
 * One call from its first byte to its last: what is called, by whom, until when, and the one place
 * where it is ended early, be it by the deadline, the client or a shutdown. Whatever waits for
 * something on behalf of a call waits through {@linkcode Call.race} or {@linkcode Call.guard}.
 *
 * @module
 */

import { Code, ConnectError } from "./deps.ts";
import type { ObservedCall } from "./call_observer.ts";
import type { CallInfo, Protocol } from "./context.ts";
import { Deadline } from "./deadline.ts";
import { deadlineExceeded } from "./errors.ts";
import type { Peer } from "./peer.ts";
import type { Listed } from "./roster.ts";
import type { MethodSpec } from "./service.ts";

/** What a {@linkcode Call} is made from. */
export interface CallOptions {
  /** What is called. */
  readonly method: MethodSpec;
  /** How the client speaks. */
  readonly protocol: Protocol;
  /** Who calls. */
  readonly peer: Peer;
  /** The shorter of the client's timeout and ours, in milliseconds; `Infinity` for none. */
  readonly timeoutMs: number;
}

/** A call in progress. */
export class Call implements CallInfo, Listed {
  /** What is called. */
  readonly method: MethodSpec;
  /** How the client speaks. */
  readonly protocol: Protocol;
  /** Who calls. */
  readonly peer: Peer;
  /** When it must be over. */
  readonly deadline: Deadline;
  /** When it began, by `performance.now()`. */
  readonly startedAt: number = performance.now();

  rosterIndex = -1;

  /** INTERNAL, with what a handler threw that may not go out as its cause: for the log alone. */
  failure: ConnectError | undefined;

  /** What was thrown on behalf of the call, as it was, unless the call had ended early before. */
  thrown: unknown;

  /** For whoever observes calls; a lane enters the handler through it. */
  observed: ObservedCall | undefined;

  /** Is told when the call is ended early; at most one lane serves it. */
  onCancel: ((reason: ConnectError) => void) | undefined;

  #controller: AbortController | undefined;
  #waiting: Set<(reason: ConnectError) => void> | undefined;
  readonly #stopTimer: () => void;
  #endReason: ConnectError | undefined;
  #finished = false;

  /** Starts the call's clock. */
  constructor({ method, protocol, peer, timeoutMs }: CallOptions) {
    this.method = method;
    this.protocol = protocol;
    this.peer = peer;
    this.deadline = new Deadline(timeoutMs, this.startedAt);
    this.#stopTimer = timeoutMs === Infinity ? nothing : this.deadline.onPass(() => this.#expire());
  }

  /** Aborted when the call has ended, its reason being a {@linkcode ConnectError}. Made when asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#endReason !== undefined) this.#controller.abort(this.#endReason);
      else if (this.#finished) this.#controller.abort(callIsOver());
    }
    return this.#controller.signal;
  }

  /** Why the call was ended early, `undefined` if it was not. */
  get endReason(): ConnectError | undefined {
    return this.#endReason;
  }

  /** Ends the call early: everything that waits on its behalf fails with the reason. */
  cancel(reason: ConnectError): void {
    if (this.#endReason !== undefined || this.#finished) return;
    this.#endReason = reason;
    this.#stopTimer();
    this.#controller?.abort(reason);
    this.onCancel?.(reason);
    this.#rejectAll(reason);
  }

  /** The call is over: no timer is left, and nobody who waits for it. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#stopTimer();
    if (this.#endReason === undefined) this.#controller?.abort(callIsOver());
    if (this.#waiting !== undefined && this.#waiting.size > 0) this.#rejectAll(callIsOver());
  }

  /** @throws {ConnectError} If the call was ended early, or its deadline has passed. */
  check(): void {
    if (this.#endReason === undefined && this.deadline.passed) this.#expire();
    if (this.#endReason !== undefined) throw this.#endReason;
  }

  /**
   * Waits for some work, but no longer than the call lasts. Work that goes on after that is on its
   * own: JavaScript cannot stop it, but neither its result nor its error matters any more.
   *
   * @returns The work's result; rejects with the reason when the call is ended early.
   */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // Also when the call is over: a rejection that nobody handles would end the process.
      work.then(resolve, reject).then(() => this.#waiting?.delete(reject));
      if (this.#endReason !== undefined) reject(this.#endReason);
      else if (this.#finished) reject(callIsOver());
      else (this.#waiting ??= new Set()).add(reject);
    });
  }

  /**
   * Passes on a stream of messages or bytes, with the deadline checked before each is asked for and
   * before each, or the end, is handed on. When the call is ended early, the source is told to stop.
   */
  async *guard<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, void> {
    const iterator = source[Symbol.asyncIterator]();
    let open = true;
    const closed = () => void (open = false);
    try {
      while (true) {
        this.check();
        const step = iterator.next();
        step.then((result) => result.done && closed(), closed);
        const { done, value } = await this.race(step);
        this.check();
        if (done) return;
        yield value;
      }
    } finally {
      // Not awaited: a generator that is busy returns only when it gets to its next yield.
      if (open) iterator.return?.().then(undefined, () => {});
    }
  }

  #rejectAll(reason: ConnectError): void {
    for (const reject of this.#waiting ?? []) reject(reason);
    this.#waiting = undefined;
  }

  #expire(): void {
    this.cancel(deadlineExceeded(this.deadline.timeoutMs));
  }
}

function callIsOver(): ConnectError {
  return new ConnectError("the call is over", Code.Canceled);
}

function nothing(): void {}
