/**
 * Writes protobuf's wire format into slabs of memory that messages share: to make a small `Uint8Array`
 * takes Deno ten times as long as to fill it.
 *
 * @module
 */

/** So much memory is asked for at a time. A message that is held on to keeps its whole slab. */
const SLAB_BYTES = 16_384;
/** Longer strings are the platform's to encode: to call it costs as much as so many letters do here. */
const MAX_OWN_STRING = 48;
/** Longest varint of 32 bits, and of 64. */
const MAX_VARINT32 = 5;
const MAX_VARINT64 = 10;
/** Most bytes that UTF-8 takes for a unit of UTF-16. */
const MAX_UTF8_UNIT = 3;

const utf8 = new TextEncoder();

/** Writes one message at a time. */
export class ByteWriter {
  #slab = new Uint8Array(SLAB_BYTES);
  #view = new DataView(this.#slab.buffer);
  /** Where the message begins, and where its next byte goes. */
  #start = 0;
  #at = 0;

  /** Begins with a message, behind so many bytes for the caller to fill in. */
  begin(prefixBytes: number): void {
    this.#start = this.#at;
    this.#reserve(prefixBytes);
    this.#at += prefixBytes;
  }

  /** Ends the message. Its bytes, with the prefix, are the caller's. */
  finish(): Uint8Array {
    const bytes = this.#slab.subarray(this.#start, this.#at);
    this.#dropLong();
    return bytes;
  }

  /** Gives the message up. */
  abandon(): void {
    this.#at = this.#start;
    this.#dropLong();
  }

  /** Begins with what has its length before it. Returns what {@linkcode endLength} wants. */
  beginLength(): number {
    this.#reserve(1);
    // Most lengths take one byte.
    this.#at++;
    return this.#at - this.#start;
  }

  /** Ends it: the length is known. */
  endLength(begin: number): void {
    const length = this.#at - this.#start - begin;
    if (length >= 0x80) {
      const more = varint32Bytes(length) - 1;
      this.#reserve(more);
      const from = this.#start + begin;
      this.#slab.copyWithin(from + more, from, this.#at);
    }
    this.#at = this.#start + begin - 1;
    this.varint32(length);
    this.#at += length;
  }

  /** An unsigned integer of 32 bits. */
  varint32(value: number): void {
    this.#reserve(MAX_VARINT32);
    const slab = this.#slab;
    while (value > 0x7f) {
      slab[this.#at++] = value & 0x7f | 0x80;
      value >>>= 7;
    }
    slab[this.#at++] = value;
  }

  /** An integer of 64 bits: the lower 32 of them, and the upper, each unsigned. */
  varint64(low: number, high: number): void {
    this.#reserve(MAX_VARINT64);
    const slab = this.#slab;
    while (high > 0 || low > 0x7f) {
      slab[this.#at++] = low & 0x7f | 0x80;
      low = (low >>> 7 | high << 25) >>> 0;
      high >>>= 7;
    }
    slab[this.#at++] = low;
  }

  /** 4 bytes, little-endian; the lower 32 bits of a number of either sign. */
  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  /** A number in 4 bytes. */
  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  /** A number in 8 bytes. */
  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** Bytes, with their length before them. */
  bytes(value: Uint8Array): void {
    this.varint32(value.length);
    this.#reserve(value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
  }

  /** Text in UTF-8, with its length in bytes before it. Lone surrogates become U+FFFD. */
  string(value: string): void {
    const { length } = value;
    if (length <= MAX_OWN_STRING && this.#ascii(value)) return;
    const begin = this.beginLength();
    this.#reserve(length * MAX_UTF8_UNIT);
    this.#at += utf8.encodeInto(value, this.#slab.subarray(this.#at)).written;
    this.endLength(begin);
  }

  /** Writes short text, if it is plain ASCII. */
  #ascii(value: string): boolean {
    const { length } = value;
    this.#reserve(length + 1);
    const slab = this.#slab;
    let at = this.#at;
    slab[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      slab[at++] = code;
    }
    this.#at = at;
    return true;
  }

  /** Makes room. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return;
    const written = this.#slab.subarray(this.#start, this.#at);
    const wanted = written.length + bytes;
    this.#renew(wanted <= SLAB_BYTES ? SLAB_BYTES : Math.max(wanted, 2 * this.#slab.length));
    this.#slab.set(written);
    this.#at = written.length;
  }

  /** A slab that was made for a long message is that message's alone. */
  #dropLong(): void {
    if (this.#slab.length > SLAB_BYTES) this.#renew(SLAB_BYTES);
  }

  #renew(bytes: number): void {
    this.#slab = new Uint8Array(bytes);
    this.#view = new DataView(this.#slab.buffer);
    this.#start = 0;
    this.#at = 0;
  }
}

function varint32Bytes(value: number): number {
  let bytes = 1;
  while (value > 0x7f) {
    value >>>= 7;
    bytes++;
  }
  return bytes;
}
