/**
 * One connection, from its TCP socket being accepted to its being gone.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Deadline } from "../deadline.ts";
import { serverLog } from "../log.ts";
import { H2_ERROR } from "../http_stream.ts";
import type { Peer } from "../peer.ts";
import { type Listed, Roster } from "../roster.ts";
import { Backlog } from "./backlog.ts";
import type { Http2Link } from "./http2_link.ts";
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
export interface Exchange extends Listed {
  /** Ends it, where nobody else does. */
  destroy?(): void;
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
  #link: Http2Link | undefined;
  readonly #exchanges = new Roster<Exchange>();
  #draining = false;
  /** Since when the client has read our GOAWAY, or had the time to, by `performance.now()`. */
  #clientKnowsSince = Infinity;
  readonly #endHandshake: () => void;
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  #drainStep = 0;
  readonly #endWatch: () => void;
  #endKeepalive: (() => void) | undefined;
  #idleSince = Infinity;
  #isExpelled = false;
  #isClientLeaving = false;

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
      if (this.#link !== undefined) return;
      // A response of HTTP/1.1 that waits for its turn behind another does not tell of its end.
      for (const exchange of this.#exchanges.values()) exchange.destroy?.();
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

  /** Whether it finishes what was begun. */
  get isDraining(): boolean {
    return this.#draining;
  }

  /** Where the bytes of HTTP go: the socket of TLS, if there is one. */
  get wire(): Socket {
    return this.#wire;
  }

  /** The socket below. */
  get tcp(): Socket {
    return this.#tcp;
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

  /** HTTP/2 is spoken. The link has sent its SETTINGS. */
  startHttp2(link: Http2Link): void {
    this.#link = link;
    this.#endKeepalive = watchKeepalive(this, this.#limits);
    // Behind the SETTINGS, which the session sends first.
    if (this.#draining) setImmediate(() => this.#sayGoaway());
  }

  /** The client has begun as HTTP/2 begins. */
  noteReady(): void {
    this.#endHandshake();
    if (this.#exchanges.size === 0) this.#idleSince = performance.now();
  }

  /** A request came, which lasts until {@linkcode end}. */
  begin(exchange: Exchange): void {
    this.#endHandshake();
    this.#exchanges.add(exchange);
    this.#idleSince = Infinity;
    if (this.#draining && this.#link === undefined) {
      clearInterval(this.#drainTimer);
      this.#noteClientKnows();
    }
  }

  /** A request is over. */
  end(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size === 0) this.#idleSince = performance.now();
    this.#closeIfDone();
  }

  /** A stream ended early, and not because the server wanted it to. */
  noteReset(): void {
    if (!this.#resets.take()) this.#expel("it resets too many calls");
  }

  /** The client wants no more than it has begun. */
  noteLeaving(): void {
    this.#isClientLeaving = true;
    this.#closeIfDone();
  }

  /** Asks the client for a sign of life. */
  ping(): void {
    try {
      this.#link!.ping(() => {});
    } catch {
      // It is closing already.
    }
  }

  /** Finishes what was begun, and closes. Streams that are on their way here are still served. */
  drain(): void {
    if (this.#draining || this.#tcp.destroyed) return;
    this.#draining = true;
    if (this.#link?.isDestroyed === false) this.#sayGoaway();
    else if (this.#exchanges.size > 0) this.#noteClientKnows();
    // A request may be on its way, of HTTP/1.1 or behind a handshake.
    else this.#startDrainTimer(() => this.destroy(), PING_MS);
  }

  #sayGoaway(): void {
    if (this.#link!.isDestroyed || this.#tcp.destroyed) return;
    this.#link!.goaway(H2_ERROR.noError);
    // An answer to a ping overtakes streams that the client began before it read the GOAWAY. They are
    // here when a second one is answered.
    this.#ping(() => this.#ping(() => this.#noteClientKnows()));
  }

  /** Closes now. */
  destroy(): void {
    if (this.#link?.isDestroyed === false) this.#link.destroy();
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
    const onWritten = () => {
      cancelTimer();
      this.destroy();
    };
    if (this.#link !== undefined) this.#link.goaway(H2_ERROR.enhanceYourCalm, onWritten);
    else onWritten();
  }

  #noteClientKnows(): void {
    this.#clientKnowsSince = performance.now();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    const isEnding = this.#isClientLeaving || this.#clientKnowsSince !== Infinity;
    if (!isEnding || this.#exchanges.size > 0) return;
    if (this.#link === undefined) this.destroy();
    else this.#close();
  }

  /** Calls back when the client has answered, and closes if it does not and nothing is left to do. */
  #ping(onAnswer: () => void): void {
    const giveUp = () => this.#noteClientKnows();
    const step = this.#startDrainTimer(giveUp, PING_MS);
    try {
      this.#link!.ping(() => {
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
    this.#link!.close();
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
