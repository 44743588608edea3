import { assertEquals } from "@std/assert";
import { gzipSync } from "node:zlib";
import { compressionGzip } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import {
  codeOf,
  connectGreeter,
  connectService,
  PROTOCOLS,
  requestsOf,
} from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { connectHttp2, readResponse } from "../support/http2_client.ts";
import { bodyOf, CONTENT_TYPES, readStatus } from "../support/wire_formats.ts";

/** So small that answers are not compressed: Deno's client drops the end of what is unpacked. */
const LIMIT = 1000;
const MIB = 1024 * 1024;
const COMPRESSED = 0x01;

async function codeNameOf(work: PromiseLike<unknown>): Promise<string> {
  return (await codeOf(work)).split(":")[0]!;
}

for (const protocol of PROTOCOLS) {
  for (const compressed of [false, true]) {
    const how = compressed ? `${protocol}, gzip` : protocol;
    Deno.test(`maxReceiveBytes refuses a larger message with RESOURCE_EXHAUSTED (${how})`, async (t) => {
      await using greeter = await serveGreeter({ app: { maxReceiveBytes: LIMIT } });
      using client = connectGreeter(greeter.baseUrl, {
        protocol,
        ...(compressed && {
          transport: { sendCompression: compressionGzip, compressMinBytes: 1 },
        }),
      });
      const large = { name: "x".repeat(LIMIT + 1) };
      const fits = { name: "x".repeat(LIMIT - 10) };
      const calls: Record<string, (request: { name: string }) => PromiseLike<unknown>> = {
        "unary": (request) => client.sayHello(request),
        "server stream": (request) =>
          Array.fromAsync(client.sayHelloTimes({ ...request, times: 1 })),
        "client stream": (request) => client.sayHelloToAll(requestsOf("a", request.name)),
        "bidirectional stream": (request) => Array.fromAsync(client.chat(requestsOf(request.name))),
      };
      for (const [kind, call] of Object.entries(calls)) {
        await t.step(kind, async () => {
          assertEquals(await codeNameOf(call(large)), "ResourceExhausted");
          assertEquals(await codeNameOf(call(fits)), "OK");
        });
      }
    });
  }

  Deno.test(`maxSendBytes ends a call with RESOURCE_EXHAUSTED (${protocol})`, async () => {
    await using greeter = await serveGreeter({ app: { maxSendBytes: LIMIT } });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const name = "x".repeat(LIMIT);
    assertEquals(await codeNameOf(client.sayHello({ name })), "ResourceExhausted");
    assertEquals(
      await codeNameOf(Array.fromAsync(client.sayHelloTimes({ name, times: 1 }))),
      "ResourceExhausted",
    );
    assertEquals(await codeNameOf(client.sayHello({ name: "x" })), "OK");
  });
}

Deno.test("maxReceiveBytes is 4 MiB unless it is set", async () => {
  await using greeter = await serveGreeter();
  using client = connectGrpcJs(greeter.port, {
    channel: { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 },
  });
  for (const [bytes, code] of [[4 * MIB - 100, 0], [4 * MIB + 1, 8]] as const) {
    const { status } = await client.call(Greeter.method.sayHello, [{ name: "x".repeat(bytes) }]);
    assertEquals(status.code, code);
  }
});

const CALLS = [
  ["grpc", "SayHello", "grpc-encoding"],
  ["grpc-web", "SayHello", "grpc-encoding"],
  ["connect stream", "Chat", "connect-content-encoding"],
  ["connect unary", "SayHello", "content-encoding"],
] as const;

for (const [format, method, encoding] of CALLS) {
  const path = `/greeter.v1.Greeter/${method}`;
  const contentType = CONTENT_TYPES[format];
  const isUnary = format === "connect unary";

  Deno.test(`a gzip bomb is not unpacked beyond the limit (${format})`, async () => {
    await using log = await captureLog();
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const bomb = gzipSync(new Uint8Array(64 * MIB));
    const headers = { "content-type": contentType, [encoding]: "gzip" };
    const response = await client.request(path, headers, bodyOf(format, bomb, COMPRESSED));
    assertEquals(readStatus(response).code, "resource_exhausted");
    await log.waitForAccess(1);
    assertEquals(log.calls(), []);
  });

  Deno.test(`a body that is no gzip is the client's fault (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const headers = { "content-type": contentType, [encoding]: "gzip" };
    const body = new TextEncoder().encode("no gzip");
    const response = await client.request(path, headers, bodyOf(format, body, COMPRESSED));
    assertEquals(readStatus(response).code, "invalid_argument");
  });

  Deno.test(`a message that only claims to be large is refused at once (${format})`, async () => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const stream = client.open(path, {
      "content-type": contentType,
      ...(isUnary && { "content-length": String(0xffff_ffff) }),
    });
    const response = readResponse(stream);
    // The body stays open: the header alone says too much.
    stream.write(isUnary ? new Uint8Array(1) : new Uint8Array([0, 255, 255, 255, 255, 0]));
    assertEquals(readStatus(await response).code, "resource_exhausted");
  });
}

Deno.test("health is asked and tells, however small the app's own messages are", async () => {
  await using greeter = await serveGreeter({
    app: { maxReceiveBytes: 8, maxSendBytes: 1 },
    serve: { healthCheck: true },
  });
  for (const protocol of PROTOCOLS) {
    using client = connectService(Health, greeter.baseUrl, { protocol });
    const { status } = await client.check({ service: "greeter.v1.Greeter" });
    assertEquals(status, HealthCheckResponse_ServingStatus.SERVING);
    assertEquals(Object.keys((await client.list({})).statuses).length, 2);
  }
});
