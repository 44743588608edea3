/**
 * The Connect lane: Connect's router serves gRPC, gRPC-Web and Connect, over HTTP/1.1 and HTTP/2,
 * with our method table, deadlines and errors. It is built once; a call looks its handler up.
 *
 * @module
 */

import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createConnectRouter,
  createContextValues,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import type { Call } from "../call.ts";
import { ServiceContext } from "../context.ts";
import type { HttpStream } from "../http_stream.ts";
import type { MethodSpec } from "../service.ts";
import { COMPRESSIONS } from "./compression.ts";
import { CALL, createEnforcement } from "./enforcement.ts";
import { sentError } from "./outcome.ts";
import { refuse } from "./refusal.ts";
import { sendUniversalResponse, toUniversalRequest } from "./universal.ts";

/** Options for {@linkcode ConnectLane}. */
export interface ConnectLaneOptions {
  /** The app's interceptors, outermost first. */
  readonly interceptors: readonly Interceptor[];
  /** Largest message to receive, in bytes, after decompression. */
  readonly maxReceiveBytes: number;
  /** Largest message to send, in bytes. */
  readonly maxSendBytes: number;
  /** What an `Any` may hold in JSON, besides what the services know. */
  readonly types: Registry | undefined;
}

/** How an app is served that sets nothing, and a method that what the app sets leaves alone. */
export const DEFAULT_LANE_OPTIONS: ConnectLaneOptions = {
  interceptors: [],
  maxReceiveBytes: 4 * 1024 * 1024,
  maxSendBytes: 0xffff_ffff,
  types: undefined,
};

/** Serves calls through Connect's handlers. */
export class ConnectLane {
  readonly #handlers = new Map<MethodSpec, UniversalHandler>();

  /** Builds the handlers of all methods. */
  constructor(methods: Iterable<MethodSpec>, options: ConnectLaneOptions) {
    const all = [...methods];
    const types = createTypes(all, options.types);
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
      const sent = await sendUniversalResponse(response, stream, call);
      return await sentError(call.protocol, sent);
    } catch (error) {
      // A JSON parser's message may have half of a surrogate pair in it, which Connect cannot encode.
      if (!(error instanceof URIError)) throw error;
      const refused = new ConnectError("the request cannot be decoded", Code.InvalidArgument);
      refuse(stream, call.protocol, refused);
      return refused;
    }
  }
}

/**
 * What a `google.protobuf.Any` may hold in JSON, which names its fields and not their numbers: all
 * that the services' files have, and the files that they import, and what the app adds.
 */
function createTypes(methods: readonly MethodSpec[], added: Registry | undefined): Registry {
  const files = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file)) return;
    files.add(file);
    file.dependencies.forEach(add);
  };
  for (const { desc } of methods) add(desc.parent.file);
  return createRegistry(...files, ...(added ? [added] : []));
}

/**
 * Options are total, and each method has a router of its own: a second set of options, given for a
 * service, would silently replace the first one's interceptors and enable its protocols again.
 */
function createHandler(
  method: MethodSpec,
  options: ConnectLaneOptions,
  types: Registry,
): UniversalHandler {
  const { interceptors, maxReceiveBytes, maxSendBytes } = method.standalone
    ? DEFAULT_LANE_OPTIONS
    : options;
  const router = createConnectRouter({
    acceptCompression: [...COMPRESSIONS],
    interceptors: [createEnforcement(types), ...interceptors],
    // Each field that is unknown costs an object: 4 MiB of them would hold up the server for seconds.
    binaryOptions: { readUnknownFields: false },
    jsonOptions: { registry: types },
    readMaxBytes: maxReceiveBytes,
    writeMaxBytes: maxSendBytes,
  });
  const implementation = (request: unknown, context: HandlerContext) =>
    method.handler(request as never, toServiceContext(context));
  router.rpc(method.desc, implementation as never);
  return router.handlers[0]!;
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
