/**
 * A client's connection of HTTP/2: how it is opened, kept alive, and closed. Which call goes over
 * which connection is `http2_client.ts`'s.
 *
 * @module
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { OutgoingHttpHeaders } from "node:http2";
import { clearTimeout, setTimeout } from "node:timers";
import { Code, ConnectError } from "../deps.ts";
import { formatDuration } from "../duration.ts";
import { shieldSession } from "../transport/session_shield.ts";
import { type HeapTimer, startTimer, stopTimer } from "../timer_heap.ts";
import type { ClientTlsTexts } from "./client_tls.ts";

/** How long the end of a connection may take, before it is cut. */
const CLOSE_MS = 250;
const MAX_TIMER_MS = 0x7fff_ffff;

/** How a connection is kept, in milliseconds; `Infinity` for never. */
export interface ConnectionTimes {
  /** How long it may take to open. */
  readonly connectTimeoutMs: number;
  /** After how long without a sign of life the server is sent a PING, while calls are in progress. */
  readonly keepaliveIntervalMs: number;
  /** How long the answer to that may take. */
  readonly keepaliveTimeoutMs: number;
  /** For how long it may have no call, before it is closed. */
  readonly idleTimeoutMs: number;
}

/** Where a connection goes to, and how. */
export interface ConnectionTarget {
  /** `https://host:port`. */
  readonly origin: string;
  readonly tls: ClientTlsTexts;
  readonly times: ConnectionTimes;
}

/** One connection. */
export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #times: ConnectionTimes;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #connectTimer: HeapTimer | undefined;
  #calls = 0;
  #lastSignAt = performance.now();
  #isOpen = false;
  #isLeaving = false;
  #keepalive: HeapTimer | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Begins to open it. */
  constructor({ origin, tls, times }: ConnectionTarget) {
    this.#times = times;
    const session = shieldSession(connect(origin, { ...tls }));
    this.#session = session;
    this.#opened.promise.catch(() => {});
    const fail = (why: string, cause?: unknown) => {
      const message = `cannot connect to ${origin}: ${why}`;
      this.#opened.reject(new ConnectError(message, Code.Unavailable, undefined, [], cause));
    };
    const { connectTimeoutMs } = times;
    if (connectTimeoutMs !== Infinity) {
      this.#connectTimer = startTimer(performance.now() + connectTimeoutMs, () => {
        fail(`no answer within ${formatDuration(connectTimeoutMs)}`);
        session.destroy();
      });
    }
    // The server's SETTINGS: a port that takes connections may be served by nobody (RFC 9113, 3.4).
    session.once("remoteSettings", () => this.#stopConnecting());
    session.once("connect", () => {
      this.#isOpen = true;
      this.#opened.resolve();
      this.#rest();
    });
    session.on("error", (error: Error) => {
      fail(error.message, error);
      // Not every end is told by "close".
      this.#end();
    });
    session.once("close", () => {
      fail("the connection was closed");
      this.#end();
    });
    session.on("goaway", () => this.#leave());
  }

  /** Resolves when calls can be made; rejects with UNAVAILABLE if they never can. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves when it is closed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether more calls can be made, now or when it is open. */
  get isUsable(): boolean {
    return !this.#isLeaving && !this.#session.closed && !this.#session.destroyed;
  }

  /** Whether its socket is gone: Deno tells the calls on it that the server has cancelled them. */
  get isBroken(): boolean {
    return this.#session.destroyed || this.#session.socket?.destroyed !== false;
  }

  /** @throws {Error} If the session does not take it any more. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    const stream = this.#session.request(headers);
    clearTimeout(this.#idle);
    if (this.#calls++ === 0) {
      this.#session.ref();
      this.#watch();
    }
    stream.on("data", () => this.#lastSignAt = performance.now());
    stream.once("close", () => {
      if (--this.#calls === 0) this.#rest();
    });
    return stream;
  }

  /**
   * Closes it. Calls in progress have been cancelled by who made them.
   *
   * @returns Resolves when it is closed.
   */
  async close(): Promise<void> {
    this.#isLeaving = true;
    if (this.#isOpen) this.#session.close();
    else this.#session.destroy();
    const timer = setTimeout(() => {
      this.#session.destroy();
      // Not every end is told of.
      this.#end();
    }, CLOSE_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** No more calls; what is in progress goes on. */
  #leave(): void {
    this.#isLeaving = true;
    if (this.#calls === 0) this.#session.close();
  }

  /** No call is left: neither is the process kept alive any more. */
  #rest(): void {
    this.#stopWatching();
    if (this.#session.destroyed) return;
    this.#session.unref();
    if (this.#isLeaving) return this.#session.close();
    const { idleTimeoutMs } = this.#times;
    if (idleTimeoutMs > MAX_TIMER_MS) return;
    this.#idle = setTimeout(() => this.#leave(), idleTimeoutMs);
    this.#idle.unref();
  }

  #watch(): void {
    const { keepaliveIntervalMs } = this.#times;
    if (keepaliveIntervalMs === Infinity) return;
    this.#lastSignAt = performance.now();
    this.#keepalive = startTimer(this.#lastSignAt + keepaliveIntervalMs, () => this.#look());
  }

  /** Signs of life start no timer: they are looked at when the time may be up. */
  #look(): void {
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = this.#times;
    const dueAt = this.#lastSignAt + keepaliveIntervalMs;
    if (dueAt > performance.now()) {
      this.#keepalive = startTimer(dueAt, () => this.#look());
      return;
    }
    this.#keepalive = startTimer(performance.now() + keepaliveTimeoutMs, () => {
      this.#isLeaving = true;
      this.#session.destroy();
    });
    this.#session.ping((error) => {
      if (error !== null || this.#keepalive === undefined) return;
      this.#stopWatching();
      this.#watch();
    });
  }

  #stopWatching(): void {
    if (this.#keepalive !== undefined) stopTimer(this.#keepalive);
    this.#keepalive = undefined;
  }

  #stopConnecting(): void {
    if (this.#connectTimer !== undefined) stopTimer(this.#connectTimer);
  }

  #end(): void {
    this.#isLeaving = true;
    this.#stopConnecting();
    this.#stopWatching();
    clearTimeout(this.#idle);
    this.#closed.resolve();
  }
}
