import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { Greeter, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { openEnvelopes, sayHelloRequest } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const COMPRESSED = 0x01;
const MIB = 1024 * 1024;
const NAME = "x".repeat(50_000);
const REQUEST = sayHelloRequest(NAME);

/** Four times as long as a message may be. */
const ZEROS = new Uint8Array(16 * MIB);

const ENCODINGS = {
  "gzip": { pack: gzipSync, unpack: gunzipSync, bomb: gzipSync(ZEROS) },
  "deflate": { pack: deflateSync, unpack: inflateSync, bomb: deflateSync(ZEROS) },
  "br": { pack: brotliCompressSync, unpack: brotliDecompressSync, bomb: brotliCompressSync(ZEROS) },
  "zstd": { pack: zstdCompressSync, unpack: zstdDecompressSync, bomb: zstdCompressSync(ZEROS) },
} as const;

const METHODS = {
  "grpc": { method: "SayHello", encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
  "grpc-web": { method: "SayHello", encoding: "grpc-encoding", accept: "grpc-accept-encoding" },
  "connect stream": {
    method: "SayHelloToAll",
    encoding: "connect-content-encoding",
    accept: "connect-accept-encoding",
  },
  "connect unary": { method: "SayHello", encoding: "content-encoding", accept: "accept-encoding" },
} as const;

/** So long that it is compressed where the protocol has it in the body. */
const LONG_ERROR = "no such name ".repeat(200);

for (const format of FORMATS) {
  const { method, encoding, accept } = METHODS[format];
  const contentType = CONTENT_TYPES[format];
  const isUnary = format === "connect unary";

  for (const [name, { pack, unpack, bomb }] of Object.entries(ENCODINGS)) {
    Deno.test(`${name} goes both ways (${format})`, async () => {
      await using greeter = await serveGreeter();
      using client = connectHttp2(greeter.baseUrl);
      const response = await client.request(
        PATH + method,
        { "content-type": contentType, [encoding]: name, [accept]: `snappy, ${name}, gzip` },
        bodyOf(format, pack(REQUEST), COMPRESSED),
      );
      assertEquals(readStatus(response).code, "ok");
      assertEquals(response.headers[encoding], name);
      assertLess(response.body.length, 1000);
      const [first] = isUnary ? [] : openEnvelopes(response.body);
      assert(isUnary || first!.flags === COMPRESSED);
      const message = new Uint8Array(unpack(first?.data ?? response.body));
      assertEquals(fromBinary(SayHelloResponseSchema, message).message, `Hello ${NAME}`);
    });

    Deno.test(`an error is logged though it was sent as ${name} (${format})`, async () => {
      await using log = await captureLog();
      await using greeter = await serveGreeter({
        handlers: { sayHello: notFound, sayHelloToAll: notFound },
      });
      using client = connectHttp2(greeter.baseUrl);
      const headers = { "content-type": contentType, [accept]: name };
      const response = await client.request(PATH + method, headers, bodyOf(format, REQUEST));
      assertLess(response.body.length, LONG_ERROR.length);
      await log.waitForAccess(1);
      assertMatch(log.access()[0]!, / not_found /);
      assertEquals(log.calls(), []);
    });

    Deno.test(`a ${name} bomb is refused (${format})`, async () => {
      await using greeter = await serveGreeter();
      using client = connectHttp2(greeter.baseUrl);
      const headers = { "content-type": contentType, [encoding]: name };
      const response = await client.request(
        PATH + method,
        headers,
        bodyOf(format, bomb, COMPRESSED),
      );
      assertEquals(readStatus(response).code, "resource_exhausted");
    });

    Deno.test(`${name} that breaks off is the client's fault (${format})`, async () => {
      await using greeter = await serveGreeter();
      using client = connectHttp2(greeter.baseUrl);
      const headers = { "content-type": contentType, [encoding]: name };
      const body = bodyOf(format, pack(REQUEST).subarray(0, -1), COMPRESSED);
      const response = await client.request(PATH + method, headers, body);
      assertEquals(readStatus(response), {
        code: "invalid_argument",
        message: "decompression failed",
      });
    });
  }

  Deno.test(`compression is left out for a client that takes none of ours (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const headers = { "content-type": contentType, [accept]: "identity, snappy" };
    const response = await client.request(PATH + method, headers, bodyOf(format, REQUEST));
    assertEquals(readStatus(response).code, "ok");
    assertEquals(response.headers[encoding], undefined);
    const message = isUnary ? response.body : openEnvelopes(response.body)[0]!.data;
    assertEquals(fromBinary(SayHelloResponseSchema, message).message, `Hello ${NAME}`);
  });

  Deno.test(`unknown compression is UNIMPLEMENTED and names what is known (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const response = await client.request(
      PATH + method,
      { "content-type": contentType, [encoding]: "snappy" },
      bodyOf(format, REQUEST, COMPRESSED),
    );
    assertEquals(readStatus(response), {
      code: "unimplemented",
      message: `unknown compression "snappy": supported encodings are gzip,deflate,br,zstd`,
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
  using client = connectGrpcJs(greeter.port, {
    channel: { "grpc.default_compression_algorithm": 2 },
  });
  const { sayHello, sayHelloTimes, chat } = Greeter.method;
  const results = [
    await client.call(sayHello, [{ name: NAME }]),
    await client.call(sayHelloTimes, [{ name: NAME, times: 2 }]),
    await client.call(chat, [{ name: NAME }, { name: NAME }]),
  ];
  for (const { messages, status } of results) {
    assertEquals(new Set(messages.map(({ message }) => message)), new Set([`Hello ${NAME}`]));
    assertEquals(status.code, 0);
  }
});

function notFound(): never {
  throw new ConnectError(LONG_ERROR, Code.NotFound);
}
