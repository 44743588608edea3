import { assertEquals, assertLess } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { flood, repeat } from "../support/attack_floods.ts";
import { envelope } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import {
  concat,
  data,
  grpcFields,
  headers,
  settings,
  windowUpdate,
} from "../support/http2_frames.ts";

const FIELDS = grpcFields("/greeter.v1.Greeter/SayHelloTimes");
/** `times: 16000`, which is 1 GiB of answers. */
const BODY = envelope(Uint8Array.of(0x10, 0x80, 0x7d));
const STREAMS = 150;
const INITIAL_WINDOW_SIZE = 4;

const idOf = (index: number) => 2 * index + 1;
const requests = concat(
  ...Array.from(
    { length: STREAMS },
    (_, index) => concat(headers(idOf(index), FIELDS), data(idOf(index), BODY, true)),
  ),
);

Deno.test("app.serve() holds back large answers while windows are closed", async (test) => {
  await using victim = await startVictim();
  const { port } = victim;

  await test.step("windows of 0, on three connections", async () => {
    await victim.endure("windows of 0", { mib: 768 }, async () => {
      await using stack = new AsyncDisposableStack();
      for (let connection = 1; connection <= 3; connection++) {
        const client = stack.use(await FrameClient.connect({ port, streamWindow: 0 }));
        client.send(requests);
        await victim.untilCount(
          "all calls wait",
          ({ calls }) => calls === connection * STREAMS + 1,
        );
      }
    });
  });

  await test.step("windows of a byte, which are opened byte by byte", async () => {
    const { result } = await victim.endure("windows of 1", { mib: 256 }, async () => {
      await using client = await FrameClient.connect({ port, streamWindow: 1 });
      client.send(requests);
      const open = concat(
        ...Array.from({ length: STREAMS }, (_, index) => windowUpdate(idOf(index), 1)),
      );
      for (let round = 0; round < 100; round++) {
        client.send(open);
        await client.ping();
      }
      return client.received(1).bytes;
    });
    // What was allowed, and as many bytes as that.
    assertEquals(result, 101);
  });

  await test.step("wide windows, and a client that reads nothing", async () => {
    await victim.endure("a client that reads nothing", { mib: 256 }, async () => {
      await using client = await FrameClient.connect({ port });
      await client.ping();
      client.pause();
      client.send(requests);
      await victim.untilCount("all calls wait", ({ calls }) => calls === STREAMS + 1);
    });
  });

  await test.step("windows that open and close 60,000 times", async () => {
    const toggle = concat(settings([INITIAL_WINDOW_SIZE, 1]), settings([INITIAL_WINDOW_SIZE, 0]));
    const piece = repeat(toggle, 100);
    const { result } = await victim.endure(
      "SETTINGS_INITIAL_WINDOW_SIZE",
      { mib: 256 },
      () => flood({ port, count: 300, prelude: requests, streamWindow: 0 }, () => piece),
    );
    assertEquals(result.closed, true);
  });

  await victim.untilCount("nothing is left", ({ calls, connections }) => calls + connections === 2);
  assertLess(await victim.rssMib(), 1024);
});
