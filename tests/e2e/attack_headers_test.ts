import { assertEquals } from "@std/assert";
import { startVictim } from "../support/attack.ts";
import { goawayOf, untilClosed } from "../support/attack_floods.ts";
import { plainBlock, references, remembered } from "../support/attack_hpack.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { IS_DIRECT } from "../support/engine.ts";
import { FrameClient } from "../support/frame_client.ts";
import {
  concat,
  data,
  grpcFields,
  headerBlock,
  type HeaderFields,
  headers,
} from "../support/http2_frames.ts";

const SAY_HELLO = grpcFields("/greeter.v1.Greeter/SayHello");
const BODY = envelope(sayHelloRequest("header"));
/** As large as the dynamic table may hold. */
const LARGE_FIELD = remembered("x", "a".repeat(3900));
/** ENHANCE_YOUR_CALM, and RESOURCE_EXHAUSTED. */
const [RESET, STATUS] = ["reset 11", "status 8"] as const;
const [COMPRESSION_ERROR, ENHANCE_YOUR_CALM] = [9, 11];

/** Headers that are too long, and how often each is sent. */
const BOMBS: Readonly<Record<string, [times: number, header: (id: number) => Uint8Array]>> = {
  "a field of 3.9 KB, repeated 16,000 times in a byte each": [
    30,
    (id) => headerBlock(id, concat(plainBlock(SAY_HELLO), LARGE_FIELD, references(16_000))),
  ],
  "a field of 3.9 KB, repeated 100 times, which are not too many fields": [
    100,
    (id) => headerBlock(id, concat(plainBlock(SAY_HELLO), LARGE_FIELD, references(100))),
  ],
  "one field of 32 KiB": [30, (id) => headers(id, withField("a".repeat(32_768)))],
  "one field of 60 KiB": [30, (id) => headers(id, withField("a".repeat(61_440)))],
  "500 fields": [50, (id) => headers(id, withFields(500))],
  "3000 fields": [5, (id) => headers(id, withFields(3000))],
  "3000 fields in the trailers": [
    5,
    (id) =>
      concat(
        headers(id, SAY_HELLO),
        data(id, BODY),
        headers(id, withFields(3000).slice(-3000), true),
      ),
  ],
};

Deno.test("app.serve() refuses calls with header-list bombs, and keeps the connection", async (test) => {
  await using victim = await startVictim();
  for (const [name, [times, header]] of Object.entries(BOMBS)) {
    await test.step(name, async () => {
      const before = await victim.count();
      const { result } = await victim.endure(name, { mib: 128 }, async () => {
        await using client = await FrameClient.connect({ port: victim.port });
        const refusals: Record<string, number> = {};
        for (let sent = 0; sent < times; sent++) {
          const id = client.openStreamId();
          client.send(header(id));
          const { resetCode, grpcStatus } = await client.response(id);
          const refusal = resetCode ? `reset ${resetCode}` : `status ${grpcStatus}`;
          refusals[refusal] = (refusals[refusal] ?? 0) + 1;
        }
        return { refusals, afterwards: (await client.sayHello()).grpcStatus };
      });
      assertEquals(result.afterwards, 0);
      // Deno refuses with a reset, but not before the client has acknowledged the limit.
      const { [RESET]: resets = 0, [STATUS]: statuses = 0 } = result.refusals;
      assertEquals(resets + statuses, times);
      assertEquals((await victim.count()).calls, before.calls);
    });
  }
});

Deno.test("app.serve() closes a connection for a header of 1 MiB", async () => {
  await using victim = await startVictim();
  const { result } = await victim.endure("one field of 1 MiB, 10 times", { mib: 128 }, async () => {
    const codes = new Set<number | undefined>();
    const header = headers(1, withField("a".repeat(2 ** 20)));
    for (let sent = 0; sent < 10; sent++) {
      await using client = await FrameClient.connect({ port: victim.port });
      client.send(header);
      await untilClosed(client);
      codes.add(goawayOf(client));
    }
    return [...codes];
  });
  assertEquals(result, [IS_DIRECT ? ENHANCE_YOUR_CALM : COMPRESSION_ERROR]);
});

function withField(value: string): HeaderFields {
  return [...SAY_HELLO, ["x-large", value]];
}

function withFields(count: number): HeaderFields {
  return [...SAY_HELLO, ...Array.from({ length: count }, (_, i) => [`x-${i}`, "a"] as const)];
}
