/**
 * The decoder of HPACK (RFC 7541), one for each connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { BlockCache } from "./block_cache.ts";
import { Field } from "./field.ts";
import { HeaderList } from "./header_list.ts";
import { HpackError } from "./hpack_error.ts";
import { DEFAULT_TABLE_SIZE, DynamicTable, STATIC_TABLE } from "./hpack_table.ts";
import { huffmanDecode, maxDecodedLength } from "./huffman.ts";

/** Section 4.2: the smallest size of the time between two blocks, and then the last one. */
const MAX_SIZE_UPDATES = 2;
/** No integer needs more than this (section 5.1): blocks and tables are far smaller. */
const MAX_INTEGER = 0x0fff_ffff;
const MAX_INTEGER_SHIFT = 28;

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
  readonly #cache = new BlockCache();
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
  }

  /**
   * Decodes a whole block, which stands in `bytes` from `start` to `end`.
   *
   * @returns the same list for the same bytes, as long as nothing in the table has changed
   * @throws {HpackError} If it breaks the rules of HPACK: the connection cannot go on.
   */
  decode(bytes: Uint8Array, start: number, end: number): HeaderList {
    const generation = this.#table.generation;
    const known = this.#cache.find(generation, bytes, start, end);
    if (known !== undefined) return known;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const list = new HeaderList(this.#maxListBytes);
    this.#readSizeUpdates();
    while (this.#at < end) list.add(this.#readField());
    this.#bytes = SCRATCH;
    if (this.#table.generation === generation) this.#cache.add(generation, bytes, start, end, list);
    return list;
  }

  /** Section 6.3. They are found at the beginning of a block alone (section 4.2). */
  #readSizeUpdates(): void {
    for (let count = 0; (this.#bytes[this.#at]! & 0xe0) === 0x20; count++) {
      if (this.#at >= this.#end) break;
      if (count === MAX_SIZE_UPDATES) throw new HpackError("too many dynamic table size updates");
      const size = this.#readInteger(0x1f);
      if (size > this.#maxTableSize) throw new HpackError(`table size ${size} is above the limit`);
      this.#table.resize(size);
    }
    if (this.#table.maxBytes > this.#maxTableSize) {
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
    if (first >= 0x20) throw new HpackError("a dynamic table size update in mid-block");
    // Sections 6.2.2 and 6.2.3: whether another hop may index it makes no difference here.
    return this.#readLiteral(0x0f);
  }

  #readLiteral(mask: number): Field {
    const index = this.#readInteger(mask);
    if (index === 0) return new Field(this.#readText(), this.#readText());
    const { name, kind } = this.#fieldAt(index);
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
    for (let shift = 0; shift < MAX_INTEGER_SHIFT; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError("the block ends in mid-integer");
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value > MAX_INTEGER) break;
        return value;
      }
    }
    throw new HpackError("an integer is too large");
  }

  /** Section 5.2. */
  #readText(): string {
    if (this.#at >= this.#end) throw new HpackError("the block ends in mid-field");
    const isHuffman = this.#bytes[this.#at]! >= 0x80;
    const length = this.#readInteger(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw new HpackError("the block ends in mid-text");
    if (isHuffman) return this.#readHuffman(start, this.#at);
    const bytes = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
    return bytes.toString("latin1");
  }

  #readHuffman(start: number, end: number): string {
    const room = maxDecodedLength(end - start);
    const out = room <= SCRATCH.byteLength ? SCRATCH : Buffer.allocUnsafe(room);
    const length = huffmanDecode(this.#bytes, start, end, out);
    if (length < 0) throw new HpackError("a text breaks the rules of the Huffman code");
    return out.toString("latin1", 0, length);
  }
}
