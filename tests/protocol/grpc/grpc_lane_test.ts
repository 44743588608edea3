import { assertEquals } from "@std/assert";
import { Greeter } from "../../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../../examples/greeter.ts";
import { Call } from "../../../src/call.ts";
import type { HttpStream } from "../../../src/http_stream.ts";
import { GrpcLane } from "../../../src/protocol/grpc/grpc_lane.ts";
import { DEFAULT_LANE_OPTIONS } from "../../../src/protocol/lane.ts";
import { resolveService } from "../../../src/service.ts";

const PEER = { address: "192.0.2.1", port: 5000, encrypted: false, certificate: undefined };

/** Requests of gRPC by their verb and content type, and whether the lane takes them. */
const REQUESTS: readonly [method: string, contentType: string | undefined, isTaken: boolean][] = [
  ["POST", "application/grpc", true],
  ["POST", "application/grpc+proto", true],
  ["POST", "application/grpc+json", true],
  ["POST", "application/GRPC", false],
  ["POST", "application/grpc; charset=utf-8", false],
  ["POST", "application/grpc+xml", false],
  ["POST", "application/grpc-web", false],
  ["POST", undefined, false],
  ["GET", "application/grpc", false],
  ["post", "application/grpc", false],
];

for (const [method, contentType, isTaken] of REQUESTS) {
  const does = isTaken ? "takes" : "leaves";
  Deno.test(`GrpcLane ${does} a ${method} of ${contentType}`, () => {
    const specs = resolveService(Greeter, greeterHandlers, {}, undefined);
    const lane = new GrpcLane(specs, DEFAULT_LANE_OPTIONS);
    const headers = contentType === undefined ? {} : { "content-type": contentType };
    // What else a stream has is not looked at before the call starts.
    const stream = { method, headers } as HttpStream;
    for (const spec of specs) {
      const call = new Call({ method: spec, protocol: "grpc", peer: PEER, timeoutMs: Infinity });
      assertEquals(lane.open(stream, call) !== undefined, isTaken);
    }
  });
}
