import { assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import { create, toBinary } from "@bufbuild/protobuf";
import { SayHelloTimesRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { grpcFields, headers, windowUpdate } from "../support/http2_frames.ts";
import { startStreamServer } from "../support/stream_processes.ts";

const MIB = 2 ** 20;
const COUNT = 200_000;
const WINDOW = 65_535;
const TINY = envelope(sayHelloRequest("a"));
const PAUSE = envelope(sayHelloRequest("pause"));
/** Garbage left out. A message costs some hundred bytes where it is an object that waits. */
const MAX_HELD = 16 * MIB;

const LANES = {
  "gRPC lane": "application/grpc",
  "Connect lane": "application/connect+proto",
} as const;

for (const [lane, contentType] of Object.entries(LANES)) {
  Deno.test(`${lane} asks for no more tiny messages than the client's window admits`, async () => {
    await using server = await startStreamServer();
    await using client = await FrameClient.connect({ port: server.port, streamWindow: WINDOW });
    await client.sayHello();
    const before = await server.settled();
    const streamId = client.startCall({
      fields: grpcFields("/greeter.v1.Greeter/SayHelloTimes", { "content-type": contentType }),
      body: timesRequest("a", COUNT),
    });
    const stalled = await server.settled();
    const held = stalled.held - before.held;
    console.log(`${stalled.made} messages made, held +${(held / MIB).toFixed(1)} MiB`);
    // The last one has begun to go out.
    assertEquals(client.received(streamId).bytes, WINDOW);
    assertEquals(stalled.made, Math.ceil(WINDOW / TINY.byteLength));
    assertLess(held, MAX_HELD);

    client.send(windowUpdate(streamId, 0x7fff_0000));
    const { bytes, resetCode } = await client.response(streamId);
    assertLessOrEqual(COUNT * TINY.byteLength, bytes);
    assertEquals(resetCode, undefined);
    assertEquals((await server.stats()).made, COUNT);
  });

  for (const isSplit of [false, true]) {
    const how = isSplit ? "in a frame each" : "by the thousand";
    Deno.test(`${lane} takes in no more tiny messages than its window, ${how}`, async () => {
      await using server = await startStreamServer();
      await using client = await FrameClient.connect({ port: server.port, patienceMs: 30_000 });
      await client.sayHello();
      const before = await server.settled();
      const streamId = client.openStreamId();
      client.send(headers(
        streamId,
        grpcFields("/greeter.v1.Greeter/SayHelloToAll", { "content-type": contentType }),
      ));
      client.sendWithinWindow(streamId, PAUSE);
      const upload = repeat(TINY, COUNT);
      let sent = 0;
      const sendMore = () => {
        for (let taken = -1; taken !== 0 && sent < upload.byteLength; sent += taken) {
          const end = isSplit ? sent + TINY.byteLength : upload.byteLength;
          taken = client.sendWithinWindow(streamId, upload.subarray(sent, end));
        }
      };
      await server.paused();
      // Once the server has taken no more after ten round trips, it takes no more.
      for (let idle = 0; idle < 10;) {
        const sentBefore = sent;
        sendMore();
        await client.ping();
        idle = sent === sentBefore ? idle + 1 : 0;
      }
      const stalled = await server.settled();
      const held = stalled.held - before.held;
      console.log(`${sent / TINY.byteLength} messages sent, held +${(held / MIB).toFixed(1)} MiB`);
      assertGreater(sent, WINDOW / 2);
      // The window, the engine's buffer, which is as large, and the frame whose messages wait.
      assertLessOrEqual(sent, 3 * WINDOW);
      assertLess(held, MAX_HELD);

      await server.goOn();
      await client.until(() => {
        sendMore();
        return sent === upload.byteLength;
      });
      const { taken } = await server.settled();
      assertEquals(taken, COUNT + 1);
    });
  }
}

function timesRequest(name: string, times: number): Uint8Array {
  const schema = SayHelloTimesRequestSchema;
  return envelope(toBinary(schema, create(schema, { name, times })));
}

function repeat(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.byteLength * count);
  for (let at = 0; at < all.byteLength; at += bytes.byteLength) all.set(bytes, at);
  return all;
}
