/**
 * A server of `node:http2` without any gRPC in it: it notes the header of each request, and answers as
 * a test has it. For what a client puts on the wire, and for servers that misbehave.
 *
 * @module
 */

import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { shieldSession } from "../../src/transport/session_shield.ts";
import { envelope } from "./envelopes.ts";

/** A running {@linkcode serveWire}. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  /** Headers of the requests, as they came. */
  readonly requests: IncomingHttpHeaders[];
  /** Error codes that the streams were closed with, as they were. */
  readonly closeCodes: number[];
  /** Sessions that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** How many there have been. */
  readonly sessionCount: number;
  /** Breaks all connections, without a word. */
  cut(): void;
}

/**
 * Serves on a free port of the loopback.
 *
 * @param greet What is done with each new session.
 */
export async function serveWire(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void = answerGrpc,
  greet: (session: ServerHttp2Session) => void = () => {},
): Promise<WireServer> {
  const requests: IncomingHttpHeaders[] = [];
  const closeCodes: number[] = [];
  const sessions = new Set<ServerHttp2Session>();
  let sessionCount = 0;
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("session", (session) => {
    sessions.add(shieldSession(session));
    sessionCount++;
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
    greet(session);
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    requests.push(headers);
    stream.on("error", () => {});
    stream.once("close", () => closeCodes.push(stream.rstCode ?? -1));
    stream.resume();
    answer(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    closeCodes,
    sessions,
    get sessionCount() {
      return sessionCount;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** An empty message, and OK. */
export function answerGrpc(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(envelope(new Uint8Array()));
}
