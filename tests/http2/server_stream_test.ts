import { assertEquals } from "@std/assert";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { FakeSession, type FakeSessionOptions } from "../support/fake_session.ts";
import {
  data,
  FRAME,
  frame,
  grpcFields,
  headers,
  rstStream,
  windowUpdate,
} from "../support/http2_frames.ts";

const FIELDS = grpcFields("/a");

/** A session with one stream, whose request has not ended. */
async function open(options: FakeSessionOptions = {}) {
  const fake = new FakeSession(options);
  fake.send(headers(1, FIELDS));
  await fake.sent();
  return { fake, stream: fake.streams[0]!, [Symbol.dispose]: () => fake[Symbol.dispose]() };
}

/** Whether a promise is resolved by now. */
async function isResolved(promise: Promise<void> | undefined): Promise<boolean> {
  let isDone = promise === undefined;
  void promise?.then(() => isDone = true);
  // No longer than it takes to be told: the turn may not have ended.
  await Promise.resolve();
  return isDone;
}

const ignoreBody = (stream: ServerStream) => stream.receive({ onBytes() {}, onEnd() {} });

Deno.test("ServerStream.write() has a writer wait while more is held than the window admits", async () => {
  using opened = await open({ settings: [[4, 100]] });
  const { fake, stream } = opened;
  stream.sendHeader(200, {}, false);
  assertEquals(stream.write(new Uint8Array(100)), undefined);
  await fake.turn();
  const full = stream.write(new Uint8Array(1));
  assertEquals(stream.write(new Uint8Array(1)), full);
  assertEquals(await isResolved(full), false);
  fake.send(windowUpdate(1, 1));
  await fake.turn();
  assertEquals(await isResolved(full), false);
  fake.send(windowUpdate(1, 1));
  await fake.turn();
  assertEquals(await isResolved(full), true);
});

Deno.test("ServerStream.write() has a writer wait who is ahead of the turn", async () => {
  using opened = await open({ settings: [[4, 0x7fff_ffff]] });
  opened.stream.sendHeader(200, {}, false);
  assertEquals(opened.stream.write(new Uint8Array(60_000)), undefined);
  const full = opened.stream.write(new Uint8Array(5535 + 1));
  assertEquals(await isResolved(full), false);
  // The connection's window is closed now, but for what is left of the stream's.
  await opened.fake.turn();
  assertEquals(await isResolved(full), true);
});

Deno.test("ServerStream lets its writer go when it is closed", async () => {
  for (const end of ["reset by the client", "reset by the server", "broken"] as const) {
    using opened = await open({ settings: [[4, 0]] });
    const { fake, stream } = opened;
    stream.sendHeader(200, {}, false);
    const full = stream.write(new Uint8Array(1));
    if (end === "reset by the client") fake.send(rstStream(1, 8));
    else if (end === "broken") fake.session.destroy();
    else stream.reset(8);
    await fake.turn();
    assertEquals(await isResolved(full), true, end);
    assertEquals(stream.write(new Uint8Array(1)), undefined);
  }
});

Deno.test("ServerStream does nothing once it has ended", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  stream.sendHeader(200, {}, true);
  stream.sendHeader(200, {}, false);
  stream.write(new Uint8Array(1));
  stream.end({});
  stream.respondWhole({}, new Uint8Array(), {});
  assertEquals(await fake.sentLines(), ["HEADERS 1 end"]);
  stream.reset(8);
  stream.reset(8);
  stream.sendHeader(200, {}, true);
  assertEquals(await fake.sentLines(), ["RST_STREAM 1: 8"]);
});

Deno.test("ServerStream sends nothing that is written behind its end", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  stream.sendHeader(200, {}, false);
  stream.end({ "x-end": "a" });
  assertEquals(stream.write(new Uint8Array(100_000)), undefined);
  stream.end();
  assertEquals(await fake.sentLines(), ["HEADERS 1", "HEADERS 1 end"]);
});

Deno.test("ServerStream.reset() drops what was not sent", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  stream.sendHeader(200, {}, false);
  stream.write(new Uint8Array(1000));
  stream.reset(2);
  assertEquals(await fake.sentLines(), ["HEADERS 1", "RST_STREAM 1: 2"]);
});

Deno.test("ServerStream.onClose() tells every listener once, and late ones at once", async () => {
  using opened = await open();
  const codes: unknown[] = [];
  opened.stream.onClose((code) => codes.push(["first", code]));
  opened.stream.onClose((code) => codes.push(["second", code]));
  opened.stream.reset(2);
  assertEquals(codes, []);
  await opened.fake.turn();
  opened.stream.onClose((code) => codes.push(["late", code]));
  assertEquals(codes, [["first", 2], ["second", 2], ["late", 2]]);
});

/** How a stream ends, and what its listener is told. */
const ENDINGS: Readonly<
  Record<string, readonly [(stream: ServerStream, fake: FakeSession) => void, number | undefined]>
> = {
  "the client resets it with CANCEL": [(_, fake) => fake.send(rstStream(1, 8)), 8],
  "the client resets it with NO_ERROR": [(_, fake) => fake.send(rstStream(1, 0)), 8],
  "the connection breaks": [(_, fake) => fake.session.destroy(), 8],
  "it is answered, and the client resets it": [(stream, fake) => {
    stream.sendHeader(200, {}, true);
    fake.send(rstStream(1, 8));
  }, undefined],
  "it is answered, and the connection breaks": [(stream, fake) => {
    stream.sendHeader(200, {}, true);
    fake.session.destroy();
  }, undefined],
  "it breaks before its answer is sent": [(stream, fake) => {
    stream.sendHeader(200, {}, false);
    stream.write(new Uint8Array(10));
    stream.end({});
    fake.session.destroy();
  }, 8],
};

for (const [name, [end, expected]] of Object.entries(ENDINGS)) {
  Deno.test(`ServerStream.onClose() gets ${expected ?? "no code"} when ${name}`, async () => {
    using opened = await open();
    const codes: unknown[] = [];
    opened.stream.onClose((code) => codes.push(code));
    end(opened.stream, opened.fake);
    await opened.fake.turn();
    assertEquals(codes, [expected]);
  });
}

Deno.test("ServerStream widens its window when it is read, and not before", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  fake.send(data(1, new Uint8Array(60_000)));
  assertEquals(await fake.sentLines(), []);
  ignoreBody(stream);
  const [line] = await fake.sentLines();
  // Of the first frame: the client has next to nothing left.
  assertEquals(line, `WINDOW_UPDATE 1: ${16_384 + 1_048_576 - 65_535}`);
});

Deno.test("ServerStream takes padding for read, which nobody reads", async () => {
  using opened = await open();
  const { fake } = opened;
  const padding = frame(FRAME.data, 0x8, 1, Uint8Array.of(255, ...new Uint8Array(255)));
  for (let sent = 0; sent < 40_000; sent += 256) fake.send(padding);
  const lines = await fake.sentLines();
  assertEquals(lines.map((line) => line.split(":")[0]), ["WINDOW_UPDATE 1"]);
});

Deno.test("ServerStream widens no window of a request that has ended", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  fake.send(data(1, new Uint8Array(60_000), true));
  ignoreBody(stream);
  assertEquals(await fake.sentLines(), []);
});

Deno.test("ServerStream drops what comes behind its answer, and lets more come", async () => {
  using opened = await open();
  const { fake, stream } = opened;
  const pieces: number[] = [];
  fake.send(data(1, new Uint8Array(40_000)));
  stream.end();
  stream.receive({ onBytes: ({ length }) => pieces.push(length), onEnd: () => pieces.push(-1) });
  fake.send(data(1, new Uint8Array(20_000), true));
  assertEquals(pieces, []);
  assertEquals(await fake.sentLines(), [
    `WINDOW_UPDATE 1: ${40_000 + 1_048_576 - 65_535}`,
    "DATA 1 end 0 bytes",
  ]);
  assertEquals(fake.events.at(-1), "closed 1");
});

Deno.test("streams that are not read do not keep others from being read", async () => {
  using fake = new FakeSession({ maxConcurrentStreams: 200 });
  for (let id = 1; id < 399; id += 2) {
    fake.send(headers(id, FIELDS), data(id, new Uint8Array(65_535)));
  }
  fake.send(headers(399, FIELDS));
  const last = fake.streams.at(-1)!;
  ignoreBody(last);
  await fake.sent();
  for (let i = 0; i < 100; i++) {
    fake.send(data(399, new Uint8Array(60_000)));
    await fake.turn();
  }
  assertEquals(fake.error, undefined);
});
