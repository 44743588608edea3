import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { captureLog } from "../support/captured_log.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { concat, FRAME, grpcFields, headers, rstStream } from "../support/http2_frames.ts";
import { createPemSet, readPemTexts } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
const CANCEL = 0x8;
const REFUSED_STREAM = 0x7;
const ENHANCE_YOUR_CALM = 0xb;
const MAX_CONCURRENT_STREAMS = 3;

function errorCodesOf(client: FrameClient): number[] {
  return client.frames.filter(({ type }) => type === FRAME.goaway)
    .map(({ payload }) => new DataView(payload.buffer).getUint32(4));
}

/** What the server announces. */
async function settingsOf(client: FrameClient): Promise<Map<number, number>> {
  const { payload } = await client.frame(({ type, flags }) =>
    type === FRAME.settings && flags === 0
  );
  const view = new DataView(payload.buffer);
  return new Map(Array.from({ length: payload.byteLength / 6 }, (_, i) => [
    view.getUint16(i * 6),
    view.getUint32(i * 6 + 2),
  ]));
}

/** Begins calls and gives them up, as many as fit into one write. */
function resetCalls(client: FrameClient, count: number): Promise<void> {
  return client.send(...Array.from({ length: count }, () => {
    const streamId = client.openStreamId();
    return concat(headers(streamId, grpcFields(SAY_HELLO)), rstStream(streamId, CANCEL));
  }));
}

for (const encrypted of [false, true]) {
  const over = encrypted ? "TLS" : "plaintext";
  Deno.test(`maxConnections closes what comes beyond it, until there is room (${over})`, async () => {
    await using log = await captureLog();
    await using pem = encrypted ? await createPemSet() : undefined;
    const ca = pem && (await readPemTexts(pem)).caCertificate;
    await using greeter = await serveGreeter({ serve: { maxConnections: 2, ...pem?.tls } });
    const connect = () =>
      FrameClient.connect({ port: greeter.port, ...(ca !== undefined && { ca }) });
    const first = await connect();
    await using second = await connect();
    assertEquals((await first.sayHello()).grpcStatus, 0);
    assertEquals((await second.sayHello()).grpcStatus, 0);
    for (let i = 0; i < 3; i++) {
      // TLS fails in its handshake already.
      const third = await connect().catch(() => undefined);
      await third?.closed;
      assertEquals(third?.frames ?? [], []);
    }
    assertEquals((await first.sayHello()).grpcStatus, 0);
    first.close();
    await eventually("there is room", () => greeter.server.connectionCount < 2);
    await using fourth = await connect();
    assertEquals((await fourth.sayHello()).grpcStatus, 0);
    const warnings = log.records.filter(({ level }) => level === "warning");
    assertEquals(warnings.map(({ properties }) => properties), [{ count: 2 }]);
  });
}

for (const format of FORMATS) {
  Deno.test(`maxHeaderListBytes refuses a longer header with RESOURCE_EXHAUSTED (${format})`, async () => {
    await using greeter = await serveGreeter({ serve: { maxHeaderListBytes: 2048 } });
    using client = connectHttp2(greeter.baseUrl);
    const path = format === "connect stream" ? "/greeter.v1.Greeter/SayHelloTimes" : SAY_HELLO;
    const call = async (fields: Record<string, string>) =>
      readStatus(
        await client.request(
          path,
          { "content-type": CONTENT_TYPES[format], ...fields },
          bodyOf(format, sayHelloRequest("a")),
        ),
      );
    assertEquals((await call({ "x-long": "a".repeat(1500) })).code, "ok");
    for (const long of [{ "x-long": "a".repeat(2048) }, manyFields(60)]) {
      const { code, message } = await call(long);
      assertEquals(code, "resource_exhausted");
      assertStringIncludes(message, "header list is");
    }
  });
}

/** Short ones, that count 32 bytes each for being fields. */
function manyFields(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, ""]));
}

Deno.test("maxHeaderListBytes holds for HTTP/1.1, too", async () => {
  await using pem = await createPemSet();
  const { caCertificate: ca } = await readPemTexts(pem);
  await using greeter = await serveGreeter({ serve: { maxHeaderListBytes: 2048, ...pem.tls } });
  const response = await requestHttp1(greeter.port, {
    ca,
    path: SAY_HELLO,
    headers: { "content-type": "application/proto", "x-long": "a".repeat(2048) },
    body: sayHelloRequest("a"),
  });
  assertEquals(response.headers[":status"], "429");
  assertEquals(readStatus(response).code, "resource_exhausted");
});

Deno.test("maxConcurrentStreams is announced to clients", async () => {
  await using greeter = await serveGreeter({ serve: { maxConcurrentStreams: 7 } });
  await using client = await FrameClient.connect({ port: greeter.port });
  const settings = await settingsOf(client);
  assertEquals(settings.get(MAX_CONCURRENT_STREAMS), 7);
});

Deno.test("maxConcurrentStreams refuses what a client opens before it has read of it", async () => {
  const gate = new Gate();
  await using greeter = await serveGreeter({
    handlers: {
      async sayHello() {
        await gate.pass();
        return {};
      },
    },
    serve: { maxConcurrentStreams: 4 },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  const calls = Array.from({ length: 10 }, () => client.sayHello());
  const refused = await Promise.all(calls.slice(4));

  assertEquals(refused.map(({ resetCode }) => resetCode), Array(6).fill(REFUSED_STREAM));
  await gate.reached(4);
  gate.open();
  for (const { grpcStatus } of await Promise.all(calls.slice(0, 4))) assertEquals(grpcStatus, 0);
  assertEquals((await client.sayHello()).grpcStatus, 0);
});

Deno.test("maxResetsPerSecond cuts a client off that gives up more calls, and no other", async () => {
  await using log = await captureLog();
  await using greeter = await serveGreeter({ serve: { maxResetsPerSecond: 10 } });
  await using client = await FrameClient.connect({ port: greeter.port });
  await using neighbour = await FrameClient.connect({ port: greeter.port });
  await resetCalls(client, 49);
  assertEquals((await client.sayHello()).grpcStatus, 0);
  await resetCalls(client, 20);
  await client.closed;
  assertEquals(errorCodesOf(client), [ENHANCE_YOUR_CALM]);
  assertEquals((await neighbour.sayHello()).grpcStatus, 0);
  const warnings = log.records.filter(({ level }) => level === "warning");
  assertEquals(warnings.map(({ properties }) => properties), [
    { address: "127.0.0.1", reason: "it resets too many calls" },
  ]);
});

Deno.test("app.addToServer() takes the limits, and leaves the server's settings alone", async () => {
  const app = new FastGRPC();
  app.addService(Greeter, greeterHandlers);
  const http2Server = createServer({ settings: { maxConcurrentStreams: 9 } });
  await using server = await app.addToServer(http2Server, {
    // Settings of a server of node:http2 are for that alone.
    engine: "node",
    maxConnections: 1,
    maxResetsPerSecond: 1,
  });
  await new Promise<void>((resolve) => http2Server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = http2Server.address() as AddressInfo;
  await using client = await FrameClient.connect({ port });
  assertEquals((await settingsOf(client)).get(MAX_CONCURRENT_STREAMS), 9);
  await using refused = await FrameClient.connect({ port });
  await refused.closed;
  assertEquals(server.connectionCount, 1);
  await resetCalls(client, 8);
  await client.closed;
  assertEquals(errorCodesOf(client), [ENHANCE_YOUR_CALM]);
});

Deno.test("maxResetsPerSecond does not count calls that were answered", async () => {
  await using greeter = await serveGreeter({
    handlers: {
      sayHelloToAll: () => {
        throw new ConnectError("not this way", Code.PermissionDenied);
      },
    },
    serve: { maxResetsPerSecond: 1 },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  for (let i = 0; i < 20; i++) {
    const streamId = client.startCall({ fields: grpcFields("/greeter.v1.Greeter/SayHelloToAll") });
    assertEquals((await client.response(streamId)).grpcStatus, Code.PermissionDenied);
    client.send(rstStream(streamId, CANCEL));
  }
  assertEquals((await client.sayHello()).grpcStatus, 0);
});

Deno.test("app.serve() resets a refused call whose answer is not taken", async () => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 0 });
  const fields = grpcFields("/nobody", { "content-type": "application/json" });
  const streamId = client.startCall({ fields, body: new Uint8Array() });
  assertEquals((await client.response(streamId)).resetCode, CANCEL);
});

Deno.test("maxConnectionAge refuses the calls of a client that ignores it", async () => {
  const gate = new Gate();
  await using greeter = await serveGreeter({
    handlers: {
      async sayHello({ name }) {
        if (name === "wait") await gate.pass();
        return {};
      },
    },
    serve: { maxConnectionAge: "50ms" },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  const waiting = client.sayHello("wait");
  let code: number | undefined;
  while (code === undefined) code = (await client.sayHello()).resetCode;
  assertEquals(code, REFUSED_STREAM);
  gate.open();
  assertEquals((await waiting).grpcStatus, 0);
  await client.closed;
});
