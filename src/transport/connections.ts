/**
 * All connections of one server: serving what comes in on them, and closing them, politely or at
 * once. They are counted by their TCP sockets, for only those tell reliably when they are gone.
 *
 * @module
 */

import type { Server as HttpServer } from "node:http";
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { HttpStream } from "../http_stream.ts";
import { Connection } from "./connection.ts";
import { Http1Stream } from "./http1_stream.ts";
import { Http2Stream } from "./http2_stream.ts";
import type { PeerReader } from "./peer_reader.ts";
import { shieldSession } from "./session_shield.ts";

/** A server of `node:http2`, with TLS or without. */
export type NodeHttp2Server = Http2Server | Http2SecureServer;

/** Options for {@linkcode Connections}. */
export interface ConnectionsOptions {
  /** Gets each request. */
  readonly onStream: (stream: HttpStream) => void;
  /** Longest time until a new connection has begun to speak HTTP, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Tells who is at the other end of a socket. */
  readonly readPeer: PeerReader;
  /** Whether a connection may be used after its TLS handshake. */
  readonly mayProceed: (socket: TLSSocket) => boolean;
}

/** The connections of one server. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Set<Connection>();
  /** By remote address and port: TLS tells of the TCP socket below it in no other way. */
  readonly #handshaking = new Map<string, Connection>();
  readonly #bySession = new WeakMap<ServerHttp2Session, Connection>();
  readonly #byHttp1Socket = new WeakMap<Socket, Connection>();
  #onEmpty: (() => void) | undefined;
  #draining = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Number of open connections. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Starts to serve what a server accepts.
   *
   * @throws {TypeError} If the server has handlers already: two would answer each request.
   */
  attach(server: NodeHttp2Server): void {
    if (server.listenerCount("stream") > 0 || server.listenerCount("request") > 0) {
      throw new TypeError(
        "Cannot mount the app on a server that has a request handler: create the server without one",
      );
    }
    // "session" comes in the same turn as the event of its socket and does not show the socket, so
    // the socket must be noted first.
    let latest: Connection | undefined;
    server.prependListener("connection", (socket: Socket) => latest = this.#accept(socket));
    server.prependListener(
      "secureConnection",
      (socket: TLSSocket) => latest = this.#secure(socket),
    );
    server.on("session", (session) => this.#startHttp2(session, latest!));
    (server as unknown as HttpServer).on("request", (request, response) => {
      const connection = this.#byHttp1Socket.get(request.socket);
      if (connection === undefined) return void request.socket.destroy();
      connection.begin(response);
      this.#options.onStream(
        new Http1Stream(request, response, connection.peer, () => this.#draining),
      );
    });
    // The listener for "request" made node:http2 add one of its own for "stream", which would wrap
    // each HTTP/2 stream for the HTTP/1 style API.
    server.removeAllListeners("stream");
    server.on("stream", (stream, headers) => {
      const connection = this.#bySession.get(stream.session as ServerHttp2Session);
      if (connection === undefined) return void stream.close();
      connection.begin(stream);
      this.#options.onStream(new Http2Stream(stream, headers, connection.peer));
    });
  }

  /**
   * Lets every connection finish what it has begun, takes nothing new, and closes it then.
   *
   * @returns Resolves when no connection is left.
   */
  drain(): Promise<void> {
    this.#draining = true;
    for (const connection of this.#open) connection.drain();
    return this.#emptied();
  }

  /**
   * Closes every connection now.
   *
   * @returns Resolves when no connection is left.
   */
  destroy(): Promise<void> {
    this.#draining = true;
    for (const connection of this.#open) connection.destroy();
    return this.#emptied();
  }

  async #emptied(): Promise<void> {
    if (this.#open.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const previous = this.#onEmpty;
      this.#onEmpty = () => (previous?.(), resolve());
      await promise;
    }
    // Streams close a turn later than their socket: the shield defers the end of their session.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #accept(socket: Socket): Connection {
    const connection = new Connection(socket, this.#options.handshakeTimeoutMs);
    const key = addressOf(socket);
    this.#open.add(connection);
    this.#handshaking.set(key, connection);
    socket.once("close", () => {
      this.#open.delete(connection);
      if (this.#handshaking.get(key) === connection) this.#handshaking.delete(key);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
    connection.peer = this.#options.readPeer(socket);
    return connection;
  }

  #secure(socket: TLSSocket): Connection | undefined {
    const connection = this.#handshaking.get(addressOf(socket));
    if (connection === undefined || !this.#options.mayProceed(socket)) {
      socket.destroy();
      connection?.destroy();
      return undefined;
    }
    connection.secure(socket);
    connection.peer = this.#options.readPeer(socket);
    this.#byHttp1Socket.set(socket, connection);
    if (this.#draining) connection.drain();
    return connection;
  }

  #startHttp2(session: ServerHttp2Session, connection: Connection | undefined): void {
    shieldSession(session);
    // Its end is told by the socket; without a listener an error would end the process.
    session.on("error", () => {});
    if (connection === undefined) return session.destroy();
    this.#bySession.set(session, connection);
    connection.startHttp2(session);
    if (this.#draining) connection.drain();
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
