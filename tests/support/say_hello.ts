/**
 * Unary calls of the example service with the HTTP/2 client of `node:http2`, in each protocol.
 *
 * Once a server has said GOAWAY, connect-node on Deno 2.9 fails with "Premature close" on an answer
 * that comes in one piece, although all of it has arrived. This client tells what is on the wire.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { envelope } from "./envelopes.ts";
import { connectRaw } from "./raw_client.ts";
import { CONTENT_TYPES, readStatus, type WireStatus } from "./wire_status.ts";
import type { ProtocolName } from "./greeter.ts";

/** Calls `SayHello` on a connection of its own, and tells how the server ended the call. */
export async function callSayHello(
  baseUrl: string,
  protocol: ProtocolName,
  name: string,
): Promise<WireStatus> {
  using client = connectRaw(baseUrl);
  const message = toBinary(SayHelloRequestSchema, create(SayHelloRequestSchema, { name }));
  const contentType = CONTENT_TYPES[protocol === "connect" ? "connect unary" : protocol];
  return readStatus(
    await client.request(
      "/greeter.v1.Greeter/SayHello",
      { "content-type": contentType },
      protocol === "connect" ? message : envelope(message),
    ),
  );
}
