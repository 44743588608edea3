import { assertEquals } from "@std/assert";
import { FLAG, FRAME } from "../../src/http2/frames.ts";
import type { ServerStream } from "../../src/http2/server_stream.ts";
import { FakeSession, type FakeSessionOptions } from "../support/fake_session.ts";
import {
  bytesOf,
  concat,
  data,
  frame,
  goaway,
  grpcFields,
  headerBlock,
  headers,
  PREFACE,
  rstStream,
  settings,
  windowUpdate,
} from "../support/http2_frames.ts";

// Which error a frame is, by the sections of RFC 9113 (RFC 7540, where it has priorities).

const FIELDS = grpcFields("/a");
const BYTES = (length: number) => new Uint8Array(length);
const OPEN = headers(1, FIELDS);
const ENDED = headers(1, FIELDS, true);
const RESET = concat(OPEN, rstStream(1, 8));
const TRAILERS = headers(1, [["x-trailer", "a"]], true);
const PING = frame(FRAME.ping, 0, 0, BYTES(8));
const ack = (type: number, length: number) => frame(type, FLAG.ack, 0, BYTES(length));
const padded = (type: number, flags: number, ...payload: number[]) =>
  frame(type, flags | FLAG.padded, 1, Uint8Array.from(payload));
const priority = (id: number, on: number) =>
  frame(FRAME.priority, 0, id, Uint8Array.of(0, 0, 0, on, 0));
const dependingOn = (id: number, on: number) => {
  const block = headers(id, FIELDS).slice(9);
  const flags = FLAG.endHeaders | FLAG.priority;
  return frame(FRAME.headers, flags, id, concat(Uint8Array.of(0, 0, 0, on, 0), block));
};
const unfinished = frame(FRAME.headers, 0, 1, headers(1, FIELDS).slice(9));
const continuation = (id: number) => frame(FRAME.continuation, FLAG.endHeaders, id);
const withLength = (length: string) => headers(1, [...FIELDS, ["content-length", length]]);

/** Ends the connection with a code, or the stream 1, or is no error. */
type Outcome = `connection ${number}` | `stream ${number}` | "fine";

const RULES: Readonly<Record<string, readonly (readonly [string, Uint8Array, Outcome])[]>> = {
  "4.1": [
    ["a reserved bit", frame(FRAME.ping, 0, 0x8000_0000, BYTES(8)), "fine"],
    ["flags that are unknown", frame(FRAME.ping, 0xfe, 0, BYTES(8)), "fine"],
  ],
  "4.2": [
    ["DATA above 16 KiB", concat(OPEN, frame(FRAME.data, 0, 1, BYTES(16_385))), "connection 6"],
    ["DATA of 16 KiB", concat(OPEN, frame(FRAME.data, 0, 1, BYTES(16_384))), "fine"],
    ["an unknown frame above 16 KiB", frame(0xee, 0, 0, BYTES(16_385)), "connection 6"],
  ],
  "4.3": [["no HPACK", headerBlock(1, bytesOf("\xff\xff\xff\xff\xff\xff")), "connection 9"]],
  "5.1, idle": [
    ["DATA", data(1, BYTES(1)), "connection 1"],
    ["RST_STREAM", rstStream(1, 8), "connection 1"],
    ["WINDOW_UPDATE", windowUpdate(1, 1), "connection 1"],
    ["PRIORITY", priority(1, 3), "fine"],
  ],
  "5.1, half-closed (remote)": [
    ["DATA", concat(ENDED, data(1, BYTES(1))), "stream 5"],
    ["an end", concat(ENDED, data(1, BYTES(0), true)), "stream 5"],
    ["HEADERS", concat(ENDED, TRAILERS), "stream 5"],
    ["WINDOW_UPDATE", concat(ENDED, windowUpdate(1, 1)), "fine"],
    ["PRIORITY", concat(ENDED, priority(1, 3)), "fine"],
    ["RST_STREAM", concat(ENDED, rstStream(1, 8)), "fine"],
  ],
  "5.1, closed": [
    ["DATA", concat(RESET, data(1, BYTES(1))), "stream 5"],
    ["HEADERS", concat(RESET, TRAILERS), "connection 5"],
    ["WINDOW_UPDATE", concat(RESET, windowUpdate(1, 1)), "fine"],
    ["PRIORITY", concat(RESET, priority(1, 3)), "fine"],
    ["RST_STREAM", concat(RESET, rstStream(1, 8)), "fine"],
  ],
  "5.1, closed by the server": [
    [
      "what was on its way",
      concat(OPEN, windowUpdate(1, 0), data(1, BYTES(9)), TRAILERS),
      "stream 1",
    ],
  ],
  "5.1.1": [
    ["an even id", headers(2, FIELDS), "connection 1"],
    ["an id below the last", concat(headers(5, FIELDS), OPEN), "connection 5"],
    ["ids left out", concat(headers(101, FIELDS), headers(201, FIELDS)), "fine"],
  ],
  "5.3.1": [
    ["HEADERS that depend on themselves", dependingOn(1, 1), "stream 1"],
    ["HEADERS that depend on another", dependingOn(1, 3), "fine"],
    ["PRIORITY that depends on itself", concat(OPEN, priority(1, 1)), "stream 1"],
    ["PRIORITY of an idle stream that depends on itself", priority(1, 1), "connection 1"],
  ],
  "5.5": [
    ["an unknown frame", frame(0xee, 0xff, 1, BYTES(100)), "fine"],
    ["an unknown frame within headers", concat(unfinished, frame(0xee, 0, 1)), "connection 1"],
  ],
  "6.1": [
    ["DATA of no stream", data(0, BYTES(1)), "connection 1"],
    ["padding", concat(OPEN, padded(FRAME.data, 0, 1, 9, 0)), "fine"],
    ["padding that fills the frame", concat(OPEN, padded(FRAME.data, 0, 2, 0, 0)), "fine"],
    ["padding above the frame", concat(OPEN, padded(FRAME.data, 0, 3, 0, 0)), "connection 1"],
    ["padding of no length", concat(OPEN, padded(FRAME.data, 0)), "connection 6"],
  ],
  "6.2": [
    ["HEADERS of no stream", headers(0, FIELDS), "connection 1"],
    ["padding above the frame", padded(FRAME.headers, FLAG.endHeaders, 9, 0), "connection 1"],
    [
      "a priority that is cut",
      frame(FRAME.headers, FLAG.endHeaders | FLAG.priority, 1, BYTES(4)),
      "connection 6",
    ],
  ],
  "6.3": [
    ["PRIORITY of no stream", priority(0, 1), "connection 1"],
    ["4 bytes", concat(OPEN, frame(FRAME.priority, 0, 1, BYTES(4))), "stream 6"],
    ["4 bytes, of an idle stream", frame(FRAME.priority, 0, 1, BYTES(4)), "connection 6"],
  ],
  "6.4": [
    ["RST_STREAM of no stream", rstStream(0, 8), "connection 1"],
    ["3 bytes", concat(OPEN, frame(FRAME.rstStream, 0, 1, BYTES(3))), "connection 6"],
    ["a code that is unknown", concat(OPEN, rstStream(1, 0xffff_ffff)), "fine"],
  ],
  "6.5": [
    ["SETTINGS of a stream", frame(FRAME.settings, 0, 1), "connection 1"],
    ["an answer with settings", ack(FRAME.settings, 6), "connection 6"],
    ["5 bytes", frame(FRAME.settings, 0, 0, BYTES(5)), "connection 6"],
    ["ENABLE_PUSH of 2", settings([2, 2]), "connection 1"],
    ["a window above 2 GiB", settings([4, 0x8000_0000]), "connection 3"],
    ["a frame of 16383 bytes", settings([5, 16_383]), "connection 1"],
    ["a setting that is unknown", settings([0xff, 1]), "fine"],
  ],
  "6.6": [["PUSH_PROMISE", frame(FRAME.pushPromise, 4, 1, BYTES(4)), "connection 1"]],
  "6.7": [
    ["PING of a stream", frame(FRAME.ping, 0, 1, BYTES(8)), "connection 1"],
    ["7 bytes", frame(FRAME.ping, 0, 0, BYTES(7)), "connection 6"],
    ["an answer that nobody asked for", ack(FRAME.ping, 8), "fine"],
  ],
  "6.8": [
    ["GOAWAY of a stream", frame(FRAME.goaway, 0, 1, BYTES(8)), "connection 1"],
    ["7 bytes", frame(FRAME.goaway, 0, 0, BYTES(7)), "connection 6"],
    ["GOAWAY with a text", frame(FRAME.goaway, 0, 0, BYTES(100)), "fine"],
    ["requests behind GOAWAY", concat(goaway(), OPEN), "fine"],
  ],
  "6.9": [
    ["3 bytes", concat(OPEN, frame(FRAME.windowUpdate, 0, 1, BYTES(3))), "connection 6"],
    ["0 for a stream", concat(OPEN, windowUpdate(1, 0)), "stream 1"],
    ["0 for the connection", windowUpdate(0, 0), "connection 1"],
    ["DATA beyond the window of a stream", concat(OPEN, data(1, BYTES(65_536))), "stream 3"],
    ["DATA that fills the window of a stream", concat(OPEN, data(1, BYTES(65_535))), "fine"],
  ],
  "6.9.1": [
    ["2 GiB for a stream", concat(OPEN, windowUpdate(1, 0x7fff_ffff)), "stream 3"],
    ["2 GiB for the connection", windowUpdate(0, 0x7fff_ffff), "connection 3"],
    ["just below 2 GiB", concat(OPEN, windowUpdate(1, 0x7fff_0000)), "fine"],
  ],
  "6.9.2": [
    [
      "a setting that makes a window too large",
      concat(OPEN, windowUpdate(1, 0x7fff_0000), settings([4, 0x7fff_ffff])),
      "connection 3",
    ],
    [
      "a setting that makes a window negative",
      concat(OPEN, settings([4, 0]), settings([4, 100])),
      "fine",
    ],
  ],
  "6.10": [
    ["CONTINUATION of nothing", continuation(1), "connection 1"],
    ["CONTINUATION of what is ended", concat(OPEN, continuation(1)), "connection 1"],
    ["CONTINUATION", concat(unfinished, continuation(1)), "fine"],
    ["CONTINUATION of another stream", concat(unfinished, continuation(3)), "connection 1"],
    ["PING within headers", concat(unfinished, PING), "connection 1"],
    ["DATA within headers", concat(unfinished, data(1, BYTES(1))), "connection 1"],
    ["HEADERS within headers", concat(unfinished, OPEN), "connection 1"],
  ],
  "8.1": [
    ["trailers", concat(OPEN, data(1, BYTES(5)), TRAILERS), "fine"],
    ["trailers without an end", concat(OPEN, headers(1, [["x-trailer", "a"]])), "stream 1"],
    ["trailers with a pseudo-field", concat(OPEN, headers(1, [[":path", "/"]], true)), "stream 1"],
  ],
  "8.1.1": [
    ["a length that is right", concat(withLength("5"), data(1, BYTES(5), true)), "fine"],
    ["a length that is short", concat(withLength("4"), data(1, BYTES(5), true)), "stream 1"],
    ["a length that is long", concat(withLength("6"), data(1, BYTES(5), true)), "stream 1"],
    ["a length before trailers", concat(withLength("6"), data(1, BYTES(5)), TRAILERS), "stream 1"],
    ["a length without a body", headers(1, [...FIELDS, ["content-length", "1"]], true), "stream 1"],
  ],
  "8.2": [["a field of the connection's", headers(1, [...FIELDS, ["upgrade", "a"]]), "stream 1"]],
  "8.3": [["no path", headers(1, FIELDS.filter(([name]) => name !== ":path")), "stream 1"]],
  "10.5.1": [
    ["64 KiB of fields", headers(1, [...FIELDS, ["x-large", "a".repeat(65_536)]]), "stream 11"],
    ["60 KiB of fields", headers(1, [...FIELDS, ["x-large", "a".repeat(61_440)]]), "fine"],
    ["1 MiB of fields", headers(1, [...FIELDS, ["x-large", "a".repeat(2 ** 20)]]), "connection 11"],
    [
      "64 KiB of trailers",
      concat(OPEN, headers(1, [["x-large", "a".repeat(65_536)]], true)),
      "stream 11",
    ],
  ],
};

async function outcomeOf(bytes: Uint8Array, options: FakeSessionOptions = {}): Promise<string> {
  using fake = new FakeSession(options);
  await fake.sent();
  fake.send(bytes);
  const lines = await fake.sentLines();
  const goaway = lines.find((line) => line.startsWith("GOAWAY"));
  assertEquals(fake.session.isOver, goaway !== undefined);
  if (goaway !== undefined) return `connection ${goaway.split(": ")[1]}`;
  const resets = lines.filter((line) => line.startsWith("RST_STREAM"));
  if (resets.length === 0) return "fine";
  assertEquals(resets.length, 1, "a stream is reset once");
  return `stream ${resets[0]!.split(": ")[1]}`;
}

for (const [section, rules] of Object.entries(RULES)) {
  Deno.test(`Session keeps to section ${section}`, async (test) => {
    for (const [name, bytes, outcome] of rules) {
      await test.step(`${name}: ${outcome}`, async () => {
        assertEquals(await outcomeOf(bytes), outcome);
      });
    }
  });
}

/** What a connection may not begin with (section 3.4). */
const OPENINGS: Readonly<Record<string, Uint8Array>> = {
  "another preface": bytesOf("PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n"),
  "HEADERS": concat(PREFACE, OPEN),
  "PING": concat(PREFACE, PING),
  "an unknown frame": concat(PREFACE, frame(0xee, 0, 0)),
  "an answer to SETTINGS": concat(PREFACE, ack(FRAME.settings, 0)),
};

Deno.test("Session keeps to section 3.4", async (test) => {
  for (const [name, opening] of Object.entries(OPENINGS)) {
    await test.step(name, async () => {
      using fake = new FakeSession({ opening });
      assertEquals(fake.events, ["failed 1"]);
      assertEquals((await fake.sentLines()).at(-1), "GOAWAY 0: 1");
    });
  }
});

Deno.test("Session keeps to section 5.1.2, and ends who does not learn", async () => {
  using fake = new FakeSession({ maxConcurrentStreams: 2 });
  await fake.sent();
  fake.send(...[1, 3, 5, 7].map((id) => headers(id, FIELDS)));
  assertEquals(await fake.sentLines(), ["RST_STREAM 5: 7", "RST_STREAM 7: 7"]);
  // It is no reset that the client is to blame for.
  assertEquals(fake.events, ["ready", "stream 1", "stream 3"]);
  fake.send(rstStream(1, 8), headers(9, FIELDS));
  assertEquals(fake.events.slice(3), ["reset", "stream 9", "closed 1"]);
  for (let id = 11; !fake.session.isOver && id < 10_000; id += 2) fake.send(headers(id, FIELDS));
  assertEquals(fake.error?.code, 11);
});

Deno.test("Session ends the connection for DATA beyond its window", () => {
  using fake = new FakeSession({ maxConcurrentStreams: 1000 });
  // Each is within the window of its stream.
  for (let id = 1; !fake.session.isOver && id < 1000; id += 2) {
    fake.send(headers(id, FIELDS), data(id, BYTES(65_535)));
  }
  assertEquals([fake.error?.code, fake.streams.length], [3, 256]);
});

Deno.test("Session forgives what was on its way to a stream that it has reset, but no flood of it", async () => {
  using fake = new FakeSession();
  fake.send(OPEN);
  fake.streams[0]!.reset(2);
  await fake.sent();
  fake.send(data(1, BYTES(1000)), TRAILERS, data(1, BYTES(1000)));
  assertEquals(await fake.sentLines(), []);
  for (let i = 0; !fake.session.isOver && i < 20_000; i++) fake.send(data(1, BYTES(1)));
  assertEquals(fake.error?.code, 11);
});

Deno.test("Session takes HEADERS for a stream that was answered in full for an error", async () => {
  const answer = (stream: ServerStream) => stream.sendHeader(200, {}, true);
  assertEquals(await outcomeOf(concat(ENDED), { onStream: answer }), "fine");
  using fake = new FakeSession({ onStream: answer });
  fake.send(ENDED);
  await fake.sent();
  fake.send(TRAILERS);
  assertEquals(await fake.sentLines(), ["GOAWAY 1: 5"]);
});
