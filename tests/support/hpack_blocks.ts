/**
 * Blocks of HPACK in tests: from hexadecimal digits, to a decoder and from an encoder.
 *
 * @module
 */

import { HpackDecoder, type HpackDecoderOptions } from "../../src/http2/hpack_decoder.ts";
import type { HeaderList } from "../../src/http2/header_list.ts";

/** Bytes of hexadecimal digits; blanks do not count. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(digits.replace(/\s/g, ""));
}

/** A decoder that takes header lists of any length. */
export function createDecoder(options: Partial<HpackDecoderOptions> = {}): HpackDecoder {
  return new HpackDecoder({ maxListBytes: Infinity, ...options });
}

/** Decodes a block that is there by itself, or in hexadecimal digits. */
export function decodeBlock(decoder: HpackDecoder, block: Uint8Array | string): HeaderList {
  const bytes = typeof block === "string" ? fromHex(block) : block;
  // Where a session finds it: amid what came before and comes after.
  const around = new Uint8Array(bytes.byteLength + 8).fill(0xff);
  around.set(bytes, 4);
  return decoder.decode(around, 4, 4 + bytes.byteLength);
}
