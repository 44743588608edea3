/**
 * Calls over HTTP/1.1, in the form that Connect's protocols take; what `http2_client.ts` is for HTTP/2.
 *
 * @module
 */

import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import {
  Code,
  ConnectError,
  type UniversalClientRequest,
  type UniversalClientResponse,
} from "../deps.ts";
import { toHeaders } from "../protocol/fields.ts";
import { ExchangeEnd } from "./exchange_end.ts";
import { ResponseBody, sendBody } from "./http_body.ts";
import type { ConnectionTarget } from "./http2_connection.ts";

/** Makes calls, each over a connection of its own at a time; they are kept for later calls. */
export class Http1Client {
  readonly #agent: HttpAgent;
  readonly #request: typeof requestHttp;
  readonly #connectTimeoutMs: number;
  #isClosed = false;

  constructor({ origin, tls, times }: ConnectionTarget) {
    const isTls = origin.startsWith("https:");
    this.#request = isTls ? requestHttps as typeof requestHttp : requestHttp;
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({
      keepAlive: true,
    });
    this.#connectTimeoutMs = times.connectTimeoutMs;
  }

  /** Makes a call. */
  async request({ url, method, header, body, signal }: UniversalClientRequest): Promise<
    UniversalClientResponse
  > {
    if (this.#isClosed) throw new ConnectError("the client is closed", Code.Canceled);
    signal?.throwIfAborted();
    const { promise: response, resolve, reject } = Promise.withResolvers<UniversalClientResponse>();
    const end = new ExchangeEnd();
    const outgoing = this.#request(url, {
      method,
      agent: this.#agent,
      headers: Object.fromEntries(header),
    });
    let responseBody: ResponseBody | undefined;
    const fail = (error: ConnectError) => {
      reject(error);
      responseBody?.fail(error);
    };
    const onAbort = () => {
      const reason = ConnectError.from(signal?.reason, Code.Canceled);
      reject(reason);
      responseBody?.cancel(reason);
      outgoing.destroy();
    };
    outgoing.once("response", (incoming: IncomingMessage) => {
      responseBody = new ResponseBody(incoming, () => outgoing.destroy());
      incoming.once("end", () => incoming.complete && responseBody!.end());
      incoming.on("error", () => {});
      resolve({
        status: incoming.statusCode ?? 0,
        header: toHeaders(incoming.headers),
        body: responseBody,
        trailer: new Headers(),
      });
    });
    outgoing.on("error", (cause: Error) => {
      const what = responseBody === undefined ? `cannot call ${new URL(url).origin}` : "broken off";
      fail(
        new ConnectError(`${what}: ${cause.message}`, Code.Unavailable, undefined, [], cause),
      );
    });
    outgoing.once("close", () => {
      signal?.removeEventListener("abort", onAbort);
      end.finish();
      setImmediate(() => fail(new ConnectError("the connection broke off", Code.Unavailable)));
    });
    signal?.addEventListener("abort", onAbort);
    // Beside the first request, if that comes at once; the server need not wait for it otherwise.
    setImmediate(() => {
      if (!outgoing.headersSent && !outgoing.destroyed) outgoing.flushHeaders();
    });
    sendBody(body, outgoing, end).catch((error) => {
      fail(ConnectError.from(error));
      outgoing.destroy();
    });
    return await response;
  }

  /** Closes all connections. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#agent.destroy();
    return Promise.resolve();
  }
}
