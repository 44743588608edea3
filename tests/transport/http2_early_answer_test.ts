import { assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { data, grpcFields, headers, windowUpdate } from "../support/http2_frames.ts";

const SAY_HELLO_TO_ALL = "/greeter.v1.Greeter/SayHelloToAll";
const FLOOD = new Uint8Array(16_384);

Deno.test("Http2Stream keeps the end of an early answer until the client's window takes it", async () => {
  await using greeter = await serveGreeter({
    handlers: {
      async sayHelloToAll(requests) {
        for await (const _ of requests) throw new ConnectError("enough", Code.ResourceExhausted);
        return {};
      },
    },
  });
  await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 0 });
  const streamId = client.openStreamId();
  // The client goes on sending, and takes nothing.
  const fields = grpcFields(SAY_HELLO_TO_ALL, { "content-type": "application/grpc-web" });
  client.send(headers(streamId, fields), data(streamId, envelope(sayHelloRequest("a"))));
  await client.until(() => client.received(streamId).status !== undefined);
  // Longer than the rest of a request may take.
  await new Promise((resolve) => setTimeout(resolve, 250));
  assertEquals(client.received(streamId).resetCode, undefined);
  client.send(windowUpdate(streamId, 1000));
  const { ended, bytes } = await client.response(streamId);
  assertEquals({ ended, isThere: bytes > 0 }, { ended: true, isThere: true });
});

Deno.test("Http2Stream ends a call that was answered while the client goes on sending", async () => {
  await using greeter = await serveGreeter({
    handlers: {
      async sayHelloToAll(requests) {
        for await (const _ of requests) throw new ConnectError("enough", Code.ResourceExhausted);
        return {};
      },
    },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  const streamId = client.startCall({ fields: grpcFields(SAY_HELLO_TO_ALL) });
  client.send(data(streamId, envelope(sayHelloRequest("a"))), data(streamId, FLOOD));
  await client.until(() => client.received(streamId).ended);
  // RFC 9113, section 8.1: it is told to stop, without an error.
  await client.until(() => client.received(streamId).resetCode === 0);
  assertEquals(client.received(streamId).grpcStatus, Code.ResourceExhausted);
});
