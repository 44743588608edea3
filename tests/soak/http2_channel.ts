/**
 * gRPC by `node:http2` alone, without a library that would hide what the connection does: it shows
 * the server's certificate, closes politely with GOAWAY, and leaves deadlines to the server.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ClientHttp2Stream, connect } from "node:http2";
import type { TLSSocket } from "node:tls";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { CallOptions, Channel, Reply, Target } from "./channels.ts";

const CANCEL = 8;
const [CANCELLED, UNAVAILABLE] = [1, 14];

/** An error with a code of gRPC. */
export class StatusError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Opens a connection with mTLS. */
export function openHttp2Channel(
  { ports, tls }: Target,
  onCertificate: (fingerprint: string) => void,
): Channel {
  const session = connect(`https://127.0.0.1:${ports.mtls}`, { ...tls });
  session.on("error", () => {});
  session.once("connect", (_, socket) => {
    onCertificate((socket as TLSSocket).getPeerCertificate().fingerprint256);
  });
  return {
    async *call(options) {
      if (session.closed) throw new StatusError(UNAVAILABLE, "not sent: the session is closed");
      const { method, timeoutMs } = options;
      yield* exchange(
        session.request({
          ":method": "POST",
          ":path": `/${method.parent.typeName}/${method.name}`,
          "content-type": "application/grpc",
          "te": "trailers",
          ...(timeoutMs !== undefined && { "grpc-timeout": `${timeoutMs}m` }),
        }),
        options,
      );
    },
    close: () => session.close(),
    destroy: () => session.destroy(),
  };
}

async function* exchange(
  stream: ClientHttp2Stream,
  { method, requests, signal }: CallOptions,
): AsyncGenerator<Reply> {
  const cancel = () => stream.close(CANCEL);
  signal?.addEventListener("abort", cancel, { once: true });
  // Its end is told by "close"; a stream that is broken off after its answer fails with nobody there.
  stream.on("error", () => {});
  const closed = statusOf(stream);
  // Awaited below, after what is there has been passed on.
  closed.catch(() => {});
  for (const request of requests) {
    const bytes = toBinary(method.input, create(method.input, request));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes.length, 1);
    stream.write(Buffer.concat([head, bytes]));
  }
  stream.end();
  let body = Buffer.alloc(0);
  try {
    for await (const piece of stream) {
      body = Buffer.concat([body, piece]);
      while (body.length >= 5 && body.length >= 5 + body.readUInt32BE(1)) {
        const end = 5 + body.readUInt32BE(1);
        yield fromBinary(method.output, body.subarray(5, end)) as Reply;
        body = body.subarray(end);
      }
    }
    await closed;
  } catch (error) {
    if (signal?.aborted) throw new StatusError(CANCELLED, "cancelled");
    throw error instanceof StatusError
      ? error
      : new StatusError(UNAVAILABLE, (error as Error).message);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

/** Resolves at OK; a stream that ends without a status was lost with its session. */
function statusOf(stream: ClientHttp2Stream): Promise<void> {
  let fields: Record<string, unknown> = {};
  const note = (received: object) => void (fields = { ...fields, ...received });
  stream.on("response", note);
  stream.on("trailers", note);
  return new Promise((resolve, reject) => {
    stream.on("close", () => {
      const status = fields["grpc-status"];
      const message = decodeURIComponent(String(fields["grpc-message"] ?? ""));
      if (status === "0") resolve();
      else if (status === undefined) {
        reject(new StatusError(UNAVAILABLE, `no status, reset ${stream.rstCode}`));
      } else reject(new StatusError(Number(status), message));
    });
  });
}
