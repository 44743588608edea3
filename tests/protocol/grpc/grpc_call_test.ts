import { assertEquals, assertLess } from "@std/assert";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { SayHelloTimesRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../../support/captured_log.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../../support/envelopes.ts";
import { FrameClient } from "../../support/frame_client.ts";
import { serveGreeter } from "../../support/greeter.ts";
import { concat, data, grpcFields, rstStream } from "../../support/http2_frames.ts";
import { eventually } from "../../support/waiting.ts";

const PATH = "/greeter.v1.Greeter/";
const [NO_ERROR, CANCEL] = [0x0, 0x8];
const TIMES = { name: "Bob", times: 3, intervalMs: 0 };
const NAMES = concat(...["Ann", "", "Bob"].map((name) => envelope(sayHelloRequest(name))));

/** A body for each kind of method, and how many messages are the answer. */
const BODIES = {
  SayHello: { body: envelope(sayHelloRequest("Bob")), replies: 1 },
  SayHelloTimes: {
    body: envelope(toBinary(SayHelloTimesRequestSchema, create(SayHelloTimesRequestSchema, TIMES))),
    replies: 3,
  },
  SayHelloToAll: { body: NAMES, replies: 1 },
  Chat: { body: NAMES, replies: 3 },
} as const;

/** A client that makes one call at a time, and keeps what is answered. */
async function connect(port: number) {
  const pieces: Uint8Array[] = [];
  const client = await FrameClient.connect({ port, onData: (piece) => void pieces.push(piece) });
  return {
    client,
    /** Sends a body in pieces, each of which has come before the next one is sent. */
    async call(method: string, parts: readonly Uint8Array[]) {
      pieces.length = 0;
      const streamId = client.startCall({ fields: grpcFields(PATH + method) });
      for (const [i, part] of parts.entries()) {
        client.send(data(streamId, part, i === parts.length - 1));
        await client.ping();
      }
      const { grpcStatus, resetCode } = await client.response(streamId);
      return { grpcStatus, resetCode, body: concat(...pieces) };
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

for (const [method, { body, replies }] of Object.entries(BODIES)) {
  Deno.test(`GrpcCall answers the same wherever its request is cut (${method})`, async () => {
    await using greeter = await serveGreeter();
    await using calls = await connect(greeter.port);
    const whole = await calls.call(method, [body]);
    assertEquals(openEnvelopes(whole.body).length, replies);
    assertEquals(whole.grpcStatus, 0);
    for (let at = 1; at < body.byteLength; at++) {
      const cut = await calls.call(method, [body.subarray(0, at), body.subarray(at)]);
      assertEquals(cut, whole, `cut at byte ${at}`);
    }
    const bytes = Array.from(body, (byte) => Uint8Array.of(byte));
    assertEquals(await calls.call(method, bytes), whole, "a frame for each byte");
    assertEquals(await calls.call(method, [body, new Uint8Array()]), whole, "the end by itself");
  });
}

Deno.test("GrpcCall answers once, whatever the client still sends after its error", async () => {
  await using log = await captureLog();
  await using greeter = await serveGreeter();
  await using calls = await connect(greeter.port);
  for (const method of Object.keys(BODIES)) {
    const malformed = envelope(Uint8Array.of(0xff));
    const { client } = calls;
    const streamId = client.startCall({ fields: grpcFields(PATH + method) });
    // Unary methods read to the end, where two messages are one too many.
    client.send(data(streamId, concat(malformed, malformed, NAMES)));
    await client.until(() => client.received(streamId).grpcStatus !== undefined);
    for (let i = 0; i < 4; i++) {
      if (client.received(streamId).resetCode === undefined) client.send(data(streamId, NAMES));
      await client.ping();
    }
    const { resetCode } = client.received(streamId);
    if (resetCode === undefined) {
      await client.until(() => client.received(streamId).resetCode !== undefined);
    }
    assertEquals(client.received(streamId).resetCode, NO_ERROR);
    const answers = client.frames.filter((frame) =>
      frame.streamId === streamId && frame.type === 1
    );
    assertLess(answers.length, 3);
  }
  assertEquals((await log.waitForAccess(4)).length, 4);
});

/** Moments at which a client may leave, as what it has sent up to then. */
const MOMENTS: Readonly<Record<string, Uint8Array>> = {
  "right behind its header": new Uint8Array(),
  "within a prefix": NAMES.subarray(0, 3),
  "within a message": NAMES.subarray(0, 7),
  "behind a message": NAMES.subarray(0, 10),
};

for (const [moment, sent] of Object.entries(MOMENTS)) {
  for (const code of [NO_ERROR, CANCEL]) {
    Deno.test(`GrpcCall is over when its client resets ${moment}, with code ${code}`, async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
      let began = 0;
      await using greeter = await serveGreeter({
        handlers: {
          sayHello: () => (began++, {}),
          async *chat(requests, { signal }) {
            began += 100;
            signal.addEventListener("abort", () => end(signal.reason));
            for await (const { name } of requests) yield { message: name };
          },
        },
      });
      await using client = await FrameClient.connect({ port: greeter.port });
      for (const method of ["SayHello", "Chat"]) {
        const streamId = client.startCall({ fields: grpcFields(PATH + method) });
        if (sent.byteLength > 0) {
          client.send(data(streamId, sent));
          await client.ping();
        }
        client.send(rstStream(streamId, code));
      }
      await client.ping();
      await eventually("no call is left", () => greeter.server.callCount === 0);
      assertEquals(began, sent.byteLength > 0 ? 100 : 0);
      if (began === 0) return;
      const reason = await ended;
      assertEquals(reason instanceof ConnectError && reason.code, Code.Canceled);
    });
  }
}
