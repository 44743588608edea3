/**
 * HPACK as attackers write it (RFC 7541): a field that the server must remember, and references to
 * it, a byte each, which stand for all of it.
 *
 * @module
 */

import { bytesOf, concat, type HeaderFields, headers } from "./http2_frames.ts";

/** Index of the newest entry of the dynamic table, after the 61 of the static one. */
const NEWEST = 62;
const FRAME_HEADER_BYTES = 9;

/** The block of fields that no table is to remember, as long as it fits into one frame. */
export function plainBlock(fields: HeaderFields): Uint8Array {
  return headers(1, fields).subarray(FRAME_HEADER_BYTES);
}

/** A field that goes into the dynamic table; the name is short. */
export function remembered(name: string, value: string): Uint8Array {
  return concat(
    Uint8Array.of(0x40, name.length),
    bytesOf(name),
    stringLength(value),
    bytesOf(value),
  );
}

/** The newest field of the dynamic table, several times. */
export function references(count: number): Uint8Array {
  return new Uint8Array(count).fill(0x80 | NEWEST);
}

function stringLength({ length }: string): Uint8Array {
  if (length < 127) return Uint8Array.of(length);
  const rest = length - 127;
  return Uint8Array.of(127, 0x80 | rest & 0x7f, 0x80 | rest >> 7 & 0x7f, rest >> 14);
}
