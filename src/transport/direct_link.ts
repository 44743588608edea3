/**
 * A session of the kit's own HTTP/2 on a socket.
 *
 * @module
 */

import type { Socket } from "node:net";
import { ERROR, type Http2Error } from "../http2/frames.ts";
import type { BufferPool } from "../http2/output.ts";
import { Session } from "../http2/session.ts";
import { serverLog } from "../log.ts";
import { DirectStream } from "./direct_stream.ts";
import type { Connection } from "./connection.ts";
import type { Http2Link } from "./http2_link.ts";

/** How long a client may take to close its side, once nothing is left to send. */
const LINGER_MS = 500;

/** What a link is made from. */
export interface DirectLinkInit {
  /** Where its bytes come from and go to: the socket of TLS, if there is one. */
  readonly wire: Socket;
  readonly connection: Connection;
  /** Gets each request. */
  readonly onStream: (stream: DirectStream) => void;
  readonly maxConcurrentStreams: number;
  readonly pool: BufferPool;
}

/** HTTP/2 by the kit itself. */
export class DirectLink implements Http2Link {
  readonly #wire: Socket;
  readonly #session: Session<DirectStream>;

  constructor(init: DirectLinkInit) {
    const { wire, connection } = init;
    this.#wire = wire;
    const session: Session<DirectStream> = new Session<DirectStream>(wire, {
      createStream: (carrier, streamInit) => new DirectStream(carrier, streamInit, connection.peer),
      onStream: (stream) => {
        connection.begin(stream);
        const room = connection.waitForRoom();
        if (room === undefined) init.onStream(stream);
        // Its answer would be made only to wait: a client that reads nothing gets nothing more done.
        else void room.then(() => stream.closed || init.onStream(stream));
      },
      onStreamClosed: (stream) => connection.end(stream),
      onReset: () => connection.noteReset(),
      onReady: () => connection.noteReady(),
      onGoaway: (code) => code === ERROR.noError ? connection.noteLeaving() : this.#noteBlamed(),
      onFailed: (error) => this.#noteFailed(error),
      onUnsendable: (stream, error) => stream.giveUp(error),
      get takesStreams() {
        return connection.takesStreams;
      },
    }, init);
    this.#session = session;
    wire.on("data", (bytes: Uint8Array) => session.receive(bytes));
    wire.on("drain", () => session.drain());
    wire.on("end", () => this.destroy());
    wire.on("error", () => this.destroy());
    wire.on("close", () => this.destroy());
    session.start();
  }

  get isDestroyed(): boolean {
    return this.#session.isOver;
  }

  goaway(errorCode: number, onWritten?: () => void): void {
    if (errorCode === ERROR.noError) this.#session.goaway();
    else this.#session.finish(errorCode);
    if (onWritten !== undefined) this.#wire.write("", onWritten);
  }

  ping(onAnswer: () => void): void {
    this.#session.ping(onAnswer);
  }

  close(): void {
    this.#session.finish();
    this.#wire.end();
  }

  destroy(): void {
    this.#session.destroy();
    this.#wire.destroy();
  }

  /**
   * The client has broken a rule, and was told so. What it sends yet is read for a while, and dropped: a
   * socket that is closed with bytes in it resets the connection, and the client may never see what it
   * was told.
   */
  #noteFailed(error: Http2Error): void {
    if (error.cause !== undefined) {
      serverLog.error("HTTP/2 failed: {error}", { error: error.cause });
    }
    serverLog.info("A connection of HTTP/2 is closed: {error}", { error: error.message });
    this.#linger();
  }

  /** The client takes us for wrong, and is not going to take anything from us. */
  #noteBlamed(): void {
    this.#session.finish();
    this.#linger();
  }

  #linger(): void {
    this.#wire.end();
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    this.#wire.once("close", () => clearTimeout(timer));
    this.#session.destroy();
  }
}
