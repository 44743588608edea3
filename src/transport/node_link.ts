/**
 * A session of `node:http2`, with what Deno 2.9 does otherwise than we need it mended.
 *
 * @module
 */

import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { sendGoaway } from "./goaway.ts";
import { shieldSession } from "./session_shield.ts";
import type { Http2Link } from "./http2_link.ts";

/** How long a client may take to close its side, once nothing is left to send. */
const LINGER_MS = 500;

/** What a link needs of its connection. */
export interface NodeLinkInit {
  readonly session: ServerHttp2Session;
  /** Where its bytes go: the socket of TLS, if there is one. */
  readonly wire: Socket;
  readonly tcp: Socket;
  /** Whether the connection is being drained. */
  readonly isDraining: () => boolean;
  /** Ends the connection now. */
  readonly destroyConnection: () => void;
}

/** Shields a session before its first frame. */
export function prepareSession(session: ServerHttp2Session): void {
  shieldSession(session);
  // Its end is told by the socket; without a listener an error would end the process.
  session.on("error", () => {});
}

/** HTTP/2 by `node:http2`. */
export class NodeLink implements Http2Link {
  readonly #session: ServerHttp2Session;
  readonly #wire: Socket;
  readonly #close: () => void;

  constructor({ session, wire, tcp, isDraining, destroyConnection }: NodeLinkInit) {
    this.#session = session;
    this.#wire = wire;
    const close = session.close.bind(session);
    this.#close = close;
    // Deno closes a session whose client says GOAWAY, as clients do in answer to ours, and refuses
    // the streams that they sent before and that are still on their way.
    session.close = (callback) => isDraining() || close(callback);
    const destroy = session.destroy.bind(session);
    let isEnding = false;
    // Deno destroys a session once for each frame that is wrong, and there may be a great many in what
    // it has read. The shield would have each of them wait, and the socket be read on.
    session.destroy = (...args) => {
      if (isEnding) return;
      isEnding = true;
      wire.pause();
      destroy(...args);
      // A client that does not read would keep the socket open.
      if (tcp.destroyed) return;
      const timer = setTimeout(destroyConnection, LINGER_MS);
      tcp.once("close", () => clearTimeout(timer));
    };
  }

  get isDestroyed(): boolean {
    return this.#session.destroyed;
  }

  goaway(errorCode: number, onWritten?: () => void): void {
    sendGoaway({ session: this.#session, wire: this.#wire }, errorCode, onWritten);
  }

  ping(onAnswer: () => void): void {
    this.#session.ping(() => onAnswer());
  }

  close(): void {
    this.#close();
  }

  destroy(): void {
    this.#session.destroy();
  }
}
