/**
 * The decoder of HPACK (RFC 7541), one for each connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ByteCache } from "./byte_cache.ts";
import { Field } from "./field.ts";
import { HeaderList } from "./header_list.ts";
import { HpackError } from "./hpack_error.ts";
import { DEFAULT_TABLE_SIZE, DynamicTable, STATIC_TABLE } from "./hpack_table.ts";
import { huffmanDecode, maxDecodedLength } from "./huffman.ts";

/** Section 4.2: the smallest size of the time between two blocks, and then the last one. */
const MAX_SIZE_UPDATES = 2;
/** Section 5.1: integers go on for 4 bytes at most. No block and no table is as large as 2^28. */
const MAX_SHIFT = 28;

/** Up to this length it is faster to put a text together than to have it made. */
const MAX_SHORT_TEXT = 12;

const SCRATCH = Buffer.alloc(4096);

/** Options for {@linkcode HpackDecoder}. */
export interface HpackDecoderOptions {
  /**
   * How large the peer may make its table, in bytes: SETTINGS_HEADER_TABLE_SIZE.
   *
   * @default {4096}
   */
  maxTableSize?: number;
  /** How long header lists may be, in bytes as RFC 9113, section 6.5.2, counts them. */
  maxListBytes: number;
}

/** Decodes the blocks of a connection, in the order in which they came. */
export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #maxListBytes: number;
  /** Lists by their blocks, as long as the table is the same. */
  readonly #lists = new ByteCache<HeaderList>();
  /** Fields that clients do not have indexed, such as paths, by their representation. */
  readonly #literals = new ByteCache<Field>();
  #maxTableSize: number;
  #bytes: Uint8Array = SCRATCH;
  #at = 0;
  #end = 0;

  constructor({ maxTableSize = DEFAULT_TABLE_SIZE, maxListBytes }: HpackDecoderOptions) {
    this.#maxTableSize = maxTableSize;
    this.#maxListBytes = maxListBytes;
    this.#table = new DynamicTable(Math.min(maxTableSize, DEFAULT_TABLE_SIZE));
  }

  /**
   * Limits the table otherwise, from the moment on at which the peer acknowledges the setting. If the
   * table is larger, the next block has to begin with making it smaller (section 4.2).
   */
  limitTable(maxTableSize: number): void {
    this.#maxTableSize = maxTableSize;
    this.#lists.clear();
  }

  /**
   * Decodes a whole block, which stands in `bytes` from `start` to `end`.
   *
   * @returns the same list for the same bytes, as long as nothing in the table has changed
   * @throws {HpackError} If it breaks the rules of HPACK: the connection cannot go on.
   */
  decode(bytes: Uint8Array, start: number, end: number): HeaderList {
    const known = this.#lists.find(bytes, start, end);
    if (known !== undefined) return known;
    const { generation } = this.#table;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const list = new HeaderList(this.#maxListBytes);
    this.#readSizeUpdates();
    while (this.#at < end) list.add(this.#readField());
    this.#bytes = SCRATCH;
    if (this.#table.generation === generation) this.#lists.add(bytes, start, end, list);
    else this.#lists.clear();
    return list;
  }

  /** Section 6.3. They are found at the beginning of a block alone (section 4.2). */
  #readSizeUpdates(): void {
    for (let count = 0; this.#at < this.#end && isSizeUpdate(this.#bytes[this.#at]!); count++) {
      if (count === MAX_SIZE_UPDATES) throw new HpackError("too many dynamic table size updates");
      const size = this.#readInteger(0x1f);
      if (size > this.#maxTableSize) throw new HpackError(`table size ${size} is above the limit`);
      this.#table.resize(size);
    }
    // An empty block may come from an encoder that has not begun to encode.
    if (this.#table.maxBytes > this.#maxTableSize && this.#at < this.#end) {
      throw new HpackError("the table was to be made smaller");
    }
  }

  #readField(): Field {
    const first = this.#bytes[this.#at]!;
    // Section 6.1: an indexed field.
    if (first >= 0x80) return this.#fieldAt(this.#readInteger(0x7f));
    if (first >= 0x40) {
      // Section 6.2.1: a literal that goes into the table.
      const field = this.#readLiteral(0x3f);
      this.#table.insert(field);
      return field;
    }
    if (isSizeUpdate(first)) throw new HpackError("a dynamic table size update in mid-block");
    return this.#readUnindexed();
  }

  /** Sections 6.2.2 and 6.2.3: whether another hop may index it makes no difference here. */
  #readUnindexed(): Field {
    const start = this.#at;
    const index = this.#readInteger(0x0f);
    // A name in the dynamic table is another one the next time.
    if (index > STATIC_TABLE.length) return this.#readValue(index);
    if (index === 0) this.#skipText();
    this.#skipText();
    const end = this.#at;
    const known = this.#literals.find(this.#bytes, start, end);
    if (known !== undefined) return known;
    this.#at = start;
    const field = this.#readLiteral(0x0f);
    this.#literals.add(this.#bytes, start, end, field);
    return field;
  }

  #readLiteral(mask: number): Field {
    const index = this.#readInteger(mask);
    return index === 0 ? new Field(this.#readText(), this.#readText()) : this.#readValue(index);
  }

  #readValue(nameIndex: number): Field {
    const { name, kind } = this.#fieldAt(nameIndex);
    return new Field(name, this.#readText(), kind);
  }

  /** Section 2.3.3. */
  #fieldAt(index: number): Field {
    const field = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#table.at(index - STATIC_TABLE.length - 1);
    if (field === undefined) throw new HpackError(`index ${index} is not in the tables`);
    return field;
  }

  /**
   * Section 5.1.
   *
   * @param mask The bits of the first byte that belong to it.
   */
  #readInteger(mask: number): number {
    if (this.#at >= this.#end) throw new HpackError("the block ends in mid-field");
    const prefix = this.#bytes[this.#at++]! & mask;
    if (prefix < mask) return prefix;
    let value = prefix;
    for (let shift = 0; shift < MAX_SHIFT; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError("the block ends in mid-integer");
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError("an integer is too large");
  }

  /** Section 5.2. */
  #readText(): string {
    const isHuffman = this.#at < this.#end && this.#bytes[this.#at]! >= 0x80;
    const start = this.#skipText();
    const length = this.#at - start;
    const room = isHuffman ? maxDecodedLength(length) : length;
    const out = room <= SCRATCH.byteLength ? SCRATCH : Buffer.allocUnsafe(room);
    if (!isHuffman) return toText(out, copy(this.#bytes, start, this.#at, out));
    const decodedLength = huffmanDecode(this.#bytes, start, this.#at, out);
    if (decodedLength >= 0) return toText(out, decodedLength);
    throw new HpackError("a text breaks the rules of the Huffman code");
  }

  /** Goes to the end of a text, and tells where its bytes begin. */
  #skipText(): number {
    const length = this.#readInteger(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new HpackError("the block ends in mid-text");
    return start;
  }
}

function isSizeUpdate(first: number): boolean {
  return first >= 0x20 && first < 0x40;
}

/** Takes half the time of `set()` with a part of the bytes, as texts are short. */
function copy(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  for (let at = start; at < end; at++) out[at - start] = bytes[at]!;
  return end - start;
}

/** The text of so many bytes, a byte being a character. */
function toText(bytes: Buffer, length: number): string {
  if (length > MAX_SHORT_TEXT) return bytes.toString("latin1", 0, length);
  let text = "";
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  }
  for (; at < length; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
