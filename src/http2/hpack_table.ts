/**
 * The tables of HPACK (RFC 7541, section 2.3): the static one of Appendix A, and the dynamic one,
 * which each direction of a connection has for itself.
 *
 * @module
 */

import { Field } from "./field.ts";

/** How large a dynamic table is until somebody says otherwise (RFC 9113, section 6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;

/** Appendix A, in its order: the first field has index 1. */
export const STATIC_TABLE: readonly Field[] = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate
`.trim().split("\n").map((line) => {
  const [name, value = ""] = line.split(/ (.*)/);
  return new Field(name!, value);
});

const MIN_SLOTS = 16;

/** A dynamic table: the newest field has index 0, and the oldest goes first (section 2.3.2). */
export class DynamicTable {
  /** A ring, whose length is a power of two. */
  #slots: (Field | undefined)[] = [];
  #newest = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes: number;
  #generation = 0;

  /** @param maxBytes As section 4.1 counts them. */
  constructor(maxBytes: number = DEFAULT_TABLE_SIZE) {
    this.#maxBytes = maxBytes;
  }

  /** How often it has changed: as long as this is the same, indexes stand for the same fields. */
  get generation(): number {
    return this.#generation;
  }

  /** The number of fields. */
  get count(): number {
    return this.#count;
  }

  /** The size of its fields (section 4.1). */
  get bytes(): number {
    return this.#bytes;
  }

  /** How large it may be. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** The field with an index, if there is one. */
  at(index: number): Field | undefined {
    if (index >= this.#count) return undefined;
    return this.#slots[this.#newest - index & this.#slots.length - 1];
  }

  /** The index of a field, or -1. */
  indexOf(name: string, value: string): number {
    for (let index = 0; index < this.#count; index++) {
      const field = this.at(index)!;
      if (field.name === name && field.value === value) return index;
    }
    return -1;
  }

  /** Puts a field in; others have to go for it. One that is too large leaves it empty (section 4.4). */
  insert(field: Field): void {
    this.#generation++;
    this.#evictDownTo(this.#maxBytes - field.bytes);
    if (field.bytes > this.#maxBytes) return;
    if (this.#count === this.#slots.length) this.#grow();
    this.#newest = this.#newest + 1 & this.#slots.length - 1;
    this.#slots[this.#newest] = field;
    this.#count++;
    this.#bytes += field.bytes;
  }

  /** Changes how large it may be (section 4.3). */
  resize(maxBytes: number): void {
    this.#generation++;
    this.#maxBytes = maxBytes;
    this.#evictDownTo(maxBytes);
  }

  #evictDownTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      this.#count--;
      const oldest = this.#newest - this.#count & this.#slots.length - 1;
      this.#bytes -= this.#slots[oldest]!.bytes;
      this.#slots[oldest] = undefined;
    }
  }

  #grow(): void {
    const fields: (Field | undefined)[] = [];
    for (let index = this.#count - 1; index >= 0; index--) fields.push(this.at(index));
    this.#newest = fields.length - 1;
    const slots = Math.max(MIN_SLOTS, fields.length * 2);
    while (fields.length < slots) fields.push(undefined);
    this.#slots = fields;
  }
}
