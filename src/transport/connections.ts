/**
 * All connections of one server: serving what comes in on them, and closing them, politely or at
 * once. They are counted by their TCP sockets, for only those tell reliably when they are gone.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import process from "node:process";
import { Server as TlsServer, type TLSSocket } from "node:tls";
import { BufferPool } from "../http2/output.ts";
import type { HttpStream } from "../http_stream.ts";
import { serverLog } from "../log.ts";
import type { Peer } from "../peer.ts";
import { detectVersions } from "./cleartext.ts";
import { Connection } from "./connection.ts";
import type { ResolvedConnectionLimits } from "./connection_limits.ts";
import { DirectLink } from "./direct_link.ts";
import { Http1Stream } from "./http1_stream.ts";
import { NodeEngine } from "./node_engine.ts";
import type { PeerReader } from "./peer_reader.ts";

/** How many requests of HTTP/1.1 a client may send before it has its answers; few send more than one. */
const MAX_PIPELINED = 100;

/** How often it is said at most that there are too many connections. */
const WARNING_MS = 60_000;

/** A server of `node:http2`, with TLS or without. */
export type NodeHttp2Server = Http2Server | Http2SecureServer;

/** What speaks HTTP/2: `node:http2`, or the kit itself. */
export type Engine = "node" | "direct";

/** Options for {@linkcode Connections}. */
export interface ConnectionsOptions {
  /** What speaks HTTP/2. */
  readonly engine: Engine;
  /** How many streams of one connection may be open; of `node:http2` it is the server's setting. */
  readonly maxConcurrentStreams: number;
  /** Gets each request. */
  readonly onStream: (stream: HttpStream) => void;
  /** What a client may take. */
  readonly limits: ResolvedConnectionLimits;
  /** Tells who is at the other end of a socket. */
  readonly readPeer: PeerReader;
  /** Whether a connection may be used after its TLS handshake. */
  readonly isTrusted: (socket: TLSSocket) => boolean;
}

/** The connections of one server. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Set<Connection>();
  /** By the addresses of both ends: TLS tells of the TCP socket below it in no other way. */
  readonly #handshaking = new Map<string, Connection>();
  readonly #byHttp1Socket = new WeakMap<Socket, Connection>();
  readonly #node: NodeEngine;
  /** Of the kit's own engine. */
  readonly #pool = new BufferPool();
  #onEmpty: (() => void) | undefined;
  #draining = false;
  #warnedAt = -Infinity;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#node = new NodeEngine(options.onStream);
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
    if (server instanceof TlsServer) this.#attachTls(server);
    else this.#attachCleartext(server as Http2Server);
    // A listener for "request" made node:http2 add one of its own for "stream", which would wrap
    // each HTTP/2 stream for the HTTP/1 style API.
    server.removeAllListeners("stream");
    // The types do not know of the last argument.
    (server as EventEmitter).on("stream", this.#node.onRequest);
  }

  // "session" comes in the same turn as the event of its socket and does not show the socket, so the
  // socket must be noted first.

  #attachTls(server: TlsServer): void {
    let latest: Connection | undefined;
    // Idle connections are closed after maxConnectionIdle, in HTTP/1.1 as well.
    Object.assign(server, { keepAliveTimeout: 0 });
    server.prependListener("connection", (socket: Socket) => this.#accept(socket, true));
    server.prependListener(
      "secureConnection",
      (socket: TLSSocket) => latest = this.#secure(socket),
    );
    server.on("session", (session: ServerHttp2Session) => this.#node.start(session, latest));
    server.on("request", this.#onHttp1Request);
    if (this.#options.engine === "direct") this.#takeOverHttp2(server, () => latest);
  }

  /** Of the sockets that `node:http2` would make sessions of, it gets those of HTTP/1.1 alone. */
  #takeOverHttp2(server: TlsServer, latest: () => Connection | undefined): void {
    // That of node:http2 itself; others are the user's, and stay.
    const byNode = server.listeners("secureConnection").at(-1) as (socket: TLSSocket) => void;
    server.removeListener("secureConnection", byNode);
    server.on("secureConnection", (socket: TLSSocket) => {
      const connection = latest();
      if (socket.alpnProtocol !== "h2") byNode.call(server, socket);
      else if (connection !== undefined) this.#startDirect(connection);
    });
  }

  #attachCleartext(server: Http2Server): void {
    let latest: Connection | undefined;
    const http1 = detectVersions(server, {
      accept: (socket) => this.#accept(socket, false),
      startHttp2: (connection, _socket, byNode) => {
        latest = connection;
        if (this.#options.engine === "direct") this.#startDirect(connection);
        else byNode();
      },
      startHttp1: (connection, socket) => this.#byHttp1Socket.set(socket, connection),
    });
    server.on("session", (session) => this.#node.start(session, latest));
    http1.on("request", this.#onHttp1Request);
  }

  readonly #onHttp1Request = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#byHttp1Socket.get(request.socket);
    if (connection === undefined) return void request.socket.destroy();
    if (connection.exchangeCount >= MAX_PIPELINED) return connection.destroy();
    beginWith(connection, response);
    const { peer } = connection;
    const stream = new Http1Stream(request, response, peer, () => connection.isClosing);
    // A tick later a body that came in the same piece, or that there is none, is known.
    process.nextTick(() => stream.closed || this.#options.onStream(stream));
  };

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

  #accept(socket: Socket, isTls: boolean): Connection {
    // Else an answer may wait for 40 ms for the client to acknowledge what was sent before.
    socket.setNoDelay(true);
    const connection = new Connection(socket, this.#options.limits);
    const key = addressesOf(socket);
    this.#open.add(connection);
    socket.once("close", () => {
      this.#open.delete(connection);
      if (this.#handshaking.get(key) === connection) this.#handshaking.delete(key);
      if (this.#open.size === 0) this.#onEmpty?.();
    });
    // Two of one key, as on a Unix socket, could be taken for each other, and one client for another.
    if (this.#handshaking.has(key)) connection.destroy();
    else if (isTls) this.#handshaking.set(key, connection);
    if (this.#open.size > this.#options.limits.maxConnections) this.#refuse(connection);
    connection.peer = this.#options.readPeer(socket);
    if (this.#draining) connection.drain();
    return connection;
  }

  #refuse(connection: Connection): void {
    connection.destroy();
    if (performance.now() - this.#warnedAt < WARNING_MS) return;
    this.#warnedAt = performance.now();
    serverLog.warn("New connections are refused, there are maxConnections already: {count}", {
      count: this.#options.limits.maxConnections,
    });
  }

  #secure(socket: TLSSocket): Connection | undefined {
    const key = addressesOf(socket);
    const connection = this.#handshaking.get(key);
    this.#handshaking.delete(key);
    const peer = connection && this.#options.isTrusted(socket) ? this.#readPeer(socket) : undefined;
    if (connection === undefined || peer === undefined) {
      socket.destroy();
      connection?.destroy();
      return undefined;
    }
    connection.secure(socket);
    connection.peer = peer;
    this.#byHttp1Socket.set(socket, connection);
    return connection;
  }

  /** `undefined` if the certificate cannot be read: the CA may have signed what is no good X.509. */
  #readPeer(socket: TLSSocket): Peer | undefined {
    try {
      return this.#options.readPeer(socket);
    } catch (error) {
      serverLog.info("A client's certificate is malformed: {error}", { error });
      return undefined;
    }
  }

  #startDirect(connection: Connection): void {
    const { onStream, maxConcurrentStreams } = this.#options;
    const { wire } = connection;
    connection.startHttp2(
      new DirectLink({ wire, connection, onStream, maxConcurrentStreams, pool: this.#pool }),
    );
  }
}

/** A response is in progress until it closes. */
function beginWith(connection: Connection, response: ServerResponse): void {
  const exchange = {
    rosterIndex: -1,
    destroy() {
      response.destroy();
      response.emit("close");
    },
  };
  connection.begin(exchange);
  response.once("close", () => connection.end(exchange));
}

function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress}:${remotePort}>${localAddress}:${localPort}`;
}
