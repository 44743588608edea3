/**
 * Reads protobuf's wire format, as far as it is written as usual: what is odd is left to protobuf-es.
 *
 * @module
 */

import { UNFIT } from "./unfit.ts";

/** Longer strings are the platform's to decode: to call it costs as much as so many letters do here. */
const MAX_OWN_STRING = 32;
/** Bits of a varint of 64, in steps of 7. */
const MAX_SHIFT = 63;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Reads one message at a time. */
export class ByteReader {
  /** Where the next byte is. */
  at = 0;
  /** The last 64-bit integer: its lower 32 bits, and its upper, each unsigned. */
  low = 0;
  high = 0;
  #bytes: Uint8Array;
  #view: DataView | undefined;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether all was read of what was begun. */
  get isAtEnd(): boolean {
    return this.at === this.#end;
  }

  /** Begins with what has its length before it. Returns what {@linkcode endLength} wants. */
  beginLength(): number {
    const outer = this.#end;
    const length = this.varint32();
    if (length > outer - this.at) throw UNFIT;
    this.#end = this.at + length;
    return outer;
  }

  /** Ends it, when all of it was read. */
  endLength(outer: number): void {
    this.#end = outer;
  }

  /** Number and wire type of the next field: an integer that has no more than 32 bits. */
  tag(): number {
    const { at } = this;
    const tag = this.varint32();
    const bytes = this.at - at;
    if (bytes > 5 || (bytes === 5 && this.#bytes[this.at - 1]! > 0x0f)) throw UNFIT;
    return tag;
  }

  /** An integer of which 32 bits count, unsigned. */
  varint32(): number {
    const byte = this.#byte();
    if (byte < 0x80) return byte;
    this.#varint(byte);
    return this.low;
  }

  /** An integer of 64 bits: into {@linkcode low} and {@linkcode high}. */
  varint64(): void {
    const byte = this.#byte();
    if (byte >= 0x80) return this.#varint(byte);
    this.low = byte;
    this.high = 0;
  }

  /** 4 bytes, unsigned. */
  fixed32(): number {
    const at = this.#skip(4);
    return this.#dataView().getUint32(at, true);
  }

  /** 8 bytes: into {@linkcode low} and {@linkcode high}. */
  fixed64(): void {
    this.low = this.fixed32();
    this.high = this.fixed32();
  }

  /** A number of 4 bytes. */
  float(): number {
    const at = this.#skip(4);
    return this.#dataView().getFloat32(at, true);
  }

  /** A number of 8 bytes. */
  double(): number {
    const at = this.#skip(8);
    return this.#dataView().getFloat64(at, true);
  }

  /** Bytes, which are not copied. */
  bytes(): Uint8Array {
    const length = this.varint32();
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Text. @throws {TypeError} If it is to be UTF-8, and is not. */
  string(isStrict: boolean): string {
    const length = this.varint32();
    const at = this.#skip(length);
    if (length <= MAX_OWN_STRING) {
      const text = this.#ascii(at, length);
      if (text !== undefined) return text;
    }
    return (isStrict ? strictUtf8 : utf8).decode(this.#bytes.subarray(at, at + length));
  }

  /** Passes over the value of a field by its wire type. Groups are odd. */
  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        return this.varint64();
      case 1:
        return void this.#skip(8);
      case 2:
        return void this.#skip(this.varint32());
      case 5:
        return void this.#skip(4);
      default:
        throw UNFIT;
    }
  }

  #ascii(at: number, length: number): string | undefined {
    const codes = new Array<number>(length);
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[at + i]!;
      if (byte > 0x7f) return undefined;
      codes[i] = byte;
    }
    return String.fromCharCode.apply(undefined, codes);
  }

  #varint(byte: number): void {
    let low = byte & 0x7f;
    let high = 0;
    let shift = 7;
    do {
      if (shift > MAX_SHIFT) throw UNFIT;
      byte = this.#byte();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift === MAX_SHIFT && bits > 1) throw UNFIT;
      else high |= bits << (shift - 32);
      shift += 7;
    } while (byte >= 0x80);
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  #byte(): number {
    if (this.at >= this.#end) throw UNFIT;
    return this.#bytes[this.at++]!;
  }

  #skip(bytes: number): number {
    const { at } = this;
    if (bytes > this.#end - at) throw UNFIT;
    this.at += bytes;
    return at;
  }

  #dataView(): DataView {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    return this.#view ??= new DataView(buffer, byteOffset, byteLength);
  }
}
