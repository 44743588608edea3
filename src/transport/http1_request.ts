/**
 * Requests of HTTP/1.1 that Deno's own tracing can read: under `OTEL_DENO=true` it decodes the header
 * `baggage` before anybody else sees the request, and what it cannot decode is thrown where nobody can
 * catch it, and ends the process. To be deleted when Deno catches it.
 *
 * @module
 */

import { IncomingMessage } from "node:http";
import { isDecodable } from "../baggage.ts";

const platform = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, "headers")!;

/** A request without a `baggage` that cannot be decoded. */
export class Http1Request extends IncomingMessage {}

// Not as an accessor of the class: to its types it is a property.
Object.defineProperty(Http1Request.prototype, "headers", {
  ...platform,
  get(this: IncomingMessage) {
    const headers = platform.get!.call(this);
    if (headers.baggage !== undefined && !isDecodable(headers.baggage)) delete headers.baggage;
    return headers;
  },
});
