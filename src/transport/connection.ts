/**
 * One connection, from its TCP socket being accepted to its being gone.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Peer } from "../peer.ts";

/** How long a client may take to confirm that it knows of the shutdown. */
const GOAWAY_CONFIRM_MS = 1000;
/** How long a client may take to close its side, once nothing is left to send. */
const LINGER_MS = 500;

/**
 * GOAWAY with the highest stream id, and no error: no more streams, please, but none is refused yet
 * (RFC 9113, section 6.8). Written by hand, because `session.goaway()` of Deno 2.9 ignores from then
 * on what the client has sent already.
 */
const GOAWAY_SOON = Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** A client's connection. */
export class Connection {
  /** Who is at the other end. */
  peer!: Peer;

  readonly #tcp: Socket;
  #wire: Socket;
  #session: ServerHttp2Session | undefined;
  #busy = 0;
  #draining = false;
  #handshakeTimer: ReturnType<typeof setTimeout> | undefined;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param handshakeTimeoutMs Until when the client must have begun to speak HTTP. */
  constructor(tcp: Socket, handshakeTimeoutMs: number) {
    this.#tcp = tcp;
    this.#wire = tcp;
    if (handshakeTimeoutMs < Infinity) {
      this.#handshakeTimer = setTimeout(() => this.destroy(), handshakeTimeoutMs);
    }
    tcp.once("close", () => {
      clearTimeout(this.#handshakeTimer);
      clearTimeout(this.#drainTimer);
    });
  }

  /** TLS is established: bytes go through this socket now. */
  secure(socket: Socket): void {
    this.#wire = socket;
  }

  /** HTTP/2 is spoken. */
  startHttp2(session: ServerHttp2Session): void {
    this.#session = session;
    session.once("remoteSettings", () => clearTimeout(this.#handshakeTimer));
  }

  /** A request came; it lasts until the emitter, a stream or a response, closes. */
  begin(exchange: EventEmitter): void {
    clearTimeout(this.#handshakeTimer);
    this.#busy++;
    exchange.once("close", () => {
      this.#busy--;
      this.#closeIfDone();
    });
  }

  /** Finishes what was begun, and closes. Streams that are on their way here are still served. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    const session = this.#session;
    if (session === undefined || session.destroyed) return this.#closeIfDone();
    const close = () => {
      if (session.closed) return;
      clearTimeout(this.#drainTimer);
      session.close();
      this.#closeIfDone();
    };
    this.#wire.write(GOAWAY_SOON);
    this.#drainTimer = setTimeout(close, GOAWAY_CONFIRM_MS);
    try {
      // Once this comes back the client has read the GOAWAY, and all it sent before is here.
      session.ping(close);
    } catch {
      close();
    }
  }

  /** Closes now. */
  destroy(): void {
    if (this.#session?.destroyed === false) this.#session.destroy();
    this.#wire.destroy();
    this.#tcp.destroy();
  }

  #closeIfDone(): void {
    if (!this.#draining || this.#busy > 0) return;
    // HTTP/1.1 between two requests, or a handshake: there is nothing to wait for.
    if (this.#session === undefined) return this.destroy();
    if (!this.#session.closed && !this.#session.destroyed) return;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.destroy(), LINGER_MS);
  }
}
