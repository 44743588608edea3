/**
 * Bytes as frames, for tests of what was written.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

/** A frame. */
export interface ParsedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** Cuts bytes into frames. @throws {AssertionError} If the last one is not whole. */
export function parseFrames(bytes: Uint8Array): ParsedFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: ParsedFrame[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const end = at + 9 + (view.getUint32(at) >>> 8);
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      streamId: view.getUint32(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  assertEquals(at, bytes.length, "the last frame is not whole");
  return frames;
}

const NAMES = [
  ...["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY"],
  ...["WINDOW_UPDATE", "CONTINUATION"],
];

/** A frame in a line: `DATA 1 end 5 bytes`, `RST_STREAM 1: 8`, `WINDOW_UPDATE 0: 100`. */
export function describeFrame({ type, flags, streamId, payload }: ParsedFrame): string {
  const name = NAMES[type] ?? `type ${type}`;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = flags & 1 ? " end" : "";
  switch (name) {
    case "DATA":
      return `DATA ${streamId}${end} ${payload.length} bytes`;
    case "HEADERS":
      return `HEADERS ${streamId}${end}`;
    case "SETTINGS":
    case "PING":
      return flags & 1 ? `${name} ack` : name;
    case "GOAWAY":
      return `GOAWAY ${view.getUint32(0)}: ${view.getUint32(4)}`;
    case "RST_STREAM":
    case "WINDOW_UPDATE":
      return `${name} ${streamId}: ${view.getUint32(0)}`;
    default:
      return `${name} ${streamId}`;
  }
}
