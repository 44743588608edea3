/**
 * What any client may expect of the frames that a server sends, whatever it has sent itself.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { FLAG, FRAME } from "../../src/http2/frames.ts";
import { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import type { ParsedFrame } from "./frame_parser.ts";
import { concat } from "./http2_frames.ts";

/** What was sent on a stream. */
interface Sent {
  hasHeader: boolean;
  isEnded: boolean;
  isReset: boolean;
}

/**
 * Checks all frames of a connection: SETTINGS first, nothing on a stream before its header or behind its
 * end, header blocks in one piece that HPACK can read, and nothing behind the last GOAWAY.
 */
export function checkAnswers(frames: readonly ParsedFrame[]): void {
  const decoder = new HpackDecoder({ maxListBytes: 65_536 });
  const streams = new Map<number, Sent>();
  let block: ParsedFrame[] = [];
  frames.forEach((frame, index) => {
    const { type, flags, streamId, payload } = frame;
    if (index === 0) assertEquals([type, flags], [FRAME.settings, 0], "the first frame");
    assert(payload.length <= 16_384, "a frame is too long");
    const isContinued = block.length > 0;
    assertEquals(type === FRAME.continuation, isContinued, "a header block is taken apart");
    const sent = streams.get(streamId) ?? { hasHeader: false, isEnded: false, isReset: false };
    streams.set(streamId, sent);
    switch (type) {
      case FRAME.headers:
        assert(!sent.isEnded && !sent.isReset, `HEADERS behind the end of ${streamId}`);
        assert(!sent.hasHeader || flags & FLAG.endStream, `two headers of ${streamId}`);
        sent.hasHeader = true;
        sent.isEnded = (flags & FLAG.endStream) !== 0;
        break;
      case FRAME.data:
        assert(sent.hasHeader, `DATA before the header of ${streamId}`);
        assert(!sent.isEnded && !sent.isReset, `DATA behind the end of ${streamId}`);
        sent.isEnded = (flags & FLAG.endStream) !== 0;
        break;
      case FRAME.rstStream:
        assert(streamId % 2 === 1, "RST_STREAM of no stream of the client");
        sent.isReset = true;
        break;
      case FRAME.windowUpdate:
        assert(readUint32(payload) > 0, "a window update of 0");
        assert(!sent.isReset || streamId === 0, `WINDOW_UPDATE behind the reset of ${streamId}`);
        break;
      case FRAME.goaway:
        if (readUint32(payload) === 0x7fff_ffff) break;
        assertEquals(index, frames.length - 1, "frames behind the last GOAWAY");
    }
    if (type === FRAME.headers || type === FRAME.continuation) {
      block.push(frame);
      if (!(flags & FLAG.endHeaders)) return;
      const bytes = concat(...block.map(({ payload }) => payload));
      decoder.decode(bytes, 0, bytes.length);
      block = [];
    }
  });
}

function readUint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}
