/**
 * Between our HTTP stream and Connect's "universal" request and response, which its handlers take
 * and give on every platform.
 *
 * @module
 */

import type { ContextValues, UniversalServerRequest, UniversalServerResponse } from "../deps.ts";
import type { Call } from "../call.ts";
import type { HttpStream, ResponseFields } from "../http_stream.ts";
import { toHeaders, toResponseFields } from "./fields.ts";
import { joinPieces } from "./join_pieces.ts";
import { boundLastWords } from "./last_words.ts";
import { TIMEOUT_HEADER } from "./protocol.ts";
import { urlOf } from "./request_url.ts";

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
    url: urlOf(stream),
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
async function* readBody(stream: HttpStream, call: Call): AsyncGenerator<Uint8Array> {
  try {
    yield* stream.body;
  } catch {
    call.check();
    await new Promise<void>((resolve) => stream.onClose(() => resolve()));
    call.check();
  }
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
 * @param check Sees the first piece before it is sent, and throws if it must not be.
 * @returns Resolves when the client has it all, or is not waited for any longer.
 */
export async function sendUniversalResponse(
  response: UniversalServerResponse,
  stream: HttpStream,
  call: Call,
  check: (first: SentResponse) => Promise<void>,
): Promise<SentResponse> {
  const header = response.header ?? new Headers();
  const body = response.body?.[Symbol.asyncIterator]();
  let lastChunk: Uint8Array | undefined;
  let open = true;
  try {
    // Headers are sent after the first piece is there: until then the handler may still set them.
    let piece = await body?.next();
    const { status, trailer } = response;
    await check({ status, header, lastChunk: piece?.done ? undefined : piece?.value, trailer });
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
