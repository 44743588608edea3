import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { FRAME } from "../../src/http2/frames.ts";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { captureTimers } from "../support/captured_timers.ts";
import { FakeSession } from "../support/fake_session.ts";
import { speedUpClock } from "../support/fast_clock.ts";
import {
  concat,
  data,
  FLAG,
  frame,
  goaway,
  grpcFields,
  headers,
  PREFACE,
  rstStream,
  settings,
} from "../support/http2_frames.ts";
import { eventually } from "../support/waiting.ts";

const FIELDS = grpcFields("/a");
const SETTINGS_ACK = frame(FRAME.settings, FLAG.ack, 0);
const ping = (last: number, flags = 0) =>
  frame(FRAME.ping, flags, 0, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, last));
const request = (id: number, isEnd = true) => headers(id, FIELDS, isEnd);
const answer = (stream: ServerStream) =>
  stream.respondWhole({ "x-a": "b" }, new Uint8Array(5), { "x-c": "d" });

/** Notes what a reader is told. */
function noteBody(stream: ServerStream, notes: (number | string)[]): void {
  stream.receive({
    onBytes: ({ length }) => notes.push(length),
    onEnd: () => notes.push("end"),
  });
}

Deno.test("Session begins with its settings, and acknowledges the client's", async () => {
  using fake = new FakeSession({ maxConcurrentStreams: 7 });
  const [first, ...rest] = await fake.sent();
  assertEquals([first!.type, [...first!.payload]], [
    FRAME.settings,
    [0, 3, 0, 0, 0, 7, 0, 6, 0, 1, 0, 0],
  ]);
  assertEquals(rest.map(({ type, flags }) => [type, flags]), [
    [FRAME.windowUpdate, 0],
    [FRAME.settings, FLAG.ack],
  ]);
  assertEquals(fake.events, ["ready"]);
});

Deno.test("Session sends all that one read has brought about in one write", async () => {
  using fake = new FakeSession({ onStream: answer });
  await fake.sent();
  const before = fake.wire.writes.length;
  fake.send(...Array.from({ length: 50 }, (_, i) => request(2 * i + 1)), ping(1));
  const lines = await fake.sentLines();
  assertEquals(fake.wire.writes.length, before + 1);
  assertEquals(lines.filter((line) => line.includes(" end")).length, 50);
  assertEquals(lines.filter((line) => line === "PING ack").length, 1);
});

Deno.test("Session serves no request that the same read resets", () => {
  using fake = new FakeSession();
  fake.send(request(1, false), rstStream(1, 8), request(3));
  assertEquals(fake.events, ["ready", "reset", "stream 3", "closed 1"]);
});

Deno.test("Session does not take a request for whole that the same read resets", () => {
  using fake = new FakeSession();
  const notes: (number | string)[] = [];
  fake.send(request(1, false), request(3, false));
  for (const stream of fake.streams) noteBody(stream, notes);
  // As clients of node:http2 do that leave.
  fake.send(data(1, new Uint8Array(5), true), rstStream(1, 8));
  assertEquals(notes, [5]);
  fake.send(data(3, new Uint8Array(6), true));
  assertEquals(notes, [5, 6, "end"]);
});

Deno.test("Session hands on a body, its trailers left out, and tells of its end", () => {
  const notes: (number | string)[] = [];
  using fake = new FakeSession({ onStream: (stream) => noteBody(stream, notes) });
  fake.send(request(1, false), data(1, new Uint8Array(5)));
  fake.send(data(1, new Uint8Array(20_000)), headers(1, [["x-trailer", "a"]], true));
  assertEquals(notes, [5, 16_384, 3616, "end"]);
});

Deno.test("Session.onStreamClosed is told once for each stream, however it ends", async () => {
  using fake = new FakeSession();
  fake.send(...[1, 3, 5, 7].map((id) => request(id, id !== 3)));
  const [answered, left, reset, broken] = fake.streams as [
    ServerStream,
    ServerStream,
    ServerStream,
    ServerStream,
  ];
  const codes: unknown[] = [];
  for (const stream of fake.streams) stream.onClose((code) => codes.push([stream.id, code]));
  answer(answered);
  fake.send(rstStream(left.id, 8));
  reset.reset(2);
  await fake.sent();
  fake.session.destroy();
  assertEquals(broken.isClosed, true);
  await fake.turn();
  assertEquals(codes, [[1, undefined], [3, 8], [5, 2], [7, 8]]);
  const closed = fake.events.filter((event) => event.startsWith("closed"));
  assertEquals(closed, ["closed 1", "closed 3", "closed 5", "closed 7"]);
});

Deno.test("Session cuts a request off some time after it was answered", async () => {
  using fake = new FakeSession({ onStream: answer });
  fake.send(request(1, false), request(3, false));
  await fake.sent();
  fake.send(data(3, new Uint8Array(10), true));
  const lines: string[] = [];
  const startedAt = performance.now();
  while (lines.length === 0 && performance.now() < startedAt + 5000) {
    lines.push(...await fake.sentLines());
  }
  assertEquals(lines, ["RST_STREAM 1: 0"]);
  assertGreater(performance.now() - startedAt, 50);
  // It is over for whoever served it, and no fault of the client's.
  assertEquals(fake.events.slice(3), ["closed 3", "closed 1"]);
});

Deno.test("Session leaves no timer when it is over", async () => {
  using timers = captureTimers();
  {
    using fake = new FakeSession({ onStream: answer });
    fake.send(request(1, false));
    await fake.turn();
    assertEquals(timers.pending.length, 1);
  }
  assertEquals(timers.pending, []);
});

Deno.test("Session leaves no timer behind a request that ended after its answer", async () => {
  using timers = captureTimers();
  using fake = new FakeSession({ onStream: answer });
  fake.send(SETTINGS_ACK, request(1, false));
  fake.send(data(1, new Uint8Array(1), true));
  await fake.turn();
  assertEquals(timers.pending, []);
});

Deno.test("Session ends a client that does not acknowledge its settings", async () => {
  using _clock = speedUpClock(500);
  using good = new FakeSession();
  good.send(SETTINGS_ACK);
  using bad = new FakeSession();
  await eventually("it fails", () => bad.error !== undefined, 100_000);
  assertEquals([bad.error?.code, good.error], [4, undefined]);
  assertEquals((await bad.sentLines()).at(-1), "GOAWAY 0: 4");
});

Deno.test("Session.ping() calls back when its own PING is answered", async () => {
  using fake = new FakeSession();
  const answered: number[] = [];
  fake.session.ping(() => answered.push(1));
  fake.session.ping(() => answered.push(2));
  const pings = (await fake.sent()).filter(({ type }) => type === FRAME.ping);
  fake.send(ping(77, FLAG.ack));
  assertEquals(answered, []);
  for (const { payload } of pings.toReversed()) fake.send(frame(FRAME.ping, FLAG.ack, 0, payload));
  for (const { payload } of pings) fake.send(frame(FRAME.ping, FLAG.ack, 0, payload));
  assertEquals(answered, [2, 1]);
});

Deno.test("Session.goaway() announces the end, and goes on; finish() names the last stream", async () => {
  using fake = new FakeSession({ onStream: answer });
  fake.send(request(1));
  await fake.sent();
  fake.session.goaway();
  fake.send(request(3));
  assertEquals((await fake.sentLines())[0], `GOAWAY ${0x7fff_ffff}: 0`);
  fake.takesStreams = false;
  fake.send(request(5));
  assertEquals(await fake.sentLines(), ["RST_STREAM 5: 7"]);
  fake.session.finish();
  fake.session.finish();
  fake.send(request(7));
  assertEquals(await fake.sentLines(), ["GOAWAY 5: 0"]);
  assertEquals(fake.streams.map(({ id }) => id), [1, 3]);
});

Deno.test("Session tells of a client's GOAWAY behind the requests that came before it", () => {
  using fake = new FakeSession();
  fake.send(request(1), goaway());
  fake.send(request(3), goaway(0, 2));
  assertEquals(fake.events, ["ready", "stream 1", "goaway", "stream 3", "goaway 2"]);
});

Deno.test("Session reads nothing behind an error, not even of the same read", async () => {
  using fake = new FakeSession();
  fake.send(request(1, false));
  await fake.sent();
  fake.send(data(0, new Uint8Array(1)), request(3), ping(1));
  fake.send(request(5));
  assertEquals(await fake.sentLines(), ["GOAWAY 1: 1"]);
  assertEquals(fake.events, ["ready", "stream 1", "failed 1", "closed 1"]);
});

Deno.test("Session ends the connection, and not the process, for a fault of its user", async () => {
  using fake = new FakeSession({
    onStream: (stream) =>
      stream.receive({
        onBytes() {
          throw new Error("a fault");
        },
        onEnd() {},
      }),
  });
  fake.send(request(1, false));
  await fake.sent();
  fake.send(data(1, new Uint8Array(1)));
  assertEquals(await fake.sentLines(), ["GOAWAY 1: 2"]);
  assertEquals((fake.error?.cause as Error).message, "a fault");
});

Deno.test("Session answers pings of a client that is slow to read, but not for ever", async () => {
  using fake = new FakeSession({ isRead: false, settings: [[4, 0x7fff_ffff]] });
  fake.send(frame(FRAME.windowUpdate, 0, 0, Uint8Array.of(0x7f, 0, 0, 0)), request(1));
  fake.streams[0]!.sendHeader(200, {}, false);
  for (let i = 0; i < 40; i++) fake.streams[0]!.write(new Uint8Array(65_536));
  await fake.turn();
  const pending = fake.wire.writableLength;
  assertGreater(pending, 1_000_000);
  assertLess(pending, 1_100_000);
  for (let i = 0; i < 900; i++) fake.send(ping(1));
  assertEquals(fake.error, undefined);
  for (let i = 0; i < 200 && fake.error === undefined; i++) fake.send(ping(1));
  assertEquals(fake.error!.code, 11);
});

Deno.test("Session takes a preface and frames byte by byte", async () => {
  using fake = new FakeSession({ opening: new Uint8Array(), onStream: answer });
  const bytes = concat(PREFACE, settings([4, 1000]), request(1, false), data(1, PREFACE, true));
  for (const byte of bytes) fake.send(Uint8Array.of(byte));
  assertEquals(fake.events, ["ready", "stream 1", "closed 1"]);
  assertEquals((await fake.sentLines()).slice(-3), [
    "HEADERS 1",
    "DATA 1 5 bytes",
    "HEADERS 1 end",
  ]);
});
