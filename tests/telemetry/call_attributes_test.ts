import { assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import type { CallStart } from "../../src/call_observer.ts";
import {
  endAttributes,
  isFailure,
  measureAttributes,
  spanName,
  startAttributes,
} from "../../src/telemetry/call_attributes.ts";

const METHOD = {} as CallStart["method"];

function start(given: Partial<CallStart> & { authority?: string; port?: number }): CallStart {
  const { authority = "", port = 0, ...rest } = given;
  const peer = { address: "10.0.0.1", port };
  const stream = { authority, peer } as CallStart["stream"];
  return { stream, protocol: "grpc", path: "a.v1.B/C", method: METHOD, ...rest };
}

/** The codes with their names on the wire, and whether the conventions take them for errors. */
const CODES: readonly [Code, grpc: string, connect: string, isError: boolean][] = [
  [Code.Canceled, "CANCELLED", "canceled", false],
  [Code.Unknown, "UNKNOWN", "unknown", true],
  [Code.InvalidArgument, "INVALID_ARGUMENT", "invalid_argument", false],
  [Code.DeadlineExceeded, "DEADLINE_EXCEEDED", "deadline_exceeded", true],
  [Code.NotFound, "NOT_FOUND", "not_found", false],
  [Code.AlreadyExists, "ALREADY_EXISTS", "already_exists", false],
  [Code.PermissionDenied, "PERMISSION_DENIED", "permission_denied", false],
  [Code.ResourceExhausted, "RESOURCE_EXHAUSTED", "resource_exhausted", false],
  [Code.FailedPrecondition, "FAILED_PRECONDITION", "failed_precondition", false],
  [Code.Aborted, "ABORTED", "aborted", false],
  [Code.OutOfRange, "OUT_OF_RANGE", "out_of_range", false],
  [Code.Unimplemented, "UNIMPLEMENTED", "unimplemented", true],
  [Code.Internal, "INTERNAL", "internal", true],
  [Code.Unavailable, "UNAVAILABLE", "unavailable", true],
  [Code.DataLoss, "DATA_LOSS", "data_loss", true],
  [Code.Unauthenticated, "UNAUTHENTICATED", "unauthenticated", false],
];

for (const [code, grpc, connect, isError] of CODES) {
  Deno.test(`endAttributes() has ${grpc} as the protocol writes it, and as ${isError ? "an" : "no"} error`, () => {
    const error = new ConnectError("", code);
    const expected = (name: string) => ({
      "rpc.status_code": name,
      ...(isError && { "error.type": name }),
    });
    assertEquals(endAttributes("grpc", error), expected(grpc));
    assertEquals(endAttributes("grpc-web", error), expected(grpc));
    assertEquals(endAttributes("connect", error), expected(connect));
    assertEquals(isFailure(error), isError);
  });
}

Deno.test("endAttributes() has OK for gRPC, and nothing for Connect, which has no code for it", () => {
  assertEquals(endAttributes("grpc", undefined), { "rpc.status_code": "OK" });
  assertEquals(endAttributes("grpc-web", undefined), { "rpc.status_code": "OK" });
  assertEquals(endAttributes("connect", undefined), {});
});

Deno.test("spanName() is the method, or the system where there is none", () => {
  assertEquals(spanName(start({})), "a.v1.B/C");
  assertEquals(spanName(start({ method: undefined })), "grpc");
  assertEquals(spanName(start({ method: undefined, protocol: "connect" })), "connectrpc");
});

Deno.test("startAttributes() has what a sampler may go by", () => {
  assertEquals(startAttributes(start({ authority: "greeter.example:443", port: 50123 })), {
    "rpc.system.name": "grpc",
    "rpc.method": "a.v1.B/C",
    "server.address": "greeter.example",
    "server.port": 443,
    "network.peer.address": "10.0.0.1",
    "network.peer.port": 50123,
  });
});

Deno.test("startAttributes() has the path of a method that nobody serves apart", () => {
  const attributes = startAttributes(start({ method: undefined, protocol: "connect" }));
  assertEquals(attributes["rpc.method"], "_OTHER");
  assertEquals(attributes["rpc.method_original"], "a.v1.B/C");
  assertEquals(attributes["rpc.system.name"], "connectrpc");
});

/** What clients may call a server. */
const AUTHORITIES: readonly [string, address: string | undefined, port: number | undefined][] = [
  ["localhost", "localhost", undefined],
  ["127.0.0.1:8080", "127.0.0.1", 8080],
  ["[::1]", "::1", undefined],
  ["[::1]:50051", "::1", 50051],
  ["", undefined, undefined],
  ["a:b:c", undefined, undefined],
  ["host:123456", undefined, undefined],
];

for (const [authority, address, port] of AUTHORITIES) {
  Deno.test(`startAttributes() takes the server's address from ${JSON.stringify(authority)}`, () => {
    const attributes = startAttributes(start({ authority }));
    assertEquals([attributes["server.address"], attributes["server.port"]], [address, port]);
  });
}

Deno.test("measureAttributes() has nothing that clients make up", () => {
  const error = new ConnectError("", Code.Unimplemented);
  assertEquals(measureAttributes(start({ method: undefined, authority: "a:1", port: 1 }), error), {
    "rpc.system.name": "grpc",
    "rpc.method": "_OTHER",
    "rpc.status_code": "UNIMPLEMENTED",
    "error.type": "UNIMPLEMENTED",
  });
});
