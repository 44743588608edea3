import { assert, assertEquals, assertLess } from "@std/assert";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { captureLog } from "../support/captured_log.ts";
import { envelope } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2, readResponse } from "../support/http2_client.ts";
import { createPemSet } from "../support/pem_files.ts";
import { eventually } from "../support/waiting.ts";
import { bodyOf, CONTENT_TYPES, readStatus, type WireFormat } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const TIMEOUT = "100ms";
/** How long a stream may outlive its deadline, for the status to reach its client. */
const LAST_WORDS_MS = 1500;
const SLACK_MS = 2000;

const HALF = envelope(new Uint8Array(100)).subarray(0, 50);
const STREAMS = ["grpc", "grpc-web", "connect stream"] as const;

const STALLED: readonly [WireFormat, string][] = [
  ["grpc", "SayHello"],
  ["grpc-web", "SayHello"],
  ["connect unary", "SayHello"],
  ...STREAMS.flatMap((format) =>
    ["SayHelloTimes", "SayHelloToAll", "Chat"].map((method) => [format, method] as const)
  ).map(([format, method]): [typeof format, string] => [format, method]),
];

Deno.test("deadline ends a call whose request stalls halfway", async (t) => {
  await using log = await captureLog();
  let greeted = 0;
  await using greeter = await serveGreeter({
    app: { timeout: TIMEOUT },
    handlers: { sayHello: () => ({ message: String(greeted++) }) },
  });
  using client = connectHttp2(greeter.baseUrl);
  for (const [format, method] of STALLED) {
    await t.step(`${format}: ${method}`, async () => {
      const before = log.access().length;
      const stream = client.open(PATH + method, { "content-type": CONTENT_TYPES[format] });
      const response = readResponse(stream);
      stream.write(HALF);
      assertEquals(readStatus(await response), {
        code: "deadline_exceeded",
        message: "deadline exceeded after 100ms",
      });
      assertEquals(greeted, 0);
      const protocol = format.split(" ")[0];
      assertEquals((await log.waitForAccess(before + 1)).slice(before), [
        `${PATH}${method} deadline_exceeded ${protocol}`,
      ]);
    });
  }
  assertEquals(greeter.server.callCount, 0);
});

Deno.test("deadline ends a Connect call over HTTP/1.1 whose request stalls halfway", async () => {
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({
    app: { timeout: TIMEOUT },
    serve: pem.tls,
  });
  const socket = connectTls({
    port: greeter.port,
    host: "localhost",
    ca: pem.ca.certificate,
    ALPNProtocols: ["http/1.1"],
  });
  const lines = [
    `POST ${PATH}SayHello HTTP/1.1`,
    "Host: localhost",
    "Content-Type: application/json",
    "Content-Length: 100",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n{"name":`);
  // It ends because the server closes a connection on which half a request would be left.
  const response = await text(socket);
  assert(response.startsWith("HTTP/1.1 504 "), response);
  assert(response.includes('{"code":"deadline_exceeded"'), response);
  socket.destroy();
});

for (const format of STREAMS) {
  for (const initialWindowSize of [0, 65_535]) {
    Deno.test(`deadline frees a stream that is not read (${format}, window ${initialWindowSize})`, async () => {
      let freedAt = 0;
      await using greeter = await serveGreeter({
        service: { methods: { sayHelloTimes: { timeout: TIMEOUT } } },
        handlers: {
          async *sayHelloTimes() {
            try {
              while (true) yield { message: "x".repeat(1000) };
            } finally {
              freedAt = performance.now();
            }
          },
        },
      });
      using client = connectHttp2(greeter.baseUrl, { settings: { initialWindowSize } });
      const headers = { "content-type": CONTENT_TYPES[format] };
      const startedAt = performance.now();
      const stream = client.open(`${PATH}SayHelloTimes`, headers);
      stream.end(envelope(new Uint8Array()));
      await eventually("the handler runs", () => greeter.server.callCount === 1);
      await eventually("the handler's finally", () => freedAt > 0);
      await eventually("the stream is gone", () => greeter.server.callCount === 0);
      const goneAfterMs = performance.now() - startedAt;
      assert(freedAt - startedAt > 90);
      assertLess(freedAt - startedAt, 100 + SLACK_MS);
      assertLess(goneAfterMs, 100 + LAST_WORDS_MS + SLACK_MS);

      // The next call on the connection is served, if there is a window to answer through.
      client.session.settings({ initialWindowSize: 65_535 });
      const next = await client.request(
        `${PATH}SayHelloToAll`,
        headers,
        envelope(new Uint8Array()),
      );
      assertEquals(readStatus(next).code, "ok");
    });
  }

  Deno.test(`deadline's status reaches a client that reads again (${format})`, async () => {
    await using log = await captureLog();
    let ended = false;
    await using greeter = await serveGreeter({
      app: { timeout: TIMEOUT },
      handlers: {
        async *sayHelloTimes() {
          try {
            while (true) yield { message: "x".repeat(1000) };
          } finally {
            ended = true;
          }
        },
      },
    });
    using client = connectHttp2(greeter.baseUrl);
    const headers = { "content-type": CONTENT_TYPES[format] };
    const stream = client.open(`${PATH}SayHelloTimes`, headers);
    const response = readResponse(stream);
    stream.pause();
    stream.end(envelope(new Uint8Array()));
    await eventually("the deadline", () => ended);
    stream.resume();
    assertEquals(readStatus(await response).code, "deadline_exceeded");
    await log.waitForAccess(1);
    assertEquals(log.calls(), []);
  });
}

for (const format of ["grpc", "grpc-web", "connect unary"] as const) {
  Deno.test(`deadline frees a unary call whose answer is not read (${format})`, async () => {
    await using log = await captureLog();
    await using greeter = await serveGreeter({ app: { timeout: TIMEOUT } });
    using client = connectHttp2(greeter.baseUrl, { settings: { initialWindowSize: 0 } });
    const stream = client.open(`${PATH}SayHello`, { "content-type": CONTENT_TYPES[format] });
    stream.end(bodyOf(format));
    await eventually("the call has begun", () => greeter.server.callCount === 1);
    await eventually("the stream is gone", () => greeter.server.callCount === 0);
    const protocol = format.split(" ")[0];
    assertEquals(await log.waitForAccess(1), [`${PATH}SayHello deadline_exceeded ${protocol}`]);
  });
}
