/**
 * Between our HTTP stream and Connect's "universal" request and response, which its handlers take
 * and give on every platform.
 *
 * @module
 */

import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { Call } from "../call.ts";
import type { HeaderFields, HttpStream, ResponseFields } from "../http_stream.ts";
import { boundLastWords } from "./last_words.ts";
import { joinPieces } from "./join_pieces.ts";
import { TIMEOUT_HEADER } from "./protocol.ts";

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
    url: toUrl(stream, call.peer.encrypted ? "https" : "http"),
    header,
    body: call.guard(joinPieces(readBody(stream, call), hasEnvelopes(header))),
    signal: call.signal,
    contextValues,
  };
}

/** All but Connect's unary calls have them. */
function hasEnvelopes(header: Headers): boolean {
  return /^application\/(grpc|connect\+)/i.test(header.get("content-type") ?? "");
}

/** A request that breaks off means that the client has left; the stream says so a moment later. */
async function* readBody({ body }: HttpStream, call: Call): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch {
    call.cancel(new ConnectError("the client left in the midst of its request", Code.Canceled));
    call.check();
  }
}

/** A host with more than a host in it, such as a path, would show interceptors another URL. */
function toUrl({ authority, path }: HttpStream, scheme: string): string {
  const base = `${scheme}://${authority}`;
  const isHost = /^[^/?#@\\\s]+$/.test(authority) && URL.canParse(base);
  return `${isHost ? base : `${scheme}://localhost`}${path}`;
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
 * Once the call has ended early, the response body is asked for its next piece all the same: it
 * meets the reason, and makes the protocol's own error of it.
 *
 * @returns Resolves when the client has it all, or is not waited for any longer.
 */
export async function sendUniversalResponse(
  response: UniversalServerResponse,
  stream: HttpStream,
  call: Call,
): Promise<SentResponse> {
  const header = response.header ?? new Headers();
  const body = response.body?.[Symbol.asyncIterator]();
  let lastChunk: Uint8Array | undefined;
  let open = true;
  try {
    // Headers are sent after the first piece is there: until then the handler may still set them.
    let piece = await body?.next();
    const fields = { ...toResponseFields(header), ...lengthOf(header, call) };
    stream.respond(response.status, fields, response.trailer ? "trailers" : "body");
    while (body !== undefined && piece !== undefined && !piece.done && !stream.closed) {
      lastChunk = piece.value;
      const drained = stream.write(lastChunk!);
      if (drained !== undefined) await settled(call, drained);
      piece = await body.next();
    }
    open = piece?.done === false;
  } finally {
    if (open) body?.return?.().then(undefined, () => {});
  }
  stream.end(response.trailer && toResponseFields(response.trailer));
  await delivered(stream, call);
  return { status: response.status, header, lastChunk, trailer: response.trailer };
}

/** Connect sets the length of its unary replies; any other is a handler's, and wrong. */
function lengthOf(header: Headers, { method, protocol }: Call): ResponseFields {
  const isUnary = protocol === "connect" && method.desc.methodKind === "unary";
  const length = header.get("content-length");
  return isUnary && length !== null ? { "content-length": length } : {};
}

/** Waits for something, or for the call's early end. */
async function settled(call: Call, work: Promise<unknown>): Promise<void> {
  if (call.endReason !== undefined) return;
  try {
    await call.race(work);
  } catch {
    // Whoever waits looks at the call.
  }
}

/** A client that stopped reading would keep the stream for ever, were it not reset. */
async function delivered(stream: HttpStream, call: Call): Promise<void> {
  if (stream.closed) return;
  const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()));
  await settled(call, closed);
  boundLastWords(stream);
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
