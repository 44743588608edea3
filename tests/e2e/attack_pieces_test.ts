import { assertEquals } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import {
  bytesOf,
  concat,
  FLAG,
  FRAME,
  frame,
  grpcFields,
  headers,
} from "../support/http2_frames.ts";
import { bodyOf, CONTENT_TYPES, FORMATS } from "../support/wire_formats.ts";

const OK = 200;
const CLIENTS = 4;
/** Linear in the number of pieces; if it were its square, it would take twice as long and more. */
const BOUNDS = { mib: 384, ms: 7000, neighbourMs: 5000 };
const HTTP1_HEADER = bytesOf(
  "POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nHost: localhost\r\n" +
    `Content-Type: ${CONTENT_TYPES["grpc-web"]}\r\nTransfer-Encoding: chunked\r\n\r\n`,
);
const [CHUNK_START, CHUNK_END, LAST_CHUNK] = ["1\r\n", "\r\n", "0\r\n\r\n"].map(bytesOf) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

Deno.test("app.serve() takes messages that come in frames of one byte", async (test) => {
  await using victim = await startVictim();
  for (const format of FORMATS) {
    await test.step(format, async () => {
      const method = format === "connect stream" ? "Chat" : "SayHello";
      const fields = { "content-type": CONTENT_TYPES[format] };
      // As much as fits into the window.
      const body = bodyOf(format, sayHelloRequest("a".repeat(60_000)));
      const call = async () => {
        await using client = await FrameClient.connect({ port: victim.port });
        const id = client.openStreamId();
        client.send(
          headers(id, grpcFields(`/greeter.v1.Greeter/${method}`, fields)),
          inSmallFrames(id, body),
        );
        const { status, ended } = await client.response(id);
        return ended && status;
      };
      const { result } = await victim.endure(
        `${CLIENTS} times ${body.length} frames`,
        BOUNDS,
        () => Promise.all(Array.from({ length: CLIENTS }, call)),
      );
      assertEquals(new Set(result), new Set([OK]));
    });
  }
});

Deno.test("app.serve() takes messages that come in chunks of one byte by HTTP/1.1", async () => {
  await using victim = await startVictim();
  const body = bodyOf("grpc-web", sayHelloRequest("a".repeat(60_000)));
  const request = concat(
    HTTP1_HEADER,
    ...Array.from(body, (byte) => concat(CHUNK_START, Uint8Array.of(byte), CHUNK_END)),
    LAST_CHUNK,
  );
  const call = async () => {
    using socket = await Deno.connect({ hostname: "127.0.0.1", port: victim.port });
    for (let at = 0; at < request.byteLength;) at += await socket.write(request.subarray(at));
    const answer = new Uint8Array(1024);
    const length = await socket.read(answer) ?? 0;
    return new TextDecoder().decode(answer.subarray(0, length)).split("\r\n")[0];
  };
  const { result } = await victim.endure(
    `${CLIENTS} times ${body.length} chunks`,
    BOUNDS,
    () => Promise.all(Array.from({ length: CLIENTS }, call)),
  );
  assertEquals(new Set(result), new Set(["HTTP/1.1 200 OK"]));
});

function inSmallFrames(streamId: number, body: Uint8Array): Uint8Array {
  const last = body.length - 1;
  return concat(
    ...Array.from(
      body,
      (byte, index) =>
        frame(FRAME.data, index === last ? FLAG.endStream : 0, streamId, Uint8Array.of(byte)),
    ),
  );
}
