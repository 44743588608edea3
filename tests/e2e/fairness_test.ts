import { assertGreater, assertLess } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient } from "../support/frame_client.ts";
import { concat, data, grpcFields, headers } from "../support/http2_frames.ts";

const BUSY_MS = 1500;
const FIELDS = grpcFields("/greeter.v1.Greeter/SayHello");
const TIMES = grpcFields("/greeter.v1.Greeter/SayHelloTimes");
const CHAT = grpcFields("/greeter.v1.Greeter/Chat");
const BODY = envelope(sayHelloRequest("raw"));
const LARGE = envelope(sayHelloRequest("a".repeat(60_000)));
/** `times: 16000`, which is 1 GiB of answers. */
const ENDLESS = envelope(Uint8Array.of(0x10, 0x80, 0x7d));
const AT_A_TIME = 100;

/** Calls in progress all the time, as many as one connection may have. */
async function callOn(client: FrameClient, untilMs: number): Promise<number> {
  let calls = 0;
  while (performance.now() < untilMs) {
    const ids = Array.from({ length: AT_A_TIME }, () => client.openStreamId());
    client.send(concat(...ids.flatMap((id) => [headers(id, FIELDS), data(id, BODY, true)])));
    for (const id of ids) await client.response(id);
    calls += ids.length;
  }
  return calls;
}

async function download(client: FrameClient, untilMs: number): Promise<number> {
  const ids = Array.from(
    { length: 10 },
    () => client.startCall({ fields: TIMES, body: ENDLESS }),
  );
  while (performance.now() < untilMs) await client.ping();
  return ids.reduce((sum, id) => sum + client.received(id).bytes, 0);
}

async function upload(client: FrameClient, untilMs: number): Promise<number> {
  const id = client.startCall({ fields: CHAT });
  let sent = 0;
  for (let rest = LARGE; performance.now() < untilMs;) {
    const bytes = client.sendWithinWindow(id, rest);
    sent += bytes;
    rest = bytes < rest.length ? rest.subarray(bytes) : LARGE;
    if (bytes === 0) await client.ping();
  }
  return sent;
}

/** What keeps a connection busy, and the least that is to come of it. */
const BUSY: Readonly<
  Record<string, readonly [(client: FrameClient, untilMs: number) => Promise<number>, number]>
> = {
  "100 calls at a time": [callOn, 1000],
  "10 downloads of 1 GiB": [download, 10_000_000],
  "an upload": [upload, 1_000_000],
};

Deno.test("app.serve() keeps nobody waiting for a busy connection", async (test) => {
  await using victim = await startVictim();
  for (const [name, [keepBusy, least]] of Object.entries(BUSY)) {
    await test.step(name, async () => {
      // What it prints are the figures. How long the slowest may take is lenient: tests share their
      // processors. That so much is done in one turn and no more is for the tests of Sender to see.
      const { result } = await victim.endure(
        `beside ${name}`,
        { mib: 256 },
        async () => {
          await using client = await FrameClient.connect({ port: victim.port });
          return await keepBusy(client, performance.now() + BUSY_MS);
        },
      );
      assertGreater(result, least);
    });
  }
});

Deno.test("app.serve() keeps no call waiting for large answers on its own connection", async () => {
  await using victim = await startVictim();
  await using client = await FrameClient.connect({ port: victim.port });
  const untilMs = performance.now() + BUSY_MS;
  const large = client.startCall({ fields: TIMES, body: ENDLESS });
  await client.until(() => client.received(large).bytes > 0);
  const times: number[] = [];
  while (performance.now() < untilMs) {
    const startedAt = performance.now();
    await client.sayHello();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const mib = Math.round(client.received(large).bytes / 2 ** 20);
  const [medianMs, p99Ms] = [0.5, 0.99].map((part) => times[Math.floor(times.length * part)]!);
  console.log(`${times.length} calls beside a download of ${mib} MiB:`, medianMs, p99Ms);
  assertGreater(mib, 10);
  assertLess(p99Ms!, 5000);
});
