import { assert, assertEquals } from "@std/assert";
import { ERROR, Http2Error } from "../../src/http2/frames.ts";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { FakeSession } from "../support/fake_session.ts";
import { parseFrames } from "../support/frame_parser.ts";
import { fuzz, type Random } from "../support/fuzz.ts";
import { concat } from "../support/http2_frames.ts";
import { checkAnswers } from "../support/answer_rules.ts";
import { randomConnection } from "../support/random_frames.ts";

const CONNECTIONS = 3000;
const NOTHING = new Uint8Array();

/** Serves streams a step at a time. */
class Handler {
  readonly #random: Random;
  readonly #begun = new Set<ServerStream>();

  constructor(random: Random) {
    this.#random = random;
  }

  act(streams: readonly ServerStream[]): void {
    for (const stream of streams) {
      if (this.#random.oneIn(2)) this.#read(stream);
      else if (this.#begun.has(stream)) this.#goOn(stream);
      else this.#begin(stream);
    }
  }

  #read(stream: ServerStream): void {
    const { pause, resume, receive } = stream;
    const reader = { onBytes() {}, onEnd() {} };
    this.#random.pick([pause, resume, receive]).call(stream, reader);
  }

  #begin(stream: ServerStream): void {
    const random = this.#random;
    this.#begun.add(stream);
    if (random.oneIn(8)) stream.reset(random.below(14));
    else if (random.oneIn(2)) stream.sendHeader(200, { "x-a": "b" }, random.oneIn(4));
    else stream.respondWhole({ "x-a": "b" }, new Uint8Array(random.below(40_000)), { "x-c": "d" });
  }

  #goOn(stream: ServerStream): void {
    const random = this.#random;
    if (random.oneIn(8)) stream.reset(random.below(14));
    else if (random.oneIn(3)) stream.end(random.oneIn(2) ? { "x-c": "d" } : undefined);
    else void stream.write(new Uint8Array(random.below(100_000)));
  }
}

Deno.test("Session survives any client, and sends it frames that keep to the rules", async () => {
  await fuzz(CONNECTIONS, async (random) => {
    using fake = new FakeSession({
      maxConcurrentStreams: random.pick([1, 3, 100]),
      opening: NOTHING,
    });
    const handler = new Handler(random);
    for (const part of randomConnection(random)) {
      fake.send(part);
      if (random.oneIn(3)) handler.act(fake.streams);
      if (random.oneIn(3)) await fake.turn();
      if (random.oneIn(200)) fake.session.goaway();
    }
    if (random.oneIn(4)) fake.session.finish();
    await fake.turn();
    checkError(fake);
    checkAnswers(parseFrames(fake.wire.bytes));
    fake.session.destroy();
    await fake.turn();
    checkEnd(fake);
  });
});

/** Whatever a client does, it is no fault of ours. */
function checkError({ error }: FakeSession): void {
  if (error === undefined) return;
  assert(error instanceof Http2Error);
  assert(error.code !== ERROR.internalError, String((error.cause as Error)?.stack));
}

/** Every stream was closed once. */
function checkEnd(fake: FakeSession): void {
  const closed = fake.events.filter((event) => event.startsWith("closed "));
  assertEquals(closed.length, new Set(closed).size);
  for (const stream of fake.streams) {
    assert(stream.isClosed);
    assert(closed.includes(`closed ${stream.id}`));
  }
}

Deno.test("Session does the same, however its bytes are cut", async () => {
  await fuzz(CONNECTIONS, async (random) => {
    const bytes = concat(...randomConnection(random));
    using whole = new FakeSession({ opening: NOTHING });
    using cut = new FakeSession({ opening: NOTHING });
    whole.send(bytes);
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + random.below(random.oneIn(2) ? 20 : 5000);
      cut.send(bytes.subarray(at, end));
      at = end;
    }
    assertEquals(cut.error?.message, whole.error?.message);
    assertEquals(await cut.sentLines(), await whole.sentLines());
  });
});
