/**
 * The header lists of blocks that came before: clients send the same block for each call of a method.
 *
 * @module
 */

import type { HeaderList } from "./header_list.ts";

/** A power of two. */
const SLOTS = 16;
/** Longer ones are not kept: a connection holds no more than 4 KiB for this. */
const MAX_BLOCK_BYTES = 256;

interface Entry {
  readonly block: Uint8Array;
  readonly list: HeaderList;
}

/** Finds lists by the bytes of their blocks, as long as the table is that of one generation. */
export class BlockCache {
  #slots: (Entry | undefined)[] | undefined;
  #generation = -1;

  /** The list of a block that stands in `bytes` from `start` to `end`. */
  find(
    generation: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): HeaderList | undefined {
    if (this.#generation !== generation || end - start > MAX_BLOCK_BYTES) return undefined;
    const entry = this.#slots![slotOf(bytes, start, end)];
    if (entry === undefined || !isSame(entry.block, bytes, start, end)) return undefined;
    return entry.list;
  }

  /** Keeps a list, in place of one that has the same slot. */
  add(generation: number, bytes: Uint8Array, start: number, end: number, list: HeaderList): void {
    if (end - start > MAX_BLOCK_BYTES) return;
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#slots = new Array(SLOTS).fill(undefined);
    }
    this.#slots![slotOf(bytes, start, end)] = {
      block: Uint8Array.prototype.slice.call(bytes, start, end),
      list,
    };
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]! | 0;
  return (hash ^ hash >>> 16) & SLOTS - 1;
}

function isSame(block: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (block.length !== end - start) return false;
  for (let i = 0; i < block.length; i++) {
    if (block[i] !== bytes[start + i]) return false;
  }
  return true;
}
