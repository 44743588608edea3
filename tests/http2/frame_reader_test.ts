import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { FrameReader } from "../../src/http2/frame_reader.ts";
import { ERROR, FLAG, FRAME, Http2Error } from "../../src/http2/frames.ts";
import { concat, data, frame, PREFACE } from "../support/http2_frames.ts";
import { checkProperty, cut, PLACES } from "../support/properties.ts";

/** What a reader has handed on, the pieces of DATA put together. */
interface Seen {
  type: number;
  flags: number;
  streamId: number;
  payload: Uint8Array;
  /** Of DATA: with padding. */
  flowBytes: number;
}

function read(pieces: readonly Uint8Array[]): Seen[] {
  const seen: Seen[] = [];
  let isDataOpen = false;
  const reader = new FrameReader({
    onData(streamId, bytes, flowBytes, isEnd) {
      const last = seen.at(-1);
      if (isDataOpen && last!.streamId === streamId) {
        last!.payload = concat(last!.payload, bytes);
        last!.flowBytes += flowBytes;
        last!.flags = isEnd ? 1 : 0;
      } else {
        const payload = bytes.slice();
        seen.push({ type: FRAME.data, flags: isEnd ? 1 : 0, streamId, payload, flowBytes });
      }
      isDataOpen = !isEnd && bytes.length > 0;
    },
    onFrame(type, flags, streamId, bytes, start, end) {
      isDataOpen = false;
      seen.push({ type, flags, streamId, payload: bytes.slice(start, end), flowBytes: 0 });
    },
  });
  for (const piece of pieces) reader.push(piece);
  return seen;
}

function codeOf(...bytes: readonly Uint8Array[]): number {
  const error = assertThrows(() => read([concat(...bytes)]), Http2Error) as Http2Error;
  return error.code;
}

const PADDED = frame(FRAME.data, FLAG.padded, 3, Uint8Array.of(2, 9, 9, 9, 0, 0));
const SETTINGS = frame(FRAME.settings, 0, 0);

/** DATA with an end, for the pieces of what has none could be those of the frame before. */
const FRAMES: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    fc.tuple(fc.nat(2000), fc.nat(9)).map(([length, id]) =>
      data(id, new Uint8Array(length).fill(id), true)
    ),
    fc.record({
      type: fc.integer({ min: 1, max: 255 }),
      flags: fc.nat(255),
      id: fc.nat(0x7fff_ffff),
      length: fc.nat(300),
    }).map(({ type, flags, id, length }) =>
      frame(type, flags, id, new Uint8Array(length).fill(type))
    ),
    fc.constant(PADDED),
  ),
  { maxLength: 20 },
).map((frames) => concat(...frames));

Deno.test("FrameReader hands on the same frames, however the bytes are cut", () => {
  checkProperty(
    fc.property(FRAMES, PLACES, (frames, places) => {
      const bytes = concat(PREFACE, frames);
      assertEquals(read(cut(bytes, places)), read([bytes]));
    }),
    500,
  );
});

Deno.test("FrameReader hands on the same frames byte by byte", () => {
  const bytes = concat(
    ...[PREFACE, SETTINGS, data(1, new Uint8Array(100), true), PADDED],
    ...[frame(FRAME.headers, FLAG.endHeaders, 5, new Uint8Array(50)), data(5, new Uint8Array())],
  );
  assertEquals(read(Array.from(bytes, (byte) => Uint8Array.of(byte))), read([bytes]));
});

Deno.test("FrameReader hands on DATA before all of the frame is there", () => {
  const [whole] = [data(1, new Uint8Array(1000), true)];
  const seen = read([PREFACE, whole!.subarray(0, 500)]);
  assertEquals(seen.map(({ payload, flags }) => [payload.length, flags]), [[491, 0]]);
});

Deno.test("FrameReader leaves out padding, and counts it for flow control", () => {
  const [{ payload, flowBytes }] = read([PREFACE, PADDED]) as [Seen];
  assertEquals([payload, flowBytes], [Uint8Array.of(9, 9, 9), 6]);
});

Deno.test("FrameReader takes the reserved bit of stream ids for nothing", () => {
  const [{ streamId }] = read([PREFACE, frame(FRAME.ping, 0, 0x8000_0007)]) as [Seen];
  assertEquals(streamId, 7);
});

Deno.test("FrameReader refuses every preface but the one", () => {
  for (let i = 0; i < PREFACE.length; i++) {
    const wrong = PREFACE.slice();
    wrong[i]! ^= 1;
    assertEquals(codeOf(wrong), ERROR.protocolError);
  }
});

Deno.test("FrameReader refuses frames above 16 KiB, and padding that fills its frame", () => {
  const header = frame(FRAME.data, 0, 1, new Uint8Array(), 16_385);
  assertEquals(codeOf(PREFACE, header), ERROR.frameSizeError);
  assertEquals(
    codeOf(PREFACE, frame(0xee, 0, 0, new Uint8Array(), 0xff_ffff)),
    ERROR.frameSizeError,
  );
  const padded = (...payload: number[]) =>
    frame(FRAME.data, FLAG.padded, 1, Uint8Array.from(payload));
  assertEquals(codeOf(PREFACE, padded(2, 0)), ERROR.protocolError);
  assertEquals(codeOf(PREFACE, padded()), ERROR.frameSizeError);
  assertEquals(read([PREFACE, padded(1, 0)]).map(({ payload }) => payload.length), [0]);
});

Deno.test("FrameReader.stop() ends it in the midst of the bytes at hand", () => {
  let frames = 0;
  const reader: FrameReader = new FrameReader({
    onData: () => frames++,
    onFrame: () => {
      frames++;
      reader.stop();
    },
  });
  reader.push(concat(PREFACE, SETTINGS, SETTINGS, data(1, new Uint8Array(5))));
  assertEquals(frames, 1);
});
