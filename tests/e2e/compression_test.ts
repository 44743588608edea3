import { assert, assertEquals, assertLess } from "@std/assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { compressionGzip } from "@connectrpc/connect-node";
import { SayHelloRequestSchema, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { Metadata } from "@grpc/grpc-js";
import { envelope, openEnvelopes } from "../support/envelopes.ts";
import { connectGreeter, PROTOCOLS, serveGreeter } from "../support/greeter.ts";
import { callGrpcJs, connectGrpcJsGreeter } from "../support/grpc_js_greeter.ts";
import { connectRaw } from "../support/raw_client.ts";
import { CONTENT_TYPES, readStatus } from "../support/wire_status.ts";

const PATH = "/greeter.v1.Greeter/";
const COMPRESSED = 0x01;
const NAME = "x".repeat(50_000);
const REQUEST = toBinary(SayHelloRequestSchema, create(SayHelloRequestSchema, { name: NAME }));

const FORMATS = {
  "grpc": { method: "SayHello", encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
  "grpc-web": { method: "SayHello", encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
  "connect stream": {
    method: "SayHelloToAll",
    encoding: "connect-content-encoding",
    accept: "connect-accept-encoding",
  },
  "connect unary": { method: "SayHello", encoding: "content-encoding", accept: "accept-encoding" },
} as const;

for (const [format, { method, encoding, accept }] of Object.entries(FORMATS)) {
  const contentType = CONTENT_TYPES[format as keyof typeof CONTENT_TYPES];
  const isUnary = format === "connect unary";

  Deno.test(`gzip goes both ways (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectRaw(greeter.baseUrl);
    const zipped = gzipSync(REQUEST);
    const response = await client.request(
      PATH + method,
      { "content-type": contentType, [encoding]: "gzip", [accept]: "br, gzip" },
      isUnary ? zipped : envelope(zipped, COMPRESSED),
    );
    assertEquals(readStatus(response).code, "ok");
    assertEquals(response.headers[encoding], "gzip");
    assertLess(response.body.length, 1000);
    const [first] = isUnary ? [] : openEnvelopes(response.body);
    assert(isUnary || first!.flags === COMPRESSED);
    const message = new Uint8Array(gunzipSync(first?.data ?? response.body));
    assertEquals(fromBinary(SayHelloResponseSchema, message).message, `Hello ${NAME}`);
  });

  Deno.test(`gzip is left out for a client that does not take it (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectRaw(greeter.baseUrl);
    const headers = { "content-type": contentType, [accept]: "br" };
    const body = isUnary ? REQUEST : envelope(REQUEST);
    const response = await client.request(PATH + method, headers, body);
    assertEquals(readStatus(response).code, "ok");
    assertEquals(response.headers[encoding], undefined);
    const message = isUnary ? response.body : openEnvelopes(response.body)[0]!.data;
    assertEquals(fromBinary(SayHelloResponseSchema, message).message, `Hello ${NAME}`);
  });

  Deno.test(`unknown compression is UNIMPLEMENTED and names what is known (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectRaw(greeter.baseUrl);
    const response = await client.request(
      PATH + method,
      { "content-type": contentType, [encoding]: "snappy" },
      isUnary ? REQUEST : envelope(REQUEST, COMPRESSED),
    );
    assertEquals(readStatus(response), {
      code: "unimplemented",
      message: `unknown compression "snappy": supported encodings are gzip`,
    });
  });
}

for (const protocol of PROTOCOLS) {
  Deno.test(`gzip from connect-node is read (${protocol})`, async () => {
    await using greeter = await serveGreeter({
      handlers: { sayHello: ({ name }) => ({ message: String(name.length) }) },
    });
    let compressed = 0;
    const counting = {
      ...compressionGzip,
      compress(bytes: Uint8Array<ArrayBuffer>) {
        compressed++;
        return compressionGzip.compress(bytes);
      },
    };
    using client = connectGreeter(greeter.baseUrl, {
      protocol,
      transport: { sendCompression: counting },
    });
    assertEquals((await client.sayHello({ name: NAME })).message, String(NAME.length));
    assertEquals(compressed, 1);
  });
}

Deno.test("gzip is spoken with grpc-js, both ways", async () => {
  await using greeter = await serveGreeter();
  using client = connectGrpcJsGreeter(`127.0.0.1:${greeter.port}`, {
    "grpc.default_compression_algorithm": 2,
  });
  for (const method of ["sayHello", "sayHelloTimes", "chat"] as const) {
    const result = await callGrpcJs(client, method, {
      names: [NAME, NAME],
      metadata: new Metadata(),
    });
    assertEquals(new Set(result.messages), new Set([`Hello ${NAME}`]));
    assertEquals(result.status.code, 0);
  }
});
