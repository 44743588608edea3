import { assertEquals, assertThrows } from "@std/assert";
import { ERROR, Http2Error } from "../../src/http2/frames.ts";
import { PeerSettings } from "../../src/http2/settings.ts";
import { settings } from "../support/http2_frames.ts";

function take(...pairs: [id: number, value: number][]): PeerSettings {
  const peer = new PeerSettings();
  const bytes = settings(...pairs);
  peer.take(bytes, 9, bytes.length);
  return peer;
}

Deno.test("PeerSettings have what RFC 9113 says before the peer has said anything", () => {
  const { headerTableSize, initialWindow } = new PeerSettings();
  assertEquals([headerTableSize, initialWindow], [4096, 65_535]);
});

Deno.test("PeerSettings take the last value of each", () => {
  const { headerTableSize, initialWindow } = take([1, 0], [4, 0x7fff_ffff], [1, 100], [4, 7]);
  assertEquals([headerTableSize, initialWindow], [100, 7]);
});

/** Values at the edges of what is allowed (RFC 9113, section 6.5.2), and the error beyond them. */
const EDGES: readonly [id: number, good: number[], bad: number[], code: number][] = [
  [0x1, [0, 0xffff_ffff], [], 0],
  [0x2, [0, 1], [2, 0xffff_ffff], ERROR.protocolError],
  [0x3, [0, 0xffff_ffff], [], 0],
  [0x4, [0, 0x7fff_ffff], [0x8000_0000, 0xffff_ffff], ERROR.flowControlError],
  [0x5, [16_384, 16_777_215], [0, 16_383, 16_777_216], ERROR.protocolError],
  [0x6, [0, 0xffff_ffff], [], 0],
  [0x8, [0, 1, 2], [], 0],
  [0xffff, [0, 0xffff_ffff], [], 0],
];

Deno.test("PeerSettings refuse values out of range, and ignore settings that are unknown", () => {
  for (const [id, good, bad, code] of EDGES) {
    for (const value of good) take([id, value]);
    for (const value of bad) {
      const error = assertThrows(() => take([id, value]), Http2Error) as Http2Error;
      assertEquals(error.code, code, `setting ${id} of ${value}`);
    }
  }
});

Deno.test("PeerSettings refuse a payload that ends in the midst of a setting", () => {
  for (const length of [1, 5, 7, 11]) {
    const error = assertThrows(
      () => new PeerSettings().take(new Uint8Array(length), 0, length),
      Http2Error,
    ) as Http2Error;
    assertEquals(error.code, ERROR.frameSizeError);
  }
});
