/**
 * The encoder of HPACK (RFC 7541), one for each connection, for responses and trailers.
 *
 * What a server says over and over (its content type, a status) goes into the dynamic table, and is a
 * byte from then on. What changes with each call does not, so that it drives nothing else out. Fields
 * that are frozen are encoded once, and again only when the table has changed.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { faultOf, Field } from "./field.ts";
import { DEFAULT_TABLE_SIZE, DynamicTable, STATIC_TABLE } from "./hpack_table.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";

/** Header fields to send, by their names in lower case; a list is sent as several fields. */
export type FieldsToSend = Readonly<Record<string, string | readonly string[]>>;

/** Fields with few values, which are put into the table. */
const REPEATED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "accept-post",
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "alt-svc",
  "cache-control",
  "connect-accept-encoding",
  "connect-content-encoding",
  "content-encoding",
  "content-type",
  "grpc-accept-encoding",
  "grpc-encoding",
  "grpc-status",
  "server",
  "strict-transport-security",
  "vary",
]);

/** Fields with secrets, which nobody on the way may put into a table (section 7.1.3). */
const SENSITIVE: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
]);

/** The first index of each name. */
const STATIC_NAMES: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map(({ name }, i) => [name, i + 1] as const).reverse(),
);
/** Statuses that the static table has. */
const STATIC_STATUSES: ReadonlyMap<number, number> = new Map(
  STATIC_TABLE.flatMap(({ name, value }, i) => name === ":status" ? [[Number(value), i + 1]] : []),
);
const STATUS_NAME_INDEX = 8;

// The first bits of a representation (section 6), and how much of an integer goes into the same byte.
const INDEXED = 0x80;
const INDEXED_MASK = 0x7f;
const WITH_INDEXING = 0x40;
const WITH_INDEXING_MASK = 0x3f;
const SIZE_UPDATE = 0x20;
const SIZE_UPDATE_MASK = 0x1f;
const NEVER_INDEXED = 0x10;
const WITHOUT_INDEXING = 0x00;
const LITERAL_MASK = 0x0f;
const HUFFMAN = 0x80;
const TEXT_MASK = 0x7f;

/** What the integers of a field take at most. */
const OVERHEAD_BYTES = 16;
/** How many blocks of frozen fields a connection keeps. */
const MAX_KEPT = 8;
const SCRATCH = new Uint8Array(4096);

interface KeptBlock {
  readonly fields: FieldsToSend;
  readonly status: number | undefined;
  /** Of the table when it was encoded. */
  readonly generation: number;
  readonly block: Uint8Array;
}

/** Encodes the blocks of a connection, which have to be sent in that order, and all of them. */
export class HpackEncoder {
  readonly #table = new DynamicTable();
  readonly #kept: KeptBlock[] = [];
  #nextKept = 0;
  /** The smallest size of the table since the last block, if the peer has set any. */
  #smallestSize: number | undefined;
  #out: Uint8Array = SCRATCH;
  #at = 0;

  /**
   * Keeps to a SETTINGS_HEADER_TABLE_SIZE of the peer. The next block will say so (section 4.2).
   *
   * @param size In bytes; of more than 4096 no use is made.
   */
  limitTable(size: number): void {
    const maxBytes = Math.min(size, DEFAULT_TABLE_SIZE);
    if (maxBytes === this.#table.maxBytes) return;
    this.#table.resize(maxBytes);
    this.#smallestSize = Math.min(maxBytes, this.#smallestSize ?? maxBytes);
  }

  /**
   * Encodes fields as a block.
   *
   * @param fields If they are frozen, and so are their lists, the block is kept for the next time.
   * @param status The status of a response, which goes before them; trailers have none.
   * @returns bytes that nobody may change
   * @throws {TypeError} If HTTP/2 does not allow a field. There is nothing to be sent then.
   */
  encode(fields: FieldsToSend, status?: number): Uint8Array {
    const block = Object.isFrozen(fields)
      ? this.#encodeOnce(fields, status)
      : this.#encodeNow(fields, status);
    return this.#smallestSize === undefined ? block : this.#afterSizeUpdates(block);
  }

  #encodeOnce(fields: FieldsToSend, status: number | undefined): Uint8Array {
    const { generation } = this.#table;
    const at = this.#indexOfKept(fields, status);
    if (at >= 0 && this.#kept[at]!.generation === generation) return this.#kept[at]!.block;
    // Of its own, as what comes from a pool would keep that alive. If it puts fields into the table, it
    // is no longer right: the generation is another one then.
    const block = Uint8Array.from(this.#encodeNow(fields, status));
    this.#kept[at >= 0 ? at : this.#nextKept++ % MAX_KEPT] = { fields, status, generation, block };
    return block;
  }

  #indexOfKept(fields: FieldsToSend, status: number | undefined): number {
    const kept = this.#kept;
    for (let i = 0; i < kept.length; i++) {
      if (kept[i]!.fields === fields && kept[i]!.status === status) return i;
    }
    return -1;
  }

  #encodeNow(fields: FieldsToSend, status: number | undefined): Uint8Array {
    // All of them first: a block that is given up half-way would leave the table changed.
    for (const name in fields) {
      const value = fields[name]!;
      if (typeof value === "string") checkField(name, value);
      else value.forEach((each) => checkField(name, each));
    }
    this.#at = 0;
    if (status !== undefined) this.#writeStatus(status);
    for (const name in fields) {
      const value = fields[name]!;
      if (typeof value === "string") this.#writeField(name, value);
      else value.forEach((each) => this.#writeField(name, each));
    }
    // A small Uint8Array of its own would take four times as long.
    const block = Buffer.allocUnsafe(this.#at);
    for (let i = 0; i < this.#at; i++) block[i] = this.#out[i]!;
    this.#out = SCRATCH;
    return block;
  }

  #writeStatus(status: number): void {
    const index = STATIC_STATUSES.get(status);
    if (index !== undefined) return this.#writeInteger(INDEXED, INDEXED_MASK, index);
    this.#writeInteger(WITHOUT_INDEXING, LITERAL_MASK, STATUS_NAME_INDEX);
    this.#writeText(String(status));
  }

  #writeField(name: string, value: string): void {
    this.#reserve(name.length + value.length + OVERHEAD_BYTES);
    if (SENSITIVE.has(name)) {
      return this.#writeLiteral(NEVER_INDEXED, LITERAL_MASK, name, value);
    }
    if (!REPEATED.has(name)) {
      return this.#writeLiteral(WITHOUT_INDEXING, LITERAL_MASK, name, value);
    }
    const index = this.#table.indexOf(name, value);
    if (index >= 0) {
      return this.#writeInteger(INDEXED, INDEXED_MASK, STATIC_TABLE.length + 1 + index);
    }
    const field = new Field(name, value);
    // One that is too large would empty the table (section 4.4).
    if (field.bytes > this.#table.maxBytes) {
      return this.#writeLiteral(WITHOUT_INDEXING, LITERAL_MASK, name, value);
    }
    this.#writeLiteral(WITH_INDEXING, WITH_INDEXING_MASK, name, value);
    this.#table.insert(field);
  }

  /** Section 6.2. */
  #writeLiteral(bits: number, mask: number, name: string, value: string): void {
    const index = STATIC_NAMES.get(name);
    this.#writeInteger(bits, mask, index ?? 0);
    if (index === undefined) this.#writeText(name);
    this.#writeText(value);
  }

  /** Section 5.2. */
  #writeText(text: string): void {
    const length = huffmanLength(text);
    if (length < text.length) {
      this.#writeInteger(HUFFMAN, TEXT_MASK, length);
      this.#at = huffmanEncode(text, this.#out, this.#at);
      return;
    }
    this.#writeInteger(0, TEXT_MASK, text.length);
    for (let i = 0; i < text.length; i++) this.#out[this.#at++] = text.charCodeAt(i);
  }

  /**
   * Section 5.1.
   *
   * @param bits What the first byte has above the integer.
   * @param mask The bits of the first byte that belong to it.
   */
  #writeInteger(bits: number, mask: number, value: number): void {
    if (value < mask) {
      this.#out[this.#at++] = bits | value;
      return;
    }
    this.#out[this.#at++] = bits | mask;
    for (value -= mask; value >= 0x80; value >>>= 7) this.#out[this.#at++] = 0x80 | value & 0x7f;
    this.#out[this.#at++] = value;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#out.byteLength) return;
    const out = new Uint8Array(needed * 2);
    out.set(this.#out.subarray(0, this.#at));
    this.#out = out;
  }

  /** Section 4.2: the smallest size, and the one that it has now. */
  #afterSizeUpdates(block: Uint8Array): Uint8Array {
    this.#at = 0;
    const { maxBytes } = this.#table;
    if (this.#smallestSize! < maxBytes) {
      this.#writeInteger(SIZE_UPDATE, SIZE_UPDATE_MASK, this.#smallestSize!);
    }
    this.#writeInteger(SIZE_UPDATE, SIZE_UPDATE_MASK, maxBytes);
    this.#smallestSize = undefined;
    const all = new Uint8Array(this.#at + block.byteLength);
    all.set(SCRATCH.subarray(0, this.#at));
    all.set(block, this.#at);
    return all;
  }
}

function checkField(name: string, value: string): void {
  const fault = name.startsWith(":") ? `"${name}" is a pseudo-field` : faultOf(name, value);
  if (fault !== undefined) throw new TypeError(`Cannot send fields: ${fault}`);
}
