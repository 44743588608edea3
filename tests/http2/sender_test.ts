import { assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { FLAG, FRAME } from "../../src/http2/frames.ts";
import { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { FakeSession, type FakeSessionOptions } from "../support/fake_session.ts";
import { concat, grpcFields, headers, settings, windowUpdate } from "../support/http2_frames.ts";

const FRAME_BYTES = 16_384;
const WIDE = 0x7fff_ffff;
const FIELDS = grpcFields("/a");

/** A session with so many requests, each of which has its header. */
async function open(count: number, options: FakeSessionOptions = {}): Promise<FakeSession> {
  const fake = new FakeSession({ settings: [[4, WIDE]], ...options });
  fake.send(...Array.from({ length: count }, (_, i) => headers(2 * i + 1, FIELDS, true)));
  for (const stream of fake.streams) stream.sendHeader(200, {}, false);
  await fake.sent();
  return fake;
}

const widen = (fake: FakeSession, bytes: number) => fake.send(windowUpdate(0, bytes));

Deno.test("Sender sends a frame of each stream in turn", async () => {
  using fake = await open(3);
  for (const stream of fake.streams) stream.write(new Uint8Array(20_000));
  for (const stream of fake.streams) stream.end({ "x-end": "a" });
  assertEquals(
    await fake.sentLines(),
    [
      "DATA 1 16384 bytes",
      "DATA 3 16384 bytes",
      "DATA 5 16384 bytes",
      "DATA 1 3616 bytes",
      "HEADERS 1 end",
      "DATA 3 3616 bytes",
      "HEADERS 3 end",
      "DATA 5 3616 bytes",
      "HEADERS 5 end",
    ].slice(0, 9),
  );
});

Deno.test("Sender puts what is written in one turn into one frame", async () => {
  using fake = await open(1);
  const [stream] = fake.streams as [ServerStream];
  for (let i = 0; i < 100; i++) stream.write(Uint8Array.of(i));
  const [frame] = await fake.sent();
  assertEquals(frame!.payload, Uint8Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("Sender ends a stream without trailers in its last DATA", async () => {
  using fake = await open(2);
  const [full, empty] = fake.streams as [ServerStream, ServerStream];
  full.write(new Uint8Array(5));
  full.end();
  empty.end();
  assertEquals(await fake.sentLines(), ["DATA 1 end 5 bytes", "DATA 3 end 0 bytes"]);
});

Deno.test("Sender keeps to the window of the connection, and shares it", async () => {
  using fake = await open(2);
  for (const stream of fake.streams) stream.write(new Uint8Array(60_000));
  const lines = await fake.sentLines();
  assertEquals(bytesIn(lines), 65_535);
  assertEquals(lines.map((line) => line.split(" ")[1]), ["1", "3", "1", "3"]);
  widen(fake, 10);
  assertEquals(bytesIn(await fake.sentLines()), 10);
  widen(fake, 100_000);
  assertEquals(bytesIn(await fake.sentLines()), 120_000 - 65_545);
});

Deno.test("Sender sends trailers though the window of the connection is closed", async () => {
  using fake = await open(2);
  const [first, second] = fake.streams as [ServerStream, ServerStream];
  first.write(new Uint8Array(100_000));
  await fake.sent();
  second.end({ "x-end": "a" });
  assertEquals(await fake.sentLines(), ["HEADERS 3 end"]);
});

Deno.test("Sender keeps to the window of each stream, and lets others pass", async () => {
  using fake = await open(2, { settings: [[4, 100]] });
  const [first, second] = fake.streams as [ServerStream, ServerStream];
  first.write(new Uint8Array(250));
  first.end({});
  second.write(new Uint8Array(50));
  assertEquals(await fake.sentLines(), ["DATA 1 100 bytes", "DATA 3 50 bytes"]);
  fake.send(windowUpdate(1, 120), windowUpdate(3, 1));
  assertEquals(await fake.sentLines(), ["DATA 1 120 bytes"]);
  fake.send(settings([4, 130]));
  assertEquals(await fake.sentLines(), ["SETTINGS ack", "DATA 1 30 bytes", "HEADERS 1 end"]);
});

Deno.test("Sender waits when a setting makes a window negative", async () => {
  using fake = await open(1, { settings: [[4, 100]] });
  const [stream] = fake.streams as [ServerStream];
  stream.write(new Uint8Array(150));
  assertEquals(await fake.sentLines(), ["DATA 1 100 bytes"]);
  fake.send(settings([4, 20]));
  fake.send(windowUpdate(1, 80));
  assertEquals(await fake.sentLines(), ["SETTINGS ack"]);
  fake.send(windowUpdate(1, 1));
  assertEquals(await fake.sentLines(), ["DATA 1 1 bytes"]);
});

Deno.test("Sender makes no more than 1 MiB for a client that does not read, whatever its windows", async () => {
  using fake = await open(3, { isRead: false });
  widen(fake, WIDE - 65_535);
  for (const stream of fake.streams) stream.write(new Uint8Array(1_000_000));
  await fake.turn();
  assertGreater(fake.wire.writableLength, 1_000_000);
  assertLess(fake.wire.writableLength, 1_000_000 + 100_000);
  fake.wire.open();
  fake.session.drain();
  await fake.turn();
  assertGreater(fake.wire.bytes.length, 2_000_000);
  fake.session.drain();
  await fake.turn();
  assertEquals(bytesIn(await fake.sentLines()), 3_000_000);
});

/** Responses that are all there, and whether they go out with the header, before the turn ends. */
const WHOLE: readonly [name: string, length: number, window: number, isWhole: boolean][] = [
  ["fits a frame", FRAME_BYTES, WIDE, true],
  ["is empty", 0, 0, true],
  ["is longer than a frame", FRAME_BYTES + 1, WIDE, false],
  ["fits the window", 100, 100, true],
  ["is longer than the window", 101, 100, false],
];

for (const [name, length, window, isWhole] of WHOLE) {
  Deno.test(`Sender sends a response that ${name} ${isWhole ? "whole" : "in its turn"}`, async () => {
    using fake = new FakeSession({
      settings: [[4, window]],
      onStream: (stream) => {
        stream.respondWhole({}, new Uint8Array(length), { "x-end": "a" });
        assertEquals(stream.isLocalEnded, isWhole);
      },
    });
    await fake.sent();
    fake.send(headers(1, FIELDS, true));
    if (window < WIDE) fake.send(windowUpdate(1, 1000));
    const lines = (await fake.sentLines()).filter((line) => !line.startsWith("SETTINGS"));
    assertEquals([lines[0], lines.at(-1)], ["HEADERS 1", "HEADERS 1 end"]);
    assertEquals(bytesIn(lines), length);
  });
}

Deno.test("Sender cuts a long header into CONTINUATION", async () => {
  using fake = await open(0);
  fake.send(headers(1, FIELDS));
  const value = "ü".repeat(40_000);
  fake.streams[0]!.sendHeader(200, { "x-long": value }, true);
  const frames = await fake.sent();
  assertEquals(frames.map(({ type, flags }) => [type, flags]), [
    [FRAME.headers, FLAG.endStream],
    [FRAME.continuation, 0],
    [FRAME.continuation, FLAG.endHeaders],
  ]);
  const block = concat(...frames.map(({ payload }) => payload));
  const { fields } = new HpackDecoder({ maxListBytes: 65_536 }).decode(block, 0, block.length);
  assertEquals(fields, ["x-long", value]);
});

Deno.test("Sender sends no header that clients would end the connection for", async () => {
  using fake = await open(1);
  fake.send(headers(3, FIELDS));
  const tooLong = { "x-long": "a".repeat(66_000) };
  assertThrows(() => fake.streams[1]!.sendHeader(200, tooLong, true), RangeError);
  assertThrows(
    () => fake.streams[1]!.sendHeader(200, { "x-list": [tooLong["x-long"]] }, true),
    RangeError,
  );
  assertThrows(() => fake.streams[1]!.sendHeader(200, { "connection": "a" }, true), TypeError);
  fake.streams[0]!.end(tooLong);
  assertEquals(await fake.sentLines(), ["RST_STREAM 1: 2"]);
  // What is sent later still is what a decoder makes of it.
  fake.streams[1]!.sendHeader(200, { "x-short": "a" }, true);
  assertEquals(await fake.sentLines(), ["HEADERS 3 end"]);
});

Deno.test("Sender goes on with others when the trailers of one cannot be sent", async () => {
  using fake = await open(2);
  fake.streams[0]!.end({ "connection": "close" });
  fake.streams[1]!.end({ "x-end": "a" });
  assertEquals(await fake.sentLines(), ["RST_STREAM 1: 2", "HEADERS 3 end"]);
});

Deno.test("Sender uses no larger table than the client lets it", async () => {
  using fake = new FakeSession({ settings: [[1, 0]] });
  fake.send(headers(1, FIELDS, true), headers(3, FIELDS, true));
  for (const stream of fake.streams) stream.sendHeader(200, { "content-type": "a/b" }, true);
  const blocks = (await fake.sent()).filter(({ type }) => type === FRAME.headers);
  const decoder = new HpackDecoder({ maxTableSize: 0, maxListBytes: 1000 });
  for (const { payload } of blocks) {
    assertEquals(decoder.decode(payload, 0, payload.length).fields, ["content-type", "a/b"]);
  }
});

function bytesIn(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(/^DATA.* (\d+) bytes/.exec(line)?.[1] ?? 0), 0);
}
