/**
 * A client of HTTP/2 on top of `node:http2`, for good HTTP/2 around a call that no gRPC library
 * makes: a test gives header fields and bytes and reads the header, body and trailers that came back.
 * What is wrong below that, in frames and their order, `frame_client.ts` can send, which in return
 * reads nothing of a header but two numbers.
 *
 * @module
 */

import "./shield_clients.ts";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { Buffer } from "node:buffer";

/** What came back on a stream, once it is closed. */
export interface Http2Response {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  /** Whether nothing but the header came. */
  readonly headersOnly: boolean;
  /** HTTP/2's error code, 0 for none. */
  readonly rstCode: number;
}

/** A connection. */
export interface Http2Client extends Disposable {
  readonly session: ClientHttp2Session;
  /** Starts a POST and leaves its body open. */
  open(path: string, headers?: Record<string, string>): ClientHttp2Stream;
  /** Makes a request and waits for the end of its response. */
  request(
    path: string,
    headers?: Record<string, string>,
    body?: Uint8Array | string,
  ): Promise<Http2Response>;
}

/** Opens a connection. */
export function connectHttp2(
  baseUrl: string,
  options: SecureClientSessionOptions = {},
): Http2Client {
  const session = connect(baseUrl, options);
  session.on("error", () => {});
  const open = (path: string, headers: Record<string, string> = {}) => {
    const stream = session.request({ ":path": path, ":method": "POST", ...headers });
    stream.on("error", () => {});
    return stream;
  };
  return {
    session,
    open,
    request(path, headers, body) {
      const stream = open(path, headers);
      const response = readResponse(stream);
      stream.end(body);
      return response;
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** Collects a response until its stream is closed. */
export function readResponse(stream: ClientHttp2Stream): Promise<Http2Response> {
  const chunks: Uint8Array[] = [];
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  let headersOnly = false;
  const END_STREAM = 0x1;
  stream.on("response", (fields, flags) => {
    headers = fields;
    headersOnly = (flags & END_STREAM) !== 0;
  });
  stream.on("trailers", (fields) => trailers = fields);
  stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  return new Promise((resolve) =>
    stream.on("close", () => {
      const body = new Uint8Array(Buffer.concat(chunks));
      resolve({ headers, trailers, body, headersOnly, rstCode: stream.rstCode ?? 0 });
    })
  );
}
