/**
 * A client of HTTP/1.1 on the TLS port, on top of `node:https`; what `http2_client.ts` is for HTTP/2.
 *
 * @module
 */

import { type Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";
import type { Http2Response } from "./http2_client.ts";

/** What a request has; what is left out is a POST without fields and body. */
export interface Http1Request {
  /** PEM of the CA of the server's certificate. */
  readonly ca: string;
  readonly path: string;
  /** @default {"POST"} */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /**
   * For connections that are used again.
   *
   * @default {false} a connection of its own
   */
  readonly agent?: Agent | false;
}

/** Makes a request to a port of the loopback, and reads the response as a client of HTTP/2 would. */
export function requestHttp1(port: number, options: Http1Request): Promise<Http2Response> {
  const { body, method = "POST", agent = false, headers = {}, ...rest } = options;
  return new Promise((resolve, reject) => {
    const sent = request({
      servername: "localhost",
      host: "localhost",
      port,
      method,
      agent,
      headers: { ...headers },
      ...rest,
    });
    sent.on("error", reject);
    sent.on("response", async (response) => {
      const received = new Uint8Array(await buffer(response));
      resolve({
        headers: { ...response.headers, ":status": String(response.statusCode) },
        trailers: response.trailers,
        body: received,
        headersOnly: received.length === 0,
        rstCode: 0,
      });
    });
    sent.end(body);
  });
}
