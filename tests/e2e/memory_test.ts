import { assert, assertEquals, assertLess } from "@std/assert";
import { Code } from "@connectrpc/connect";
import { startGreeter } from "../support/child_greeter.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { runGoawayLoad } from "../support/goaway_load.ts";
import { serveGreeter } from "../support/greeter.ts";
import {
  concat,
  GARBAGE,
  grpcFields,
  headers,
  rstStream,
  windowUpdate,
} from "../support/http2_frames.ts";
import { assertExitsWell } from "../support/program.ts";
import { eventually } from "../support/waiting.ts";

const MIB = 2 ** 20;
const BODY = envelope(sayHelloRequest("raw"));

Deno.test("a server stream waits for a client that does not read", async () => {
  let yielded = 0;
  await using greeter = await serveGreeter({
    handlers: {
      async *sayHelloTimes() {
        while (yielded < 64) {
          yielded++;
          yield { message: "a".repeat(MIB) };
        }
      },
    },
  });
  await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 65_535 });
  const fields = grpcFields("/greeter.v1.Greeter/SayHelloTimes");
  const streamId = client.startCall({ fields, body: BODY });
  await client.until(() => client.received(streamId).bytes === 65_535);
  for (let i = 0; i < 10; i++) await client.ping();
  console.log(`messages of 1 MiB ahead of a reader of 64 KiB: ${yielded}`);
  assertLess(yielded, 4);
  client.send(windowUpdate(streamId, 0x7fff_0000));
  assertEquals((await client.response(streamId)).grpcStatus, 0);
  assertEquals([yielded, client.received(streamId).bytes], [64, 64 * (MIB + 9)]);
});

Deno.test("an upload waits for a handler that does not read", async () => {
  const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>();
  let received = 0;
  await using greeter = await serveGreeter({
    handlers: {
      async sayHelloToAll(requests) {
        for await (const { name } of requests) {
          received += name.length;
          await goOn;
        }
        return {};
      },
    },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  const streamId = client.openStreamId();
  client.send(headers(streamId, grpcFields("/greeter.v1.Greeter/SayHelloToAll")));
  const message = envelope(sayHelloRequest("a".repeat(MIB)));
  const upload = concat(...Array.from({ length: 16 }, () => message));
  let sent = 0;
  const sendMore = () => sent += client.sendWithinWindow(streamId, upload.subarray(sent));
  // Once the server has taken no more after ten round trips, it takes no more.
  for (let idle = 0; idle < 10;) {
    const before = sent;
    sendMore();
    await client.ping();
    idle = sent === before ? idle + 1 : 0;
  }
  console.log(`bytes taken ahead of a handler that has 1 message of 1 MiB: ${sent}`);
  assertLess(sent, 4 * MIB);
  letGoOn();
  await client.until(() => {
    sendMore();
    return sent === upload.byteLength;
  });
  await eventually("all is received", () => received === 16 * MIB);
});

Deno.test("app.serve() gives back the memory of bad clients, broken connections and cancelled calls", async () => {
  await using server = startGreeter({
    run: { gracefulTimeout: "5s" },
    flags: ["--allow-net=127.0.0.1", "--v8-flags=--expose-gc"],
  });
  const port = await server.port();
  // The first rounds make room that is kept for those to come.
  for (let round = 0; round < 2; round++) await abuse(port);
  const before = await readMemory(port);
  for (let round = 0; round < 5; round++) await abuse(port);
  const after = await readMemory(port);
  const mib = ({ rss, heapUsed }: Memory) =>
    `RSS ${(rss / MIB).toFixed(1)} MiB, heap ${(heapUsed / MIB).toFixed(1)} MiB`;
  console.log(`before: ${mib(before)}; after: ${mib(after)}`);
  assertLess(after.heapUsed - before.heapUsed, 8 * MIB, "heap");
  assertLess(after.rss - before.rss, 128 * MIB, "RSS");
  server.kill("SIGTERM");
  await assertExitsWell(server);
});

interface Memory {
  rss: number;
  heapUsed: number;
}

/** One of everything: 2000 calls that are cancelled, garbage, GOAWAY under load, large messages. */
async function abuse(port: number): Promise<void> {
  for (let connection = 0; connection < 5; connection++) {
    await using client = await FrameClient.connect({ port });
    const fields = grpcFields("/greeter.v1.Greeter/Chat");
    for (let i = 0; i < 400; i++) {
      const streamId = client.openStreamId();
      client.send(headers(streamId, fields), rstStream(streamId, [0, 8][i % 2]!));
    }
    await client.ping();
  }
  for (let connection = 0; connection < 40; connection++) {
    await using garbage = await FrameClient.connect({ port, opening: GARBAGE });
    await using broken = await FrameClient.connect({ port });
    broken.startCall({ fields: grpcFields("/greeter.v1.Greeter/Chat") });
    await garbage.closed;
  }
  const load = { connections: 20, concurrency: 4, streams: 16, rounds: 1 };
  assertEquals(await runGoawayLoad({ port }, load), 20 * 16);
  using client = connectGreeter(`http://127.0.0.1:${port}`);
  for (let i = 0; i < 4; i++) {
    const { message } = await client.sayHello({ name: "a".repeat(MIB) });
    assertEquals(message.length, MIB + "Hello ".length);
  }
  await client.sayHello({ name: "a".repeat(5 * MIB) }).then(
    () => assert(false, "a message above the limit is served"),
    (error) => assertEquals(error.code, Code.ResourceExhausted),
  );
}

async function readMemory(port: number): Promise<Memory> {
  using client = connectGreeter(`http://127.0.0.1:${port}`);
  return JSON.parse((await client.sayHello({ name: "@memory" })).message);
}
