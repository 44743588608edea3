/**
 * What came of bytes that were seen before: clients send the same block for each call of a method, and
 * the same path where the rest of the block differs.
 *
 * @module
 */

/** A power of two. */
const SLOTS = 16;
/** Longer ones are not kept. */
const MAX_BYTES = 2048;
/** Of how many bytes one cache keeps something. */
const MAX_TOTAL_BYTES = 8192;
/** A hash takes in so many bytes, evenly spread. */
const HASHED_BYTES = 64;

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/** Finds what it was given for the same bytes. */
export class ByteCache<T> {
  readonly #entries: (Entry<T> | undefined)[] = [];
  #last: Entry<T> | undefined;
  #totalBytes = 0;

  /** The value for the bytes from `start` to `end`, if it is kept. */
  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    if (this.#last === undefined) return undefined;
    if (isSame(this.#last.bytes, bytes, start, end)) return this.#last.value;
    const entry = this.#entries[slotOf(bytes, start, end)];
    if (entry === undefined || !isSame(entry.bytes, bytes, start, end)) return undefined;
    this.#last = entry;
    return entry.value;
  }

  /** Keeps a value, in place of one that has the same slot. */
  add(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > MAX_BYTES) return;
    this.#totalBytes += end - start;
    if (this.#totalBytes > MAX_TOTAL_BYTES) {
      this.clear();
      this.#totalBytes = end - start;
    }
    // A Buffer's own slice() would be no copy.
    const copy = Uint8Array.prototype.slice.call(bytes, start, end);
    this.#last = this.#entries[slotOf(bytes, start, end)] = { bytes: copy, value };
  }

  /** Forgets all. */
  clear(): void {
    if (this.#last === undefined) return;
    this.#last = undefined;
    this.#entries.length = 0;
    this.#totalBytes = 0;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const step = 1 + (end - start) / HASHED_BYTES | 0;
  let hash = end - start;
  for (let at = start; at < end; at += step) hash = Math.imul(hash, 31) + bytes[at]! | 0;
  return (hash ^ hash >>> 15) & SLOTS - 1;
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}
