/**
 * Calls over HTTP/2, in the form that Connect's protocols take: a request in, a response out. It is
 * the kit's own because connect-node's session manager lets nobody put the shield on a session before
 * its first frame, and because its reader loses answers on Deno 2.9 when a server says GOAWAY.
 *
 * @module
 */

import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import {
  Code,
  ConnectError,
  type UniversalClientRequest,
  type UniversalClientResponse,
} from "../deps.ts";
import { toHeaders } from "../protocol/fields.ts";
import { type ConnectionTarget, Http2Connection } from "./http2_connection.ts";
import { ExchangeEnd } from "./exchange_end.ts";
import { ResponseBody, sendBody } from "./http_body.ts";

/** Which code HTTP/2's error codes stand for (gRPC over HTTP/2, "Errors"); the others: INTERNAL. */
const CODE_OF_RESET: Readonly<Record<number, Code>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: Code.Unavailable,
  [constants.NGHTTP2_CANCEL]: Code.Canceled,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: Code.ResourceExhausted,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: Code.PermissionDenied,
};

/** Fields of HTTP/1.1 that HTTP/2 forbids (RFC 9113, section 8.2.2). */
const FORBIDDEN_FIELDS = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "host",
];

/** Makes calls, over one connection at a time: after a GOAWAY the next call opens another. */
export class Http2Client {
  readonly #targetOf: () => ConnectionTarget;
  readonly #connections = new Set<Http2Connection>();
  #current: Http2Connection | undefined;
  #isClosed = false;

  /** @param targetOf Is asked for each connection, so that certificates may change. */
  constructor(targetOf: () => ConnectionTarget) {
    this.#targetOf = targetOf;
  }

  /** Makes a call. */
  async request(request: UniversalClientRequest): Promise<UniversalClientResponse> {
    const [stream, connection] = await this.#open(request);
    return await exchange(request, stream, connection);
  }

  /**
   * Closes all connections. Calls in progress have been cancelled by who made them.
   *
   * @returns Resolves when they are closed.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  async #open(
    request: UniversalClientRequest,
  ): Promise<[stream: ClientHttp2Stream, connection: Http2Connection]> {
    const url = new URL(request.url);
    const fields = { ...Object.fromEntries(request.header), ":method": request.method };
    for (const name of FORBIDDEN_FIELDS) delete (fields as Record<string, string>)[name];
    while (true) {
      const connection = this.#connect();
      await aborted(request.signal, connection.opened);
      try {
        return [connection.request({ ...fields, ":path": url.pathname + url.search }), connection];
      } catch (error) {
        // A connection may go between being open and being used: nothing was sent on it.
        if (connection.isUsable) throw error;
      }
    }
  }

  #connect(): Http2Connection {
    if (this.#isClosed) throw new ConnectError("the client is closed", Code.Canceled);
    if (this.#current?.isUsable) return this.#current;
    const connection = new Http2Connection(this.#targetOf());
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    this.#current = connection;
    return connection;
  }
}

/** Waits for some work, but no longer than the call lasts. */
async function aborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(ConnectError.from(signal?.reason, Code.Canceled));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** One request and its response. */
function exchange(
  { body, signal }: UniversalClientRequest,
  stream: ClientHttp2Stream,
  connection: Http2Connection,
): Promise<UniversalClientResponse> {
  const response = Promise.withResolvers<UniversalClientResponse>();
  const end = new ExchangeEnd();
  const trailer = new Headers();
  const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
  const responseBody = new ResponseBody(stream, cancel);

  const fail = (error: ConnectError) => {
    response.reject(error);
    responseBody.fail(error);
  };
  const onAbort = () => {
    const reason = ConnectError.from(signal?.reason, Code.Canceled);
    response.reject(reason);
    responseBody.cancel(reason);
    cancel();
  };
  stream.once("response", (headers: IncomingHttpHeaders) => {
    const status = Number(headers[":status"]);
    response.resolve({ status, header: toHeaders(headers), body: responseBody, trailer });
  });
  stream.once("trailers", (headers: IncomingHttpHeaders) => {
    toHeaders(headers).forEach((value, name) => trailer.set(name, value));
  });
  stream.once("end", () => {
    // A stream that is reset is told to end, too. The trailers may be told of a moment later.
    if (!stream.rstCode) setImmediate(() => responseBody.end());
  });
  // Told of again by "close", with what has become of the stream.
  stream.on("error", () => {});
  stream.once("close", () => {
    signal?.removeEventListener("abort", onAbort);
    end.finish();
    const error = errorOf(stream, connection);
    // Not at once: what came in the same turn is told of in this one.
    setImmediate(() => fail(error));
  });
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();
  sendBody(body, stream, end).catch((error) => {
    fail(ConnectError.from(error));
    cancel();
  });
  return response.promise;
}

function errorOf({ rstCode = 0 }: ClientHttp2Stream, connection: Http2Connection): ConnectError {
  if (connection.isBroken && rstCode !== constants.NGHTTP2_REFUSED_STREAM) {
    return new ConnectError("the connection broke off", Code.Unavailable);
  }
  return new ConnectError(
    `stream was closed with HTTP/2 error code 0x${rstCode.toString(16)}`,
    CODE_OF_RESET[rstCode] ?? Code.Internal,
  );
}
