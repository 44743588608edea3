/**
 * One connection, from its TCP socket being accepted to its being gone.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { Deadline } from "../deadline.ts";
import type { Peer } from "../peer.ts";

/** How long a client may take to answer a ping. */
const PING_MS = 1000;
/** How long a client may take to close its side, once nothing is left to send. */
const LINGER_MS = 500;
/** How many bytes may wait for the client to take them, before nothing more is made for it. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/**
 * GOAWAY with the highest stream id, and no error: no more streams, please, but none is refused yet
 * (RFC 9113, section 6.8). Written by hand, because `session.goaway()` of Deno 2.9 ignores from then
 * on what the client has sent already.
 */
const GOAWAY_SOON = Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** A stream of HTTP/2, or a response of HTTP/1.1. */
export interface Exchange extends EventEmitter {
  /** Ends it. */
  destroy(): unknown;
}

/** A client's connection. */
export class Connection {
  /** Who is at the other end. */
  peer!: Peer;

  readonly #tcp: Socket;
  #wire: Socket;
  #session: ServerHttp2Session | undefined;
  readonly #exchanges = new Set<Exchange>();
  readonly #waitingForRoom = new Set<() => void>();
  #draining = false;
  /** Whether the client has read our GOAWAY, or had the time to. */
  #clientKnows = false;
  #closeSession: (() => void) | undefined;
  readonly #endHandshake: () => void;
  #drainTimer: ReturnType<typeof setInterval> | undefined;
  #drainStep = 0;

  /** @param handshakeTimeoutMs Until when the client must have begun to speak HTTP. */
  constructor(tcp: Socket, handshakeTimeoutMs: number) {
    this.#tcp = tcp;
    this.#wire = tcp;
    this.#endHandshake = new Deadline(handshakeTimeoutMs).onPass(() => this.destroy());
    tcp.once("close", () => {
      this.#endHandshake();
      clearInterval(this.#drainTimer);
      if (this.#session !== undefined) return;
      for (const exchange of this.#exchanges) {
        exchange.destroy();
        // A response of HTTP/1.1 that waits for its turn behind another does not tell of its end.
        exchange.emit("close");
      }
    });
    tcp.on("drain", () => this.#giveRoom());
  }

  /** TLS is established: bytes go through this socket now. */
  secure(socket: Socket): void {
    this.#wire = socket;
    socket.on("drain", () => this.#giveRoom());
  }

  /**
   * Tells whether the client takes what is sent. The flow control of HTTP/2 does not: a client may
   * open its windows wide and read nothing, and Deno queues all of it on the socket.
   *
   * @returns `undefined` if it does, or a promise that resolves when it has caught up; never, if it
   *   leaves before.
   */
  waitForRoom(): Promise<void> | undefined {
    if (!this.#isFull) return undefined;
    return new Promise((resolve) => this.#waitingForRoom.add(resolve));
  }

  /** HTTP/2 is spoken. */
  startHttp2(session: ServerHttp2Session): void {
    this.#session = session;
    const close = session.close.bind(session);
    this.#closeSession = close;
    // Deno closes a session whose client says GOAWAY, as clients do in answer to ours, and refuses
    // the streams that they sent before and that are still on their way.
    session.close = (callback) => this.#draining || close(callback);
    session.once("remoteSettings", () => this.#endHandshake());
  }

  /** A request came; it lasts until the emitter, a stream or a response, closes. */
  begin(exchange: Exchange): void {
    this.#endHandshake();
    this.#exchanges.add(exchange);
    exchange.once("close", () => {
      this.#exchanges.delete(exchange);
      this.#closeIfDone();
    });
  }

  /** Finishes what was begun, and closes. Streams that are on their way here are still served. */
  drain(): void {
    if (this.#draining || this.#tcp.destroyed) return;
    this.#draining = true;
    if (this.#session?.destroyed === false) {
      this.#wire.write(GOAWAY_SOON);
      this.#ping(() => {
        this.#clientKnows = true;
        this.#closeIfDone();
      });
    } else {
      this.#clientKnows = true;
      this.#closeIfDone();
    }
  }

  /** Closes now. */
  destroy(): void {
    if (this.#session?.destroyed === false) this.#session.destroy();
    this.#wire.destroy();
    this.#tcp.destroy();
  }

  #closeIfDone(): void {
    if (!this.#clientKnows || this.#exchanges.size > 0 || this.#tcp.destroyed) return;
    // HTTP/1.1 between two requests, or a handshake: there is nothing to wait for.
    if (this.#session === undefined) return this.destroy();
    // An answer to a ping overtakes streams that the client began before it read the GOAWAY. They are
    // here when a second one is answered.
    this.#ping(() => this.#exchanges.size === 0 && this.#close());
  }

  /** Calls back when the client has answered, and closes if it does not and nothing is left to do. */
  #ping(onAnswer: () => void): void {
    const giveUp = () => {
      this.#clientKnows = true;
      if (this.#exchanges.size === 0) this.#close();
    };
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
    this.#drainTimer = setInterval(() => {
      if (this.#wire.writableLength > 0) return;
      clearInterval(this.#drainTimer);
      onSilence();
    }, ms);
    return ++this.#drainStep;
  }

  get #isFull(): boolean {
    return this.#wire.writableLength >= MAX_QUEUED_BYTES && !this.#tcp.destroyed;
  }

  /** To one after the other: what each sends may fill the queue again. */
  async #giveRoom(): Promise<void> {
    for (const resolve of this.#waitingForRoom) {
      if (this.#isFull) return;
      this.#waitingForRoom.delete(resolve);
      resolve();
      await new Promise((resume) => setImmediate(resume));
    }
  }
}
