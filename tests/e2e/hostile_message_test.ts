import { assertEquals } from "@std/assert";
import { Code } from "@connectrpc/connect";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { bytesOf, concat, GARBAGE, grpcFields } from "../support/http2_frames.ts";

const MESSAGE = sayHelloRequest("raw");
const GOOD = envelope(MESSAGE);
const EMPTY = new Uint8Array();

/** A body that is wrong, and the status that it gets. */
interface BadBody {
  body: Uint8Array;
  code: Code;
  method?: string;
  fields?: Record<string, string>;
}

const JSON_TYPE = { "content-type": "application/grpc+json" };

/** Of gRPC: the statuses are those of connect-es, which agree with the specification's. */
const BAD_BODIES: Readonly<Record<string, BadBody>> = {
  "an envelope longer than the body": {
    body: envelope(MESSAGE, { length: 100 }),
    code: Code.InvalidArgument,
  },
  "an envelope above the limit": {
    body: envelope(MESSAGE, { length: 0xffff_ffff }),
    code: Code.ResourceExhausted,
  },
  "flags 0xff": { body: envelope(MESSAGE, { flags: 0xff }), code: Code.Internal },
  "half an envelope": { body: Uint8Array.of(0, 0, 0), code: Code.InvalidArgument },
  "no message": { body: EMPTY, code: Code.Unimplemented },
  "two messages": { body: concat(GOOD, GOOD), code: Code.Unimplemented },
  "garbage as protobuf": { body: envelope(GARBAGE), code: Code.Internal },
  "a string that is no UTF-8": {
    body: envelope(Uint8Array.of(0x0a, 2, 0xff, 0xfe)),
    code: Code.Internal,
  },
  "garbage as JSON": {
    body: envelope(bytesOf("{no")),
    code: Code.InvalidArgument,
    fields: JSON_TYPE,
  },
  "JSON of another type": {
    body: envelope(bytesOf('{"name": 3}')),
    code: Code.InvalidArgument,
    fields: JSON_TYPE,
  },
  "compression without an encoding": {
    body: envelope(MESSAGE, { flags: 1 }),
    code: Code.Internal,
  },
  "garbage as gzip": {
    body: envelope(GARBAGE, { flags: 1 }),
    code: Code.InvalidArgument,
    fields: { "grpc-encoding": "gzip" },
  },
  "an unknown encoding": {
    body: GOOD,
    code: Code.Unimplemented,
    fields: { "grpc-encoding": "snappy" },
  },
  "a stream that ends in an envelope": {
    body: concat(GOOD, envelope(MESSAGE, { length: 100 })),
    code: Code.InvalidArgument,
    method: "Chat",
  },
  "garbage as a stream's second message": {
    body: concat(GOOD, envelope(GARBAGE)),
    code: Code.Internal,
    method: "Chat",
  },
  "flags 0xff in a stream": {
    body: concat(GOOD, envelope(MESSAGE, { flags: 0xff })),
    code: Code.Internal,
    method: "SayHelloToAll",
  },
  "no message for a server stream": {
    body: EMPTY,
    code: Code.Unimplemented,
    method: "SayHelloTimes",
  },
  "two messages for a server stream": {
    body: concat(GOOD, GOOD),
    code: Code.Unimplemented,
    method: "SayHelloTimes",
  },
};

Deno.test("app.serve() answers bad messages of gRPC with a status", async (test) => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  await using neighbour = await FrameClient.connect({ port: greeter.port });
  for (const [name, { body, code, method = "SayHello", fields }] of Object.entries(BAD_BODIES)) {
    await test.step(name, async () => {
      const bad = { fields: grpcFields(`/greeter.v1.Greeter/${method}`, fields), body };
      const { status, grpcStatus, ended } = await client.response(client.startCall(bad));
      assertEquals({ status, grpcStatus, ended }, { status: 200, grpcStatus: code, ended: true });
      assertEquals((await client.sayHello()).grpcStatus, 0);
      assertEquals((await neighbour.sayHello()).grpcStatus, 0);
    });
  }
});

/** Content types and what HTTP says to a body of garbage. */
const OTHER_PROTOCOLS: readonly (readonly [contentType: string, method: string, status: number])[] =
  [
    ["application/json", "SayHello", 400],
    ["application/proto", "SayHello", 500],
    ["application/connect+proto", "Chat", 200],
    ["application/grpc-web", "SayHello", 200],
    ["application/grpc+thrift", "SayHello", 415],
    ["text/plain", "SayHello", 415],
    ["", "SayHello", 415],
  ];

Deno.test("app.serve() answers garbage in whatever protocol", async (test) => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  for (const [contentType, method, wanted] of OTHER_PROTOCOLS) {
    await test.step(contentType || "no content type", async () => {
      const fields = grpcFields(`/greeter.v1.Greeter/${method}`, { "content-type": contentType });
      const streamId = client.startCall({ fields, body: GARBAGE });
      const { status, ended } = await client.response(streamId);
      assertEquals({ status, ended }, { status: wanted, ended: true });
      assertEquals((await client.sayHello()).grpcStatus, 0);
    });
  }
});
