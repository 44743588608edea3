/**
 * The gRPC lane: gRPC over HTTP/2 by the kit's own code, for most of the calls of gRPC's clients.
 *
 * @module
 */

import type { Call } from "../../call.ts";
import type { HttpStream } from "../../http_stream.ts";
import type { MethodSpec } from "../../service.ts";
import { DEFAULT_LANE_OPTIONS, type LaneOptions } from "../lane.ts";
import { typesOf } from "../types.ts";
import { GrpcCall } from "./grpc_call.ts";
import { createBinaryCodec, createJsonCodec, type GrpcMethod } from "./grpc_method.ts";

/** Serves calls of gRPC. */
export class GrpcLane {
  readonly #methods = new Map<MethodSpec, GrpcMethod>();

  /** Resolves all methods. */
  constructor(methods: readonly MethodSpec[], options: LaneOptions) {
    const types = typesOf(methods, options.types);
    for (const spec of methods) {
      const { input, output, methodKind } = spec.desc;
      const own = spec.standalone ? DEFAULT_LANE_OPTIONS : options;
      const interceptors = [...own.interceptors, ...spec.interceptors];
      this.#methods.set(spec, {
        spec,
        hasSingleRequest: methodKind === "unary" || methodKind === "server_streaming",
        // Interceptors see the request of a server stream before it is read, as Connect's do.
        readsAsStream: methodKind === "client_streaming" || methodKind === "bidi_streaming" ||
          (methodKind === "server_streaming" && interceptors.length > 0),
        hasSingleReply: methodKind === "unary" || methodKind === "client_streaming",
        interceptors,
        maxReceiveBytes: own.maxReceiveBytes,
        maxSendBytes: own.maxSendBytes,
        binary: createBinaryCodec(input, output),
        json: createJsonCodec(input, output, types),
      });
    }
  }

  /**
   * Makes ready to serve a call.
   *
   * @returns `undefined` if something is odd about its request, which the other lane has an answer for.
   */
  open(stream: HttpStream, call: Call): GrpcCall | undefined {
    const format = stream.method === "POST" ? formatOf(stream) : undefined;
    if (format === undefined) return undefined;
    const method = this.#methods.get(call.method)!;
    return new GrpcCall({ stream, call, method, codec: method[format] });
  }
}

function formatOf({ headers }: HttpStream): "binary" | "json" | undefined {
  switch (headers["content-type"]) {
    case "application/grpc":
    case "application/grpc+proto":
      return "binary";
    case "application/grpc+json":
      return "json";
  }
}
