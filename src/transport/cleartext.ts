/**
 * A port without TLS, and so without ALPN: the first bytes of a connection tell HTTP/2 from
 * HTTP/1.1, for HTTP/2 begins with a preface that is no request of HTTP/1.1 (RFC 9113, section 3.4).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createServer, type Server as HttpServer } from "node:http";
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";
import process from "node:process";
import { Http1Request } from "./http1_request.ts";

/** How the preface begins; HTTP has no such method (RFC 9113, section 11.6). */
const HTTP2 = "PRI";

/** As much of a request line as is waited for; longer ones are left to HTTP/1.1. */
const MAX_LINE_BYTES = 8192;

const EMPTY = Buffer.alloc(0);

/** What may be told of a connection; `undefined` if it takes more bytes. */
type Version = "HTTP/1.1" | "HTTP/2" | "neither" | undefined;

/** What becomes of a connection. */
export interface CleartextHandlers<C> {
  /** It is accepted, and nothing has come on it yet. */
  readonly accept: (socket: Socket) => C;
  /**
   * Its session starts in this very turn.
   *
   * @param byNode Has `node:http2` serve it.
   */
  readonly startHttp2: (connection: C, socket: Socket, byNode: () => void) => void;
  /** Requests will come from this socket. */
  readonly startHttp1: (connection: C, socket: Socket) => void;
}

/**
 * Makes a server of HTTP/2 look at the first bytes of its connections.
 *
 * @returns The server that gets those of HTTP/1.1. It needs no closing.
 */
export function detectVersions<C>(server: Http2Server, handlers: CleartextHandlers<C>): HttpServer {
  const http1 = createServer({ IncomingMessage: Http1Request });
  // Deno would close each connection after its first answer, for this server has no port of its own.
  Object.defineProperty(http1, "listening", { value: true });
  http1.keepAliveTimeout = 0;
  // That of node:http2 itself; others are the user's, and stay.
  const [startHttp2] = server.listeners("connection");
  server.removeListener("connection", startHttp2 as () => void);
  server.prependListener("connection", (socket: Socket) => {
    const connection = handlers.accept(socket);
    readFirstBytes(socket, (bytes, version) => {
      if (version === "neither") return void socket.destroy();
      giveBack(socket, bytes, () => {
        if (version === "HTTP/2") {
          handlers.startHttp2(connection, socket, () => void startHttp2!.call(server, socket));
        } else {
          handlers.startHttp1(connection, socket);
          http1.emit("connection", socket);
        }
      });
    });
  });
  return http1;
}

/** The socket flows: whoever is to have the bytes listens in the same turn. */
function readFirstBytes(
  socket: Socket,
  onBytes: (bytes: Buffer, version: Version) => void,
): void {
  let bytes: Buffer = EMPTY;
  const close = () => socket.destroy();
  const read = (chunk: Buffer) => {
    bytes = bytes.byteLength === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const version = versionOf(bytes);
    if (version === undefined) return;
    socket.off("data", read).off("end", close).off("error", close);
    onBytes(bytes, version);
  };
  socket.on("data", read).on("end", close).on("error", close);
}

/** Has whoever begins to listen get the bytes that were read already. */
function giveBack(socket: Socket, bytes: Buffer, begin: () => void): void {
  // By unshift() Deno would lose them or take them twice; Node's session takes them in no other way.
  if ("Deno" in globalThis) {
    begin();
    socket.emit("data", bytes);
  } else {
    socket.pause();
    socket.unshift(bytes);
    begin();
    process.nextTick(() => socket.resume());
  }
}

/** A client that speaks neither, such as one of TLS, would not understand an answer in HTTP/1.1. */
function versionOf(bytes: Buffer): Version {
  const text = bytes.toString("latin1", 0, MAX_LINE_BYTES);
  if (text.startsWith(HTTP2)) return "HTTP/2";
  if (text !== "" && !/^[A-Z]/.test(text)) return "neither";
  const line = /^[^\n]*(?=\n)/.exec(text)?.[0];
  if (line === undefined) return text.length < MAX_LINE_BYTES ? undefined : "HTTP/1.1";
  return / HTTP\/1\.[01]\r?$/.test(line) ? "HTTP/1.1" : "neither";
}
