/**
 * The Connect lane: Connect's router serves gRPC, gRPC-Web and Connect, over HTTP/1.1 and HTTP/2,
 * with our method table, deadlines and errors. It is built once; a call looks its handler up.
 *
 * @module
 */

import {
  Code,
  ConnectError,
  createConnectRouter,
  createContextValues,
  type DescMethod,
  type HandlerContext,
  type Registry,
  type UniversalHandler,
} from "../deps.ts";
import type { Call } from "../call.ts";
import { ServiceContext } from "../context.ts";
import type { HttpStream } from "../http_stream.ts";
import { CALL } from "../interceptor_context.ts";
import type { MethodSpec } from "../service.ts";
import { letAskAhead } from "./ask_ahead.ts";
import { COMPRESSIONS } from "./compression.ts";
import { createEnforcement } from "./enforcement.ts";
import { DEFAULT_LANE_OPTIONS, type LaneOptions } from "./lane.ts";
import { assertShort, LongError } from "./long_error.ts";
import { sentError } from "./outcome.ts";
import { refuse } from "./refusal.ts";
import { typesOf } from "./types.ts";
import { sendUniversalResponse, toUniversalRequest } from "./universal.ts";

/** Serves calls through Connect's handlers. */
export class ConnectLane {
  readonly #handlers = new Map<MethodSpec, UniversalHandler>();

  /** Builds the handlers of all methods. */
  constructor(methods: Iterable<MethodSpec>, options: LaneOptions) {
    const all = [...methods];
    const types = typesOf(all, options.types);
    for (const method of all) this.#handlers.set(method, createHandler(method, options, types));
  }

  /**
   * Serves one call to its end.
   *
   * @returns The error that the client was sent, `undefined` for OK.
   */
  async serve(stream: HttpStream, call: Call): Promise<ConnectError | undefined> {
    const handler = this.#handlers.get(call.method)!;
    const values = createContextValues().set(CALL, call);
    try {
      const response = await handler(toUniversalRequest(stream, call, values));
      const sent = await sendUniversalResponse(
        response,
        stream,
        call,
        (first) => assertShort(call.protocol, first),
      );
      return await sentError(call.protocol, sent);
    } catch (error) {
      const refused = refusalInstead(error);
      if (refused === undefined) throw error;
      refuse(stream, call.protocol, refused);
      return refused;
    }
  }
}

/** For an error that cannot be sent as it is. */
function refusalInstead(error: unknown): ConnectError | undefined {
  if (error instanceof LongError) return error.short;
  if (!(error instanceof URIError)) return undefined;
  // A JSON parser's message may have half of a surrogate pair in it, which Connect cannot encode.
  return new ConnectError("the request cannot be decoded", Code.InvalidArgument);
}

/**
 * Options are total, and each method has a router of its own: a second set of options, given for a
 * service, would silently replace the first one's interceptors and enable its protocols again.
 */
function createHandler(
  method: MethodSpec,
  options: LaneOptions,
  types: Registry,
): UniversalHandler {
  const { interceptors, maxReceiveBytes, maxSendBytes } = method.standalone
    ? DEFAULT_LANE_OPTIONS
    : options;
  const router = createConnectRouter({
    acceptCompression: [...COMPRESSIONS],
    interceptors: [createEnforcement(types), ...interceptors, ...method.interceptors],
    // Each field that is unknown costs an object: 4 MiB of them would hold up the server for seconds.
    binaryOptions: { readUnknownFields: false },
    jsonOptions: { registry: types },
    readMaxBytes: maxReceiveBytes,
    writeMaxBytes: maxSendBytes,
  });
  const isStream = hasRequestStream(method.desc);
  const implementation = (request: unknown, context: HandlerContext) =>
    method.handler(
      (isStream ? letAskAhead(request as AsyncIterable<unknown>) : request) as never,
      toServiceContext(context),
    );
  router.rpc(method.desc, implementation as never);
  return router.handlers[0]!;
}

function hasRequestStream({ methodKind }: DescMethod): boolean {
  return methodKind === "client_streaming" || methodKind === "bidi_streaming";
}

function toServiceContext(context: HandlerContext): ServiceContext {
  return new ServiceContext({
    call: context.values.get(CALL)!,
    signal: context.signal,
    metadata: context.requestHeader,
    responseHeaders: context.responseHeader,
    responseTrailers: context.responseTrailer,
    values: context.values,
  });
}
