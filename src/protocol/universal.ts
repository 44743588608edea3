/**
 * Between our HTTP stream and Connect's "universal" request and response, which its handlers take
 * and give on every platform.
 *
 * @module
 */

import type { ContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { Call } from "../call.ts";
import {
  H2_ERROR,
  type HeaderFields,
  type HttpStream,
  type ResponseFields,
} from "../http_stream.ts";
import { TIMEOUT_HEADER } from "./protocol.ts";

/** How long an error may take to reach a client that stopped reading, before the stream is reset. */
const LAST_WORDS_MS = 1000;

/**
 * Makes Connect's request. The timeout is left out of its header: Connect would start a timer of its
 * own, which fires at once above 24.8 days; the call's deadline arrives through the signal.
 */
export function toUniversalRequest(
  stream: HttpStream,
  call: Call,
  contextValues: ContextValues,
): UniversalServerRequest {
  const header = toHeaders(stream.headers);
  header.delete(TIMEOUT_HEADER[call.protocol]);
  return {
    httpVersion: stream.httpVersion,
    method: stream.method,
    url: `${call.peer.encrypted ? "https" : "http"}://${stream.authority}${stream.path}`,
    header,
    body: call.guard(stream.body),
    signal: call.signal,
    contextValues,
  };
}

/** What was sent last, for whoever wants to know how the call ended. */
export interface SentResponse {
  /** HTTP status. */
  readonly status: number;
  /** Header fields. */
  readonly header: Headers;
  /** The last piece of the body: the message of a unary call, the last envelope of a stream. */
  readonly lastChunk: Uint8Array | undefined;
  /** Trailers of HTTP, which gRPC alone uses. */
  readonly trailer: Headers | undefined;
}

/**
 * Sends Connect's response as fast as the client takes it, and for no longer than the call lasts.
 * Once the call has ended early, the response body gets the reason thrown in, turns it into the
 * protocol's own error, and that is sent whether or not the client reads.
 */
export async function sendUniversalResponse(
  response: UniversalServerResponse,
  stream: HttpStream,
  call: Call,
): Promise<SentResponse> {
  const header = response.header ?? new Headers();
  const body = response.body?.[Symbol.asyncIterator]();
  let lastChunk: Uint8Array | undefined;
  // Headers are sent after the first piece is there: until then the handler may still set them.
  let piece = await body?.next();
  stream.respond(response.status, toResponseFields(header), response.trailer ? "trailers" : "body");
  while (body !== undefined && piece !== undefined && !piece.done && !stream.closed) {
    lastChunk = piece.value;
    const drained = stream.write(lastChunk!);
    piece = await nextPiece(body, call, drained);
  }
  if (stream.closed) body?.return?.().then(undefined, () => {});
  stream.end(response.trailer && toResponseFields(response.trailer));
  if (call.endReason !== undefined) resetUnlessRead(stream);
  return { status: response.status, header, lastChunk, trailer: response.trailer };
}

async function nextPiece(
  body: AsyncIterator<Uint8Array>,
  call: Call,
  drained: Promise<void> | undefined,
): Promise<IteratorResult<Uint8Array>> {
  if (drained === undefined || call.endReason !== undefined) return body.next();
  try {
    await call.race(drained);
  } catch (reason) {
    return await body.throw?.(reason) ?? { done: true, value: undefined };
  }
  return body.next();
}

function resetUnlessRead(stream: HttpStream): void {
  if (stream.closed) return;
  const timer = setTimeout(() => stream.reset(H2_ERROR.cancel), LAST_WORDS_MS);
  stream.onClose(() => clearTimeout(timer));
}

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

/** Turns `Headers` into fields to send; only cookies keep their several values apart. */
export function toResponseFields(headers: Headers): ResponseFields {
  const fields: ResponseFields = {};
  headers.forEach((value, name) => {
    if (name === "set-cookie") fields[name] = headers.getSetCookie();
    else fields[name] = value;
  });
  return fields;
}
