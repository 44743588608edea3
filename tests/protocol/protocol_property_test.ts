import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { detectProtocol, parseTimeout, TIMEOUT_HEADER } from "../../src/protocol/protocol.ts";
import { PROTOCOLS } from "../support/connect_node.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { ANY_TEXT, checkAsyncProperty, checkProperty, FIELD_VALUE } from "../support/properties.ts";
import { bodyOf, CONTENT_TYPES, readStatus } from "../support/wire_formats.ts";

const NANOSECONDS = {
  H: 3_600_000_000_000n,
  M: 60_000_000_000n,
  S: 1_000_000_000n,
  m: 1_000_000n,
  u: 1000n,
  n: 1n,
};
const UNITS = Object.keys(NANOSECONDS) as (keyof typeof NANOSECONDS)[];
const PROTOCOL = fc.constantFrom(...PROTOCOLS);

/** Texts that are timeouts, or nearly. */
const TIMEOUT = fc.oneof(
  ANY_TEXT,
  fc.stringMatching(/^[0-9]{0,12}[HMSmunhs .]{0,2}$/),
  fc.stringMatching(/^[-+0-9eE.,_xn٣]{1,10}$/),
);

/** What the two specifications say, without a regular expression: digits, so many, and a unit. */
function isTimeout(protocol: string, text: string): boolean {
  const isConnect = protocol === "connect";
  const digits = Array.from(isConnect ? text : text.slice(0, -1));
  const unit = isConnect ? "n" : text.slice(-1);
  return digits.length >= 1 && digits.length <= (isConnect ? 10 : 8) &&
    digits.every((digit) => digit >= "0" && digit <= "9") && unit in NANOSECONDS;
}

Deno.test("parseTimeout() reads any text, or fails with INVALID_ARGUMENT", () => {
  checkProperty(
    fc.property(PROTOCOL, TIMEOUT, (protocol, text) => {
      const parse = () => parseTimeout(protocol, { [TIMEOUT_HEADER[protocol]]: text });
      if (!isTimeout(protocol, text)) {
        const error = assertThrows(parse, ConnectError, TIMEOUT_HEADER[protocol]);
        assertEquals(error.code, Code.InvalidArgument);
        // What comes from a client goes back and into the log: not all of it.
        assertLess(error.rawMessage.length, 100);
      } else assert(Number.isFinite(parse()) && parse() >= 0);
    }),
    3000,
  );
});

Deno.test("parseTimeout() reads what gRPC can say to the nanosecond", () => {
  const digits = fc.tuple(fc.nat(99_999_999), fc.nat(8));
  checkProperty(
    fc.property(digits, fc.constantFrom(...UNITS), ([count, width], unit) => {
      const text = `${String(count).padStart(width, "0")}${unit}`;
      const wanted = Number(BigInt(count) * NANOSECONDS[unit]) / 1e6;
      for (const protocol of ["grpc", "grpc-web"] as const) {
        const ms = parseTimeout(protocol, { "grpc-timeout": text });
        assert(Math.abs(ms - wanted) <= wanted * 1e-12, `${ms}, not ${wanted}`);
      }
    }),
  );
});

Deno.test("parseTimeout() reads what Connect can say", () => {
  const digits = fc.tuple(fc.nat({ max: 9_999_999_999 }), fc.nat(10));
  checkProperty(fc.property(digits, ([ms, width]) => {
    const text = String(ms).padStart(width, "0");
    assertEquals(parseTimeout("connect", { "connect-timeout-ms": text }), ms);
  }));
});

Deno.test("parseTimeout() takes several values for none that is right", () => {
  checkProperty(
    fc.property(
      PROTOCOL,
      fc.array(fc.stringMatching(/^\d{1,3}m$/), { minLength: 2 }),
      (protocol, values) => {
        const headers = { [TIMEOUT_HEADER[protocol]]: values };
        assertThrows(() => parseTimeout(protocol, headers), ConnectError);
      },
    ),
    100,
  );
});

Deno.test("detectProtocol() looks at how the content type begins, whatever it is", () => {
  const rest = fc.oneof(ANY_TEXT, fc.constantFrom("", "+proto", "+json", ";charset=utf-8"));
  const start = fc.constantFrom("application/grpc-web", "application/grpc", "application/", "");
  checkProperty(fc.property(start, rest, fc.boolean(), (start, rest, isUpper) => {
    const contentType = start + rest;
    const wanted = /^application\/grpc-web/i.test(contentType)
      ? "grpc-web"
      : /^application\/grpc/i.test(contentType)
      ? "grpc"
      : "connect";
    const field = isUpper ? contentType.replace(/[a-z]/g, (c) => c.toUpperCase()) : contentType;
    assertEquals(detectProtocol({ "content-type": field }), wanted);
  }));
});

Deno.test("app.serve() answers any timeout with a reply or a status that says why not", async () => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
  const text = fc.oneof(FIELD_VALUE, fc.stringMatching(/^[0-9]{1,11}[HMSmunhs]?$/));
  await checkAsyncProperty(
    fc.asyncProperty(PROTOCOL, text, async (protocol, text) => {
      const format = protocol === "connect" ? "connect unary" : protocol;
      const response = await client.request(
        "/greeter.v1.Greeter/SayHello",
        { "content-type": CONTENT_TYPES[format], [TIMEOUT_HEADER[protocol]]: text },
        bodyOf(format, sayHelloRequest("a")),
      );
      const { code } = readStatus(response);
      if (!isTimeout(protocol, text)) assertEquals(code, "invalid_argument");
      else assert(code === "ok" || code === "deadline_exceeded", code);
    }),
    150,
  );
});

Deno.test("app.serve() answers any content type with a status, and lives", async () => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
  const start = fc.constantFrom("application/grpc-web", "application/grpc", "application/", "");
  const rest = fc.oneof(FIELD_VALUE, fc.stringMatching(/^[+;](proto|json|text|charset=utf-8)?$/));
  await checkAsyncProperty(
    fc.asyncProperty(start, rest, async (start, rest) => {
      const headers = { "content-type": (start + rest).trim() };
      const body = bodyOf("grpc", sayHelloRequest("a"));
      const response = await client.request("/greeter.v1.Greeter/SayHello", headers, body);
      const status = response.headers[":status"];
      // What no protocol is spoken in is not answered in one (gRPC over HTTP/2, "Requests").
      if (Number(status) !== 415) readStatus(response);
    }),
    150,
  );
  assertEquals(greeter.server.callCount, 0);
});
