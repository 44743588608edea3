import { assertEquals } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { concat, FLAG, FRAME, frame, grpcFields, headers } from "../support/http2_frames.ts";
import { bodyOf, CONTENT_TYPES, FORMATS } from "../support/wire_formats.ts";

const OK = 200;
const ASCII = new TextEncoder();
const HTTP1_HEADER = ASCII.encode(
  "POST /greeter.v1.Greeter/SayHello HTTP/1.1\r\nHost: localhost\r\n" +
    `Content-Type: ${CONTENT_TYPES["grpc-web"]}\r\nTransfer-Encoding: chunked\r\n\r\n`,
);

Deno.test("app.serve() takes a message that comes in frames of one byte", async (test) => {
  await using victim = await startVictim();
  for (const format of FORMATS) {
    await test.step(format, async () => {
      const method = format === "connect stream" ? "Chat" : "SayHello";
      // As much as fits into the window.
      const body = bodyOf(format, sayHelloRequest("a".repeat(60_000)));
      const { result } = await victim.endure(
        `${body.length} frames`,
        { mib: 256, ms: 5000, neighbourMs: 4000 },
        async () => {
          await using client = await FrameClient.connect({ port: victim.port });
          const id = client.openStreamId();
          client.send(
            headers(
              id,
              grpcFields(`/greeter.v1.Greeter/${method}`, {
                "content-type": CONTENT_TYPES[format],
              }),
            ),
            inSmallFrames(id, body),
          );
          const { status, ended } = await client.response(id);
          return { status, ended };
        },
      );
      assertEquals(result, { status: OK, ended: true });
    });
  }
});

Deno.test("app.serve() takes a body of HTTP/1.1 that comes in chunks of one byte", async () => {
  await using victim = await startVictim();
  const body = bodyOf("grpc-web", sayHelloRequest("a".repeat(60_000)));
  const chunks = concat(
    ...Array.from(
      body,
      (byte) => concat(ASCII.encode("1\r\n"), Uint8Array.of(byte), ASCII.encode("\r\n")),
    ),
  );
  const { result } = await victim.endure(
    `${body.length} chunks`,
    { mib: 256, ms: 5000, neighbourMs: 4000 },
    async () => {
      using socket = await Deno.connect({ hostname: "127.0.0.1", port: victim.port });
      const request = concat(HTTP1_HEADER, chunks, ASCII.encode("0\r\n\r\n"));
      for (let at = 0; at < request.byteLength;) at += await socket.write(request.subarray(at));
      const answer = new Uint8Array(1024);
      const length = await socket.read(answer) ?? 0;
      return new TextDecoder().decode(answer.subarray(0, length)).split("\r\n")[0];
    },
  );
  assertEquals(result, "HTTP/1.1 200 OK");
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
