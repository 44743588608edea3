/**
 * Sessions of `node:http2`, and their requests.
 *
 * @module
 */

import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import process from "node:process";
import { H2_ERROR, type HttpStream } from "../http_stream.ts";
import type { Connection } from "./connection.ts";
import { gatherWrites } from "./gathered_writes.ts";
import { Http2Stream } from "./http2_stream.ts";
import { NodeLink, prepareSession } from "./node_link.ts";

/** HTTP/2 by `node:http2`, on the connections of one server. */
export class NodeEngine {
  readonly #onStream: (stream: HttpStream) => void;
  readonly #bySession = new WeakMap<ServerHttp2Session, Connection>();

  /** @param onStream Gets each request. */
  constructor(onStream: (stream: HttpStream) => void) {
    this.#onStream = onStream;
  }

  /** Serves a session that has just begun. */
  start(session: ServerHttp2Session, connection: Connection | undefined): void {
    prepareSession(session);
    if (connection === undefined) return session.destroy();
    const { wire, tcp } = connection;
    gatherWrites(wire);
    this.#bySession.set(session, connection);
    session.once("remoteSettings", () => connection.noteReady());
    connection.startHttp2(
      new NodeLink({
        ...{ session, wire, tcp },
        isDraining: () => connection.isDraining,
        destroyConnection: () => connection.destroy(),
      }),
    );
  }

  /** The listener for a server's `stream` event. */
  readonly onRequest = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: readonly string[],
  ): void => {
    const connection = this.#bySession.get(stream.session as ServerHttp2Session);
    if (connection?.takesStreams !== true) return refuseStream(stream);
    const http2Stream = new Http2Stream(stream, { headers, rawHeaders }, connection);
    connection.begin(http2Stream);
    stream.once("close", () => connection.end(http2Stream));
    const serve = () => http2Stream.closed || this.#onStream(http2Stream);
    const room = connection.waitForRoom();
    // A tick later it shows whether the client has reset the stream right behind its header.
    if (room === undefined) process.nextTick(serve);
    // Its answer would be made only to wait: a client that reads nothing gets nothing more done.
    else void room.then(serve);
  };
}

function refuseStream(stream: ServerHttp2Stream): void {
  stream.on("error", () => {});
  stream.close(H2_ERROR.refusedStream);
}
