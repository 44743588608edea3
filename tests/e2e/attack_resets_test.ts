import { assert, assertEquals, assertLess } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { flood, goawayOf, untilClosed } from "../support/attack_floods.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { IS_DIRECT } from "../support/engine.ts";
import { FrameClient } from "../support/frame_client.ts";
import {
  concat,
  data,
  FRAME,
  frame,
  grpcFields,
  headers,
  rstStream,
  windowUpdate,
} from "../support/http2_frames.ts";

const SAY_HELLO = grpcFields("/greeter.v1.Greeter/SayHello");
const CHAT = grpcFields("/greeter.v1.Greeter/Chat");
const BODY = envelope(sayHelloRequest("reset"));
const STUBBORN = envelope(sayHelloRequest("@stubborn"));
const CANCEL = 8;
const H2_INTERNAL_ERROR = 2;
const H2_ENHANCE_YOUR_CALM = 11;
const PRIORITY = 2;

const idOf = (index: number) => 2 * index + 1;
const request = (streamId: number, body = BODY) =>
  concat(headers(streamId, SAY_HELLO), data(streamId, body, true));

Deno.test("app.serve() stands a rapid reset (CVE-2023-44487)", async (test) => {
  await using victim = await startVictim();
  const { port } = victim;
  const reset = (streamId: number) => concat(request(streamId), rstStream(streamId, CANCEL));

  await test.step("20,000 streams at once, on one connection", async () => {
    const { result } = await victim.endure(
      "rapid reset",
      { mib: 128 },
      () => flood({ port, count: 20_000 }, (index) => reset(idOf(index))),
    );
    assertEquals(result.closed, true);
  });

  await test.step("5000 streams at once, on each of five connections", async () => {
    const attack = () => flood({ port, count: 5000 }, (index) => reset(idOf(index)));
    await victim.endure(
      "rapid reset, 5 connections",
      { mib: 192, ms: 20_000 },
      async () =>
        (await Promise.all(Array.from({ length: 5 }, attack))).map(({ goaway }) => goaway),
    );
  });

  await test.step("one after the other, each once its call runs", async () => {
    const { result } = await victim.endure("slow reset", { mib: 128 }, async () => {
      await using client = await FrameClient.connect({ port });
      let sent = 0;
      try {
        for (; sent < 5000; sent += 50) {
          const ids = Array.from({ length: 50 }, () => client.openStreamId());
          client.send(...ids.map((id) => headers(id, CHAT)));
          await client.ping();
          client.send(...ids.map((id) => rstStream(id, CANCEL)));
        }
      } catch {
        // The server has closed.
      }
      return { sent, goaway: goawayOf(client) };
    });
    assertEquals(result.goaway, H2_ENHANCE_YOUR_CALM);
    assertLess(result.sent, 2000);
  });

  await victim.untilCount("nothing is left", ({ calls, connections }) => calls + connections === 2);
});

/**
 * Frames on a stream whose request is complete, and the error with which they end the connection; but
 * the kit's engine ends that stream alone for most of them, until there are too many.
 */
const VIOLATIONS: Readonly<Record<string, [code: number, violate: (id: number) => Uint8Array]>> = {
  "WINDOW_UPDATE of 0": [1, (id) => windowUpdate(id, 0)],
  "a window above 2 GiB": [3, (id) => windowUpdate(id, 0x7fff_ffff)],
  "DATA after the end": [5, (id) => data(id, BODY)],
  "HEADERS after the end": [5, (id) => headers(id, SAY_HELLO, true)],
  "PRIORITY of 4 bytes": [6, (id) => frame(PRIORITY, 0, id, new Uint8Array(4))],
  "RST_STREAM of 5 bytes": [6, (id) => frame(FRAME.rstStream, 0, id, new Uint8Array(5))],
};
/** Streams that are open at once. */
const OPEN = 150;
/** Default of maxResetsPerSecond, and as much at once. */
const MAX_RESETS = 500;

Deno.test("app.serve() stands MadeYouReset (CVE-2025-8671)", async (test) => {
  await using victim = await startVictim();
  const { port } = victim;
  let stubborn = 0;
  for (const [name, [code, violate]] of Object.entries(VIOLATIONS)) {
    await test.step(`${name}, while handlers ignore their signals`, async () => {
      const { result } = await victim.endure(name, { mib: 128 }, async () => {
        await using client = await FrameClient.connect({ port });
        let isServed = true;
        for (let sent = 0; isServed && sent < 2 * MAX_RESETS; sent += OPEN) {
          const ids = Array.from({ length: OPEN }, () => client.openStreamId());
          client.send(...ids.map((id) => request(id, STUBBORN)));
          stubborn += OPEN;
          await victim.untilCount("all handlers run", (count) => count.stubborn === stubborn);
          client.send(...ids.map(violate));
          isServed = await client.ping().then(() => true, () => false);
        }
        await untilClosed(client);
        return goawayOf(client);
      });
      const isGradual = IS_DIRECT && !name.startsWith("RST_STREAM");
      assertEquals(result, isGradual ? H2_ENHANCE_YOUR_CALM : code);
      await victim.untilCount("no call is left", ({ calls }) => calls === 1);
    });
  }
});

Deno.test({
  name: "app.serve() cuts off a client that makes it reset streams",
  // The kit's engine hands on what comes at once, so that nobody can send it more than it takes here.
  ignore: IS_DIRECT,
  fn: endureTooMuchData,
});

async function endureTooMuchData() {
  await using victim = await startVictim();
  const { port } = victim;
  // No window of a stream has room for so much, and no handler takes it before all is there.
  const tooMuch = envelope(new Uint8Array(80_000));
  const { result } = await victim.endure(
    "DATA beyond the window",
    { mib: 512 },
    () =>
      flood(
        { port, count: 3000 },
        (index) => concat(headers(idOf(index), CHAT), data(idOf(index), tooMuch)),
      ),
  );
  assertEquals(result.closed, true);
  // By the kit, or by nghttp2; a reset of TCP may swallow it.
  const codes = [H2_ENHANCE_YOUR_CALM, H2_INTERNAL_ERROR, undefined];
  assert(codes.includes(result.goaway), `GOAWAY ${result.goaway}`);
  await victim.untilCount("nothing is left", ({ calls, connections }) => calls + connections === 2);
}

Deno.test("app.serve() begins 200 calls for a client that acknowledges no SETTINGS", async () => {
  await using victim = await startVictim();
  const { result } = await victim.endure("more streams than announced", { mib: 256 }, async () => {
    await using client = await FrameClient.connect({ port: victim.port });
    // What it does not read it does not acknowledge.
    client.pause();
    const open = (count: number) =>
      client.send(...Array.from({ length: count }, () => headers(client.openStreamId(), CHAT)));
    await open(300);
    await victim.untilCount("calls run", ({ calls }) => calls > 200);
    const { calls } = await victim.count();
    await open(5000);
    client.resume();
    await untilClosed(client);
    return { calls, goaway: goawayOf(client) };
  });
  // With the one that asks, and the neighbour's.
  assertLess(result.calls, 200 + 3);
});
