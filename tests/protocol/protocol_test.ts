import { Code, ConnectError } from "@connectrpc/connect";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  detectProtocol,
  parseConnectTimeout,
  parseGrpcTimeout,
  parseTimeout,
} from "../../src/protocol/protocol.ts";

const CONTENT_TYPES: readonly [string | undefined, string][] = [
  ["application/grpc", "grpc"],
  ["application/grpc+proto", "grpc"],
  ["Application/GRPC+JSON", "grpc"],
  ["application/grpc-web", "grpc-web"],
  ["application/grpc-web+proto", "grpc-web"],
  ["application/grpc-web-text", "grpc-web"],
  ["application/json", "connect"],
  ["application/proto", "connect"],
  ["application/connect+proto", "connect"],
  ["text/plain", "connect"],
  ["", "connect"],
  [undefined, "connect"],
];

for (const [contentType, protocol] of CONTENT_TYPES) {
  Deno.test(`detectProtocol() takes ${contentType} for ${protocol}`, () => {
    assertEquals(detectProtocol({ "content-type": contentType }), protocol);
  });
}

const GRPC: readonly [string, number | undefined][] = [
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["3S", 3000],
  ["4m", 4],
  ["5u", 0.005],
  ["6n", 0.000006],
  ["0m", 0],
  ["00000001S", 1000],
  ["99999999H", 99_999_999 * 3_600_000],
  ["999999999m", undefined],
  ["1h", undefined],
  ["1", undefined],
  ["m", undefined],
  ["", undefined],
  [" 1m", undefined],
  ["1m\n", undefined],
  ["-1m", undefined],
  ["1.5S", undefined],
  ["1m, 2m", undefined],
];

for (const [text, ms] of GRPC) {
  Deno.test(`parseGrpcTimeout() makes ${ms} of ${JSON.stringify(text)}`, () => {
    assertEquals(parseGrpcTimeout(text), ms);
  });
}

const CONNECT: readonly [string, number | undefined][] = [
  ["0", 0],
  ["1500", 1500],
  ["9999999999", 9_999_999_999],
  ["10000000000", undefined],
  ["", undefined],
  ["-1", undefined],
  ["1.5", undefined],
  ["1s", undefined],
  ["1, 2", undefined],
];

for (const [text, ms] of CONNECT) {
  Deno.test(`parseConnectTimeout() makes ${ms} of ${JSON.stringify(text)}`, () => {
    assertEquals(parseConnectTimeout(text), ms);
  });
}

Deno.test("parseTimeout() reads the field of the protocol alone", () => {
  const headers = { "grpc-timeout": "1S", "connect-timeout-ms": "7" };
  assertEquals(parseTimeout("grpc", headers), 1000);
  assertEquals(parseTimeout("grpc-web", headers), 1000);
  assertEquals(parseTimeout("connect", headers), 7);
  assertEquals(parseTimeout("connect", { "grpc-timeout": "1S" }), Infinity);
});

Deno.test("parseTimeout() names the field and the start of what is malformed in it", () => {
  const headers = { "grpc-timeout": "x".repeat(1000) };
  const error = assertThrows(() => parseTimeout("grpc", headers), ConnectError);
  assertEquals(error.code, Code.InvalidArgument);
  assertStringIncludes(error.rawMessage, `invalid grpc-timeout "${"x".repeat(32)}"`);
  assertThrows(() => parseTimeout("grpc", { "grpc-timeout": ["1S", "2S"] }), ConnectError);
});
