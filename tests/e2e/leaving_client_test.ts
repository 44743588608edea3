import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { connect, type TLSSocket } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ServiceContext } from "../../mod.ts";
import { captureLog } from "../support/captured_log.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { data, grpcFields, rstStream } from "../support/http2_frames.ts";
import { createPemSet } from "../support/pem_files.ts";
import { eventually } from "../support/waiting.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, type WireFormat } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const H2_CANCEL = 0x8;
const MESSAGE = sayHelloRequest("first");

/** How a client goes whose request is not whole. */
const WAYS: Readonly<Record<string, (client: FrameClient, streamId: number) => void>> = {
  "RST_STREAM": (client, streamId) => void client.send(rstStream(streamId, H2_CANCEL)),
  "RST_STREAM without an error": (client, streamId) => void client.send(rstStream(streamId, 0)),
  "a closed connection": (client) => client.close(),
};

/** Kinds of method whose handler reads on while the request is open. */
const READING = ["SayHelloToAll", "Chat"] as const;

/** A greeter that notes what its handlers read, what it ends with, and why their signal fires. */
async function serveNoting(options: Parameters<typeof serveGreeter>[0] = {}) {
  const notes = { read: 0, calls: 0, thrown: undefined as unknown, reason: undefined as unknown };
  const readAll = async (requests: AsyncIterable<unknown>, { signal }: ServiceContext) => {
    try {
      for await (const _ of requests) notes.read++;
      notes.thrown = "the requests have ended as if they were whole";
    } catch (error) {
      notes.thrown = error;
      notes.reason = signal.reason;
      throw error;
    }
  };
  const greeter = await serveGreeter({
    ...options,
    handlers: {
      sayHello: () => (notes.calls++, {}),
      sayHelloToAll: async (requests, context) => (await readAll(requests, context), {}),
      async *chat(requests, context) {
        await readAll(requests, context);
        yield {};
      },
    },
  });
  return Object.assign(notes, {
    [Symbol.asyncDispose]: () => greeter[Symbol.asyncDispose](),
    greeter,
  });
}

function assertCanceled({ thrown, reason }: { thrown: unknown; reason: unknown }): void {
  assertInstanceOf(thrown, ConnectError, String(thrown));
  assertEquals(thrown.code, Code.Canceled);
  assertStrictEquals(reason, thrown);
}

function fieldsOf(method: string, format: WireFormat) {
  return grpcFields(PATH + method, { "content-type": CONTENT_TYPES[format] });
}

for (const [way, leave] of Object.entries(WAYS)) {
  for (const format of FORMATS.filter((format) => format !== "connect unary")) {
    for (const method of READING) {
      Deno.test(`a client that leaves in its stream ends it as CANCELED (${way}, ${format}, ${method})`, async () => {
        await using log = await captureLog();
        await using noting = await serveNoting();
        await using client = await FrameClient.connect({ port: noting.greeter.port });
        const streamId = client.startCall({ fields: fieldsOf(method, format) });
        client.send(data(streamId, bodyOf(format, MESSAGE)));
        await eventually("the first message is read", () => noting.read === 1);

        leave(client, streamId);

        await eventually("the handler's stream ends", () => noting.thrown !== undefined);
        assertCanceled(noting);
        const protocol = format.split(" ")[0];
        assertEquals(await log.waitForAccess(1), [`${PATH}${method} canceled ${protocol}`]);
        assertEquals(log.calls(), []);
      });
    }
  }

  for (const format of FORMATS.filter((format) => format !== "connect stream")) {
    Deno.test(`a client that leaves in its only message is CANCELED, and calls no handler (${way}, ${format})`, async () => {
      await using log = await captureLog();
      await using noting = await serveNoting();
      await using client = await FrameClient.connect({ port: noting.greeter.port });
      const streamId = client.startCall({ fields: fieldsOf("SayHello", format) });
      client.send(data(streamId, bodyOf(format, MESSAGE).subarray(0, 3)));
      await client.ping();
      await eventually("the call", () => noting.greeter.server.callCount === 1);

      leave(client, streamId);

      const protocol = format.split(" ")[0];
      assertEquals(await log.waitForAccess(1), [`${PATH}SayHello canceled ${protocol}`]);
      assertEquals(log.calls(), []);
      assertEquals(noting.calls, 0);
    });
  }
}

for (const format of ["grpc-web", "connect stream", "connect unary"] as const) {
  Deno.test(`a client of HTTP/1.1 that leaves in its request is CANCELED (${format})`, async () => {
    await using log = await captureLog();
    await using pem = await createPemSet();
    await using noting = await serveNoting({ serve: pem.tls });
    const isUnary = format === "connect unary";
    const method = isUnary ? "SayHello" : "SayHelloToAll";
    const body = bodyOf(format, MESSAGE);
    const socket = await connectHttp1(noting.greeter.port, pem.ca.certificate);
    socket.write(
      `POST ${PATH}${method} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n` +
        `content-type: ${CONTENT_TYPES[format]}\r\n\r\n`,
    );
    socket.write(body);
    await eventually(
      "the request",
      () => noting.greeter.server.callCount === 1 && (isUnary || noting.read === 1),
    );

    socket.destroy();

    const protocol = format.split(" ")[0];
    assertEquals(await log.waitForAccess(1), [`${PATH}${method} canceled ${protocol}`]);
    assertEquals(log.calls(), []);
    if (isUnary) return assertEquals(noting.calls, 0);
    await eventually("the handler's stream ends", () => noting.thrown !== undefined);
    assertCanceled(noting);
  });
}

/** A connection to the TLS port that speaks HTTP/1.1. */
async function connectHttp1(port: number, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, servername: "localhost", ca });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("secureConnect", resolve));
  return socket;
}
