import { assertEquals } from "@std/assert";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bytesOf, concat, GARBAGE } from "../support/http2_frames.ts";
import { CONTENT_TYPES, readStatus } from "../support/wire_formats.ts";

const MESSAGE = sayHelloRequest("envelope");
const GOOD = envelope(MESSAGE);
const BAD_UTF8 = Uint8Array.of(0x0a, 2, 0xff, 0xfe);
const COMPRESSED = 1;
const END_STREAM = 2;
const TRAILERS = 0x80;

const ENCODING_FIELDS = {
  "grpc-web": "grpc-encoding",
  "connect stream": "connect-content-encoding",
} as const;

/** A body that is wrong, and the code that it gets from gRPC-Web and from Connect's stream. */
interface BadBody {
  readonly body: Uint8Array;
  readonly encoding?: string;
  readonly codes: readonly [grpcWeb: string, connect: string];
}

/** gRPC's are in `hostile_message_test.ts`. */
const BAD_BODIES: Readonly<Record<string, BadBody>> = {
  "an envelope longer than the body": {
    body: envelope(MESSAGE, { length: 100 }),
    codes: ["invalid_argument", "invalid_argument"],
  },
  // What is left over is read as the next one, whose length are letters.
  "an envelope shorter than the body": {
    body: envelope(MESSAGE, { length: 4 }),
    codes: ["resource_exhausted", "resource_exhausted"],
  },
  "an envelope of 4 GiB": {
    body: envelope(MESSAGE, { length: 0xffff_ffff }),
    codes: ["resource_exhausted", "resource_exhausted"],
  },
  "half an envelope": {
    body: Uint8Array.of(0, 0, 0),
    codes: ["invalid_argument", "invalid_argument"],
  },
  "no message": { body: new Uint8Array(), codes: ["unimplemented", "ok"] },
  "flags that mean nothing": { body: envelope(MESSAGE, { flags: 0x7c }), codes: ["ok", "ok"] },
  "compression without an encoding": {
    body: envelope(MESSAGE, { flags: COMPRESSED }),
    codes: ["internal", "internal"],
  },
  "an unknown encoding": {
    body: GOOD,
    encoding: "snappy",
    codes: ["unimplemented", "unimplemented"],
  },
  "garbage as gzip": {
    body: envelope(GARBAGE, { flags: COMPRESSED }),
    encoding: "gzip",
    codes: ["invalid_argument", "invalid_argument"],
  },
  "a string that is no UTF-8": { body: envelope(BAD_UTF8), codes: ["internal", "internal"] },
  "trailers in a request": {
    body: concat(GOOD, envelope(bytesOf("grpc-status: 0\r\n"), { flags: TRAILERS })),
    codes: ["ok", "internal"],
  },
  "an end of the stream, and more": {
    body: concat(GOOD, envelope(bytesOf("{}"), { flags: END_STREAM }), GOOD),
    codes: ["internal", "ok"],
  },
};

for (
  const [index, format, method] of [
    [0, "grpc-web", "SayHello"],
    [1, "connect stream", "Chat"],
  ] as const
) {
  Deno.test(`app.serve() answers bad envelopes with a status (${format})`, async (test) => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    using neighbour = connectHttp2(greeter.baseUrl);
    for (const [name, { body, encoding, codes }] of Object.entries(BAD_BODIES)) {
      await test.step(name, async () => {
        const call = async (bytes: Uint8Array, fields: Record<string, string> = {}) =>
          readStatus(
            await client.request(`/greeter.v1.Greeter/${method}`, {
              "content-type": CONTENT_TYPES[format],
              ...fields,
            }, bytes),
          ).code;
        const fields = encoding === undefined ? {} : { [ENCODING_FIELDS[format]]: encoding };
        assertEquals(await call(body, fields), codes[index]);
        assertEquals(await call(GOOD), "ok");
        assertEquals(await greet(neighbour), "ok");
      });
    }
  });
}

/** Bodies of unary calls of Connect, which have no envelope, and their codes. */
const BAD_UNARY: Readonly<
  Record<string, [fields: Record<string, string>, body: Uint8Array, code: string]>
> = {
  "an unknown encoding": [{ "content-encoding": "snappy" }, MESSAGE, "unimplemented"],
  "garbage as gzip": [{ "content-encoding": "gzip" }, GARBAGE, "invalid_argument"],
  "gzip that breaks off": [
    { "content-encoding": "gzip" },
    Uint8Array.of(0x1f, 0x8b, 8, 0, 0),
    "invalid_argument",
  ],
  "a string that is no UTF-8": [{}, BAD_UTF8, "internal"],
  // The bytes become U+FFFD.
  "a string that is no UTF-8, in JSON": [
    { "content-type": "application/json" },
    concat(bytesOf('{"name":"'), Uint8Array.of(0xff, 0xfe), bytesOf('"}')),
    "ok",
  ],
  "a lone surrogate in JSON": [
    { "content-type": "application/json" },
    bytesOf('{"name":"\\ud800"}'),
    "invalid_argument",
  ],
  "an envelope": [{}, GOOD, "internal"],
};

Deno.test("app.serve() answers bad bodies with a status (connect unary)", async (test) => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
  for (const [name, [fields, body, code]] of Object.entries(BAD_UNARY)) {
    await test.step(name, async () => {
      const response = await client.request("/greeter.v1.Greeter/SayHello", {
        "content-type": CONTENT_TYPES["connect unary"],
        ...fields,
      }, body);
      assertEquals(readStatus(response).code, code);
      assertEquals(await greet(client), "ok");
    });
  }
});

async function greet(client: ReturnType<typeof connectHttp2>): Promise<string> {
  const fields = { "content-type": "application/grpc" };
  return readStatus(await client.request("/greeter.v1.Greeter/SayHello", fields, GOOD)).code;
}
