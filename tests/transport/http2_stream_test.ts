import { assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import {
  concat,
  data,
  FLAG,
  FRAME,
  grpcFields,
  headers,
  rstStream,
} from "../support/http2_frames.ts";
import { eventually } from "../support/waiting.ts";

const CHAT = grpcFields("/greeter.v1.Greeter/Chat");
const TIMES = grpcFields("/greeter.v1.Greeter/SayHelloTimes");
const HELLO = grpcFields("/greeter.v1.Greeter/SayHello");
const BODY = envelope(sayHelloRequest("raw"));
const H2_CANCEL = 8;

/** NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM. */
const RESET_CODES = [0, 1, 2, 8, 11];

for (const code of RESET_CODES) {
  Deno.test(`Http2Stream ends a handler that writes when the client resets with code ${code}`, async () => {
    let reason: unknown;
    await using greeter = await serveGreeter({
      handlers: {
        async *sayHelloTimes(_, { signal }) {
          try {
            while (true) yield { message: "a".repeat(3000) };
          } finally {
            reason = signal.reason;
          }
        },
      },
    });
    await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 100_000 });
    const streamId = client.startCall({ fields: TIMES, body: BODY });
    await client.until(() => client.received(streamId).bytes === 100_000);
    client.send(rstStream(streamId, code));
    await eventually("the handler is ended", () => reason !== undefined);
    assertEquals(ConnectError.from(reason).code, Code.Canceled);
    await eventually("the call is over", () => greeter.server.callCount === 0);
    assertEquals((await client.sayHello()).grpcStatus, 0);
  });

  Deno.test(`Http2Stream forgets an answer that the client resets with code ${code} unread`, async () => {
    await using greeter = await serveGreeter();
    await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 5 });
    const streamId = client.startCall({ fields: HELLO, body: BODY });
    await client.until(() => client.received(streamId).bytes === 5);
    client.send(rstStream(streamId, code));
    await eventually("the call is over", () => greeter.server.callCount === 0);
  });

  Deno.test(`Http2Stream is over when a reset with code ${code} comes along with its header`, async () => {
    await using greeter = await serveGreeter();
    await using client = await FrameClient.connect({ port: greeter.port });
    const streamId = client.openStreamId();
    client.send(concat(headers(streamId, CHAT), data(streamId, BODY), rstStream(streamId, code)));
    await client.ping();
    await eventually("the call is over", () => greeter.server.callCount === 0);
    assertEquals((await client.sayHello()).grpcStatus, 0);
  });
}

Deno.test("Http2Stream aborts the signals of 10,000 calls that are cancelled", async () => {
  let begun = 0;
  let aborted = 0;
  await using greeter = await serveGreeter({
    handlers: {
      async *chat(requests, { signal }) {
        begun++;
        signal.addEventListener("abort", () => aborted++);
        for await (const request of requests) yield { message: request.name };
      },
    },
  });
  // nghttp2 hangs up on a client that resets more than 1000 streams at a stretch.
  for (let connection = 0; connection < 20; connection++) {
    await using client = await FrameClient.connect({ port: greeter.port });
    for (let batch = 0; batch < 5; batch++) {
      const ids = Array.from({ length: 100 }, () => client.openStreamId());
      const opened = ids.map((id) => headers(id, CHAT));
      const resets = ids.map((id) => rstStream(id, H2_CANCEL));
      // Half of them are cancelled when their handlers run, the others at once.
      if (batch % 2 === 0) {
        const before = begun;
        client.send(...opened);
        await eventually("all handlers run", () => begun === before + 100);
        client.send(...resets);
      } else {
        client.send(...opened.flatMap((bytes, index) => [bytes, resets[index]!]));
      }
    }
    await client.ping();
    await eventually("all calls are over", () => greeter.server.callCount === 0);
    assertEquals((await client.sayHello()).grpcStatus, 0);
  }
  assertEquals(aborted, begun);
});

/** Answers that are given before the request is read. */
const EARLY: Readonly<Record<string, readonly [changes: Record<string, string>, status: number]>> =
  {
    "an unknown method": [{ ":path": "/greeter.v1.Greeter/Nope" }, Code.Unimplemented],
    "an unknown compression": [{ "grpc-encoding": "snappy" }, Code.Unimplemented],
    "a malformed timeout": [{ "grpc-timeout": "soon" }, Code.InvalidArgument],
    "a handler that has read one message": [
      { ":path": "/greeter.v1.Greeter/SayHelloToAll" },
      Code.FailedPrecondition,
    ],
  };

for (const [name, [changes, status]] of Object.entries(EARLY)) {
  Deno.test(`Http2Stream stops an upload after a complete answer to ${name}`, async () => {
    await using greeter = await serveGreeter({
      handlers: {
        async sayHelloToAll(requests) {
          for await (const _ of requests) throw new ConnectError("enough", Code.FailedPrecondition);
          return {};
        },
      },
    });
    await using client = await FrameClient.connect({ port: greeter.port });
    const streamId = client.openStreamId();
    const fields = grpcFields("/greeter.v1.Greeter/SayHello", changes);
    client.send(
      headers(streamId, fields),
      data(streamId, envelope(sayHelloRequest("a".repeat(20_000)))),
    );
    await client.until(() => client.received(streamId).resetCode !== undefined);
    const { ended, grpcStatus, resetCode } = client.received(streamId);
    assertEquals({ ended, grpcStatus, resetCode }, {
      ended: true,
      grpcStatus: status,
      resetCode: 0,
    });
    const order = client.frames.filter((frame) => frame.streamId === streamId);
    const last = order.findIndex(({ type, flags }) =>
      type === FRAME.headers && (flags & FLAG.endStream) !== 0
    );
    assertEquals(order.findIndex(({ type }) => type === FRAME.rstStream), last + 1);
    await eventually("the call is over", () => greeter.server.callCount === 0);
  });
}

Deno.test("Http2Stream takes the rest of a request that comes right after its answer", async () => {
  await using greeter = await serveGreeter();
  await using client = await FrameClient.connect({ port: greeter.port });
  const streamId = client.startCall({ fields: grpcFields("/greeter.v1.Greeter/Nope") });
  await client.until(() => client.received(streamId).ended);
  client.send(data(streamId, BODY, true));
  await client.ping();
  const { grpcStatus, resetCode } = client.received(streamId);
  assertEquals([grpcStatus, resetCode], [Code.Unimplemented, undefined]);
});

const REFUSING = {
  sayHelloToAll: () => {
    throw new ConnectError("enough", Code.FailedPrecondition);
  },
};

Deno.test("Http2Stream answers grpc-js in the midst of an upload", async () => {
  await using greeter = await serveGreeter({ handlers: REFUSING });
  using client = connectGrpcJs(greeter.port);
  for (const [count, size] of [[1, 10], [10, 2 ** 20]] as const) {
    const requests = Array.from({ length: count }, () => ({ name: pattern(size) }));
    // The answer does not wait for the end of the requests.
    const options = { keepOpen: true };
    const { status } = await client.call(Greeter.method.sayHelloToAll, requests, options);
    assertEquals(
      Number(status.code),
      Code.FailedPrecondition,
      `${count} messages of ${size} bytes`,
    );
  }
});

Deno.test("Http2Stream answers connect-node in the midst of an upload", async () => {
  await using greeter = await serveGreeter({ handlers: REFUSING });
  using client = connectGreeter(greeter.baseUrl);
  for (const [count, size] of [[1, 10], [10, 2 ** 20]] as const) {
    let code: Code | undefined;
    try {
      await client.sayHelloToAll(names(count, size));
    } catch (error) {
      code = ConnectError.from(error).code;
    }
    assertEquals(code, Code.FailedPrecondition, `${count} messages of ${size} bytes`);
  }
});

Deno.test("Http2Stream carries large messages byte for byte, both ways", async (test) => {
  await using greeter = await serveGreeter({
    handlers: { sayHello: ({ name }) => ({ message: name }) },
  });
  for (const size of [1, 16_384, 65_535, 65_536, 2 ** 20, 4 * 2 ** 20 - 16]) {
    await test.step(`${size} bytes`, async () => {
      using client = connectGreeter(greeter.baseUrl);
      const name = pattern(size);
      assertEquals((await client.sayHello({ name })).message === name, true);
    });
  }
});

Deno.test("Http2Stream carries 64 MiB in a stream, byte for byte, both ways", async () => {
  await using greeter = await serveGreeter({
    handlers: {
      async *chat(requests) {
        for await (const { name } of requests) yield { message: name };
      },
    },
  });
  using client = connectGreeter(greeter.baseUrl);
  const name = pattern(2 ** 20);
  let count = 0;
  for await (const { message } of client.chat(names(64, 2 ** 20))) {
    if (message === name) count++;
  }
  assertEquals(count, 64);
});

Deno.test("Http2Stream keeps many streams of one connection apart", async () => {
  await using greeter = await serveGreeter();
  using client = connectGreeter(greeter.baseUrl);
  const chats = Array.from({ length: 100 }, async (_, index) => {
    const replies = client.chat((async function* () {
      for (let i = 0; i < 10; i++) yield { name: `${index}.${i}` };
    })());
    return (await Array.fromAsync(replies)).map(({ message }) => message);
  });
  (await Promise.all(chats)).forEach((messages, index) =>
    assertEquals(messages, Array.from({ length: 10 }, (_, i) => `Hello ${index}.${i}`))
  );
});

async function* names(count: number, size: number) {
  const name = pattern(size);
  for (let i = 0; i < count; i++) yield { name };
}

/** Text in which no shifted part equals another. */
function pattern(size: number): string {
  let text = "";
  for (let i = 0; text.length < size; i++) text += `${i};`;
  return text.slice(0, size);
}
