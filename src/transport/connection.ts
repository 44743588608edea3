/**
 * One connection, from its TCP socket being accepted to its being gone.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Deadline } from "../deadline.ts";
import { serverLog } from "../log.ts";
import { H2_ERROR } from "../http_stream.ts";
import type { Peer } from "../peer.ts";
import { Backlog } from "./backlog.ts";
import { gatherWrites } from "./gathered_writes.ts";
import { sendGoaway } from "./goaway.ts";
import type { ResolvedConnectionLimits } from "./connection_limits.ts";
import { type Mortal, watchKeepalive, watchLifetime } from "./lifetime.ts";
import { RateLimit } from "./rate_limit.ts";
import { pauseTogether } from "./tls_reads.ts";

/** How long a client may take to answer a ping. */
const PING_MS = 1000;
/** For how long streams are served that come although the client knows of the drain. */
const LATE_MS = 1000;
/** How long a client may take to close its side, once nothing is left to send. */
const LINGER_MS = 500;

/** A stream of HTTP/2, or a response of HTTP/1.1. */
export interface Exchange extends EventEmitter {
  /** Ends it. */
  destroy(): unknown;
}

/** A client's connection. */
export class Connection implements Mortal {
  /** Who is at the other end. */
  peer!: Peer;

  readonly #limits: ResolvedConnectionLimits;
  readonly #resets: RateLimit;
  readonly #tcp: Socket;
  #wire: Socket;
  readonly #backlog: Backlog;
  #session: ServerHttp2Session | undefined;
  readonly #exchanges = new Set<Exchange>();
  #draining = false;
  /** Since when the client has read our GOAWAY, or had the time to, by `performance.now()`. */
  #clientKnowsSince = Infinity;
  #closeSession: (() => void) | undefined;
  readonly #endHandshake: () => void;
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  #drainStep = 0;
  readonly #endWatch: () => void;
  #endKeepalive: (() => void) | undefined;
  #idleSince = Infinity;
  #isExpelled = false;

  constructor(tcp: Socket, limits: ResolvedConnectionLimits) {
    this.#tcp = tcp;
    this.#wire = tcp;
    this.#backlog = new Backlog(tcp);
    this.#limits = limits;
    this.#resets = new RateLimit(limits.maxResetsPerSecond);
    this.#endHandshake = new Deadline(limits.handshakeTimeoutMs).onPass(() => this.destroy());
    this.#endWatch = watchLifetime(this, limits);
    tcp.once("close", () => {
      this.#endHandshake();
      this.#endWatch();
      this.#endKeepalive?.();
      clearInterval(this.#drainTimer);
      if (this.#session !== undefined) return;
      for (const exchange of this.#exchanges) {
        exchange.destroy();
        // A response of HTTP/1.1 that waits for its turn behind another does not tell of its end.
        exchange.emit("close");
      }
    });
  }

  /** Whether it takes no more requests: it is drained, or its client expelled. */
  get isClosing(): boolean {
    return this.#draining || this.#isExpelled;
  }

  /** Whether new streams are served: until the client has gone too far, or knows of the drain. */
  get takesStreams(): boolean {
    if (this.#isExpelled) return false;
    if (this.#clientKnowsSince === Infinity) return true;
    return performance.now() - this.#clientKnowsSince < LATE_MS;
  }

  /** Number of streams or responses in progress. */
  get exchangeCount(): number {
    return this.#exchanges.size;
  }

  get idleSince(): number {
    return this.#idleSince;
  }

  get bytesRead(): number {
    return this.#wire.bytesRead;
  }

  /** TLS is established: bytes go through this socket now. */
  secure(socket: TLSSocket): void {
    pauseTogether(socket, this.#tcp);
    this.#wire = socket;
    this.#backlog.moveTo(socket);
  }

  /** As {@linkcode Backlog.waitForRoom}. */
  waitForRoom(): Promise<void> | undefined {
    return this.#backlog.waitForRoom();
  }

  /** HTTP/2 is spoken. */
  startHttp2(session: ServerHttp2Session): void {
    gatherWrites(this.#wire);
    this.#session = session;
    const close = session.close.bind(session);
    this.#closeSession = close;
    // Deno closes a session whose client says GOAWAY, as clients do in answer to ours, and refuses
    // the streams that they sent before and that are still on their way.
    session.close = (callback) => this.#draining || close(callback);
    const destroy = session.destroy.bind(session);
    let isEnding = false;
    // Deno destroys a session once for each frame that is wrong, and there may be a great many in what
    // it has read. The shield would have each of them wait, and the socket be read on.
    session.destroy = (...args) => {
      if (isEnding) return;
      isEnding = true;
      this.#wire.pause();
      destroy(...args);
      // A client that does not read would keep the socket open.
      if (this.#tcp.destroyed) return;
      const timer = setTimeout(() => this.destroy(), LINGER_MS);
      this.#tcp.once("close", () => clearTimeout(timer));
    };
    session.once("remoteSettings", () => {
      this.#endHandshake();
      if (this.#exchanges.size === 0) this.#idleSince = performance.now();
    });
    this.#endKeepalive = watchKeepalive(this, this.#limits);
    // Behind the SETTINGS, which the session sends first.
    if (this.#draining) setImmediate(() => this.#sayGoaway());
  }

  /** A request came; it lasts until the emitter, a stream or a response, closes. */
  begin(exchange: Exchange): void {
    this.#endHandshake();
    this.#exchanges.add(exchange);
    this.#idleSince = Infinity;
    if (this.#draining && this.#session === undefined) {
      clearInterval(this.#drainTimer);
      this.#noteClientKnows();
    }
    exchange.once("close", () => {
      this.#exchanges.delete(exchange);
      if (this.#exchanges.size === 0) this.#idleSince = performance.now();
      this.#closeIfDone();
    });
  }

  /** A stream ended early, and not because the server wanted it to. */
  noteReset(): void {
    if (!this.#resets.take()) this.#expel("it resets too many calls");
  }

  /** Asks the client for a sign of life. */
  ping(): void {
    try {
      this.#session!.ping(() => {});
    } catch {
      // It is closing already.
    }
  }

  /** Finishes what was begun, and closes. Streams that are on their way here are still served. */
  drain(): void {
    if (this.#draining || this.#tcp.destroyed) return;
    this.#draining = true;
    if (this.#session?.destroyed === false) this.#sayGoaway();
    else if (this.#exchanges.size > 0) this.#noteClientKnows();
    // A request may be on its way, of HTTP/1.1 or behind a handshake.
    else this.#startDrainTimer(() => this.destroy(), PING_MS);
  }

  #sayGoaway(): void {
    if (this.#session!.destroyed || this.#tcp.destroyed) return;
    sendGoaway({ session: this.#session!, wire: this.#wire }, H2_ERROR.noError);
    // An answer to a ping overtakes streams that the client began before it read the GOAWAY. They are
    // here when a second one is answered.
    this.#ping(() => this.#ping(() => this.#noteClientKnows()));
  }

  /** Closes now. */
  destroy(): void {
    if (this.#session?.destroyed === false) this.#session.destroy();
    this.#wire.destroy();
    this.#tcp.destroy();
  }

  /** Tells a client that goes too far to calm down (RFC 9113, section 7), and closes. */
  #expel(reason: string): void {
    if (this.#isExpelled || this.#tcp.destroyed) return;
    this.#isExpelled = true;
    serverLog.warn("Client {address} is cut off: {reason}", {
      address: this.peer.address,
      reason,
    });
    const cancelTimer = new Deadline(LINGER_MS).onPass(() => this.destroy());
    const to = { session: this.#session!, wire: this.#wire };
    sendGoaway(to, H2_ERROR.enhanceYourCalm, () => {
      cancelTimer();
      this.destroy();
    });
  }

  #noteClientKnows(): void {
    this.#clientKnowsSince = performance.now();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#clientKnowsSince === Infinity || this.#exchanges.size > 0) return;
    if (this.#session === undefined) this.destroy();
    else this.#close();
  }

  /** Calls back when the client has answered, and closes if it does not and nothing is left to do. */
  #ping(onAnswer: () => void): void {
    const giveUp = () => this.#noteClientKnows();
    const step = this.#startDrainTimer(giveUp, PING_MS);
    try {
      this.#session!.ping(() => {
        if (this.#drainStep !== step) return;
        clearInterval(this.#drainTimer);
        onAnswer();
      });
    } catch {
      giveUp();
    }
  }

  #close(): void {
    if (this.#tcp.destroyed) return;
    this.#closeSession!();
    // The session closes its socket by itself, unless the client does not answer.
    this.#startDrainTimer(() => this.destroy(), LINGER_MS);
  }

  /**
   * Calls back when the client was silent for so long. One that has bytes to take yet is waited for,
   * be its network slow or stalled: how long at most is for whoever shuts down to say.
   *
   * @returns The number of this step of the drain, the last one being in force.
   */
  #startDrainTimer(onSilence: () => void, ms: number): number {
    clearInterval(this.#drainTimer);
    if (this.#tcp.destroyed) return ++this.#drainStep;
    let bytesRead = this.bytesRead;
    this.#drainTimer = setInterval(() => {
      const isSilent = this.bytesRead === bytesRead;
      bytesRead = this.bytesRead;
      // The system's own buffer does not show; a client that empties it says so now and then.
      if (this.#backlog.isPending || !isSilent) return;
      clearInterval(this.#drainTimer);
      onSilence();
    }, ms);
    return ++this.#drainStep;
  }
}
