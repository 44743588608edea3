/**
 * The outermost interceptor: it lets nothing take longer than the call lasts, and lets nothing out
 * that is no status. Connect itself does neither: it waits for a handler that ignores its signal.
 *
 * @module
 */

import {
  type Compression,
  compressionNegotiate,
  type DescMessage,
  type Interceptor,
  type Message,
  type Registry,
  type StreamRequest,
  type StreamResponse,
  toBinary,
  toJson,
  type UnaryRequest,
  type UnaryResponse,
} from "../deps.ts";
import type { Call } from "../call.ts";
import { CALL } from "../interceptor_context.ts";
import { COMPRESSIONS } from "./compression.ts";
import { failWith } from "./failure.ts";

/**
 * Ends what runs on behalf of a call when the call ends, for all four kinds of method.
 *
 * @param types What a `google.protobuf.Any` may hold in JSON.
 */
export function createEnforcement(types: Registry): Interceptor {
  return (next) => async (request) => {
    const call = request.contextValues.get(CALL)!;
    try {
      call.check();
      // Connect's own ends with whatever a handler threw, or with nothing that says why.
      request = { ...request, signal: call.signal } as typeof request;
      if (request.stream) request = { ...request, message: call.guard(request.message) };
      const response = await call.race(next(request));
      call.check();
      addProtocolFields(request, response, call);
      if (response.stream) return { ...response, message: sendable(call, response, types) };
      assertEncodable(response.message, response.method.output, response.header, types);
      return response;
    } catch (error) {
      throw failWith(call, error);
    }
  };
}

/**
 * An interceptor that answers itself has header and trailers of its own, which Connect takes in place
 * of those that it has prepared; no client could read the answer without them.
 */
function addProtocolFields(
  { header, requestMethod, url }: UnaryRequest | StreamRequest,
  response: UnaryResponse | StreamResponse,
  { protocol }: Call,
): void {
  if (!response.header.has("content-type")) {
    const contentType = requestMethod === "GET"
      ? `application/${new URL(url).searchParams.get("encoding")}`
      : header.get("content-type")!;
    response.header.set("content-type", contentType.toLowerCase());
    const fields = ENCODING_FIELDS[protocol];
    const negotiated = compressionNegotiate(
      COMPRESSIONS as Compression[],
      header.get(fields.encoding),
      header.get(fields.accepted),
      fields.accepted,
    ).response;
    // Connect says by itself how a unary reply of its own protocol is encoded.
    if (negotiated !== null && (protocol !== "connect" || response.stream)) {
      response.header.set(fields.encoding, negotiated.name);
    }
  }
  if (protocol !== "connect" && !response.trailer.has("grpc-status")) {
    response.trailer.set("grpc-status", "0");
  }
}

const GRPC_FIELDS = { encoding: "grpc-encoding", accepted: "grpc-accept-encoding" };
const ENCODING_FIELDS = {
  "grpc": GRPC_FIELDS,
  "grpc-web": GRPC_FIELDS,
  "connect": { encoding: "connect-content-encoding", accepted: "connect-accept-encoding" },
};

async function* sendable(
  call: Call,
  { method, message, header }: StreamResponse,
  types: Registry,
): AsyncGenerator<Message> {
  try {
    for await (const each of call.guard(message as AsyncIterable<Message>)) {
      assertEncodable(each, method.output, header, types);
      yield each;
    }
  } catch (error) {
    throw failWith(call, error);
  }
}

/**
 * A reply of the wrong type fails here, as whatever else a handler does wrong, and not in Connect's
 * encoder, whose error would go out with the value in it. JSON fails on more, such as a timestamp
 * out of range, and lets numbers pass that do not fit.
 */
function assertEncodable(
  message: Message,
  schema: DescMessage,
  header: Headers,
  types: Registry,
): void {
  toBinary(schema, message);
  if (header.get("content-type")?.endsWith("json")) toJson(schema, message, { registry: types });
}
