/**
 * Between header fields as the wire has them and `Headers`, as handlers and Connect have them.
 *
 * @module
 */

import type { HeaderFields, ResponseFields } from "../http_stream.ts";

/** Fields that HTTP/2 forbids (RFC 9113, section 8.2.2), or that say how long a body is. */
const FRAMING_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Turns fields as the wire has them into `Headers`. */
export function toHeaders(fields: HeaderFields): Headers {
  const headers = new Headers();
  for (const name in fields) {
    const value = fields[name];
    if (name.startsWith(":")) continue;
    if (typeof value === "string") headers.append(name, value);
    else value?.forEach((each) => headers.append(name, each));
  }
  return headers;
}

/**
 * Turns `Headers` into fields to send; only cookies keep their several values apart. Those that HTTP
 * has for itself are left out, as an error that was got from another server may have them.
 */
export function toResponseFields(headers: Headers): ResponseFields {
  const fields: ResponseFields = {};
  headers.forEach((value, name) => {
    if (FRAMING_FIELDS.has(name)) return;
    if (name === "set-cookie") fields[name] = headers.getSetCookie();
    else fields[name] = name === "grpc-message" ? toGrpcMessage(value) : value;
  });
  return fields;
}

/**
 * Percent-encodes no more than the specification of gRPC has it ("Status-Message"). Connect's encoder
 * takes in `:`, `/` and `?` too, which some clients then show as they came. Blanks at the ends stay
 * encoded, for a field may not begin or end with one (RFC 9113, section 8.2.1).
 */
function toGrpcMessage(encoded: string): string {
  return encoded.replace(
    /(?!^%20|%20$)%(?:2[0-46-9A-F]|[3-6][0-9A-F]|7[0-9A-E])/gi,
    (escape) => decodeURIComponent(escape),
  );
}
