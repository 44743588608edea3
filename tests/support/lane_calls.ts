/**
 * Calls of gRPC to the greeter by either lane of the kit, with what handlers do that is odd: no client
 * of gRPC stands between a test and what is on the wire.
 *
 * @module
 */

import { bounded } from "./bounded.ts";
import { envelope, sayHelloRequest } from "./envelopes.ts";
import type { GreeterOptions } from "./greeter.ts";
import {
  connectHttp2,
  type Http2Client,
  type Http2Response,
  readResponse,
} from "./http2_client.ts";

/** Content types of gRPC by the lane that serves them. What comes of a call must be the same. */
export const LANES = {
  "gRPC lane": "application/grpc",
  "Connect lane": "application/GRPC",
} as const;

/** The name of a method, as handlers have it. */
export type MethodName = keyof NonNullable<GreeterOptions["handlers"]>;

/** What a call is begun with. */
export interface LaneCallOptions {
  /** One of {@linkcode LANES}. */
  readonly contentType: string;
  /** As `grpc-timeout` has it, such as `50m`. */
  readonly timeout?: string;
}

/** Begins a call and leaves its body open. */
export function openCall(
  client: Http2Client,
  method: MethodName,
  { contentType, timeout }: LaneCallOptions,
): ReturnType<Http2Client["open"]> {
  return client.open(`/greeter.v1.Greeter/${method[0]!.toUpperCase()}${method.slice(1)}`, {
    "content-type": contentType,
    ...(timeout !== undefined && { "grpc-timeout": timeout }),
  });
}

/** Makes a call with one message, on a connection of its own. */
export async function makeCall(
  baseUrl: string,
  method: MethodName,
  { name = "Bob", ...options }: LaneCallOptions & { name?: string },
): Promise<Http2Response> {
  using client = connectHttp2(baseUrl);
  const stream = openCall(client, method, options);
  const response = readResponse(stream);
  stream.end(envelope(sayHelloRequest(name)));
  return await bounded("the answer", response);
}
