/**
 * Random blocks of HPACK: nonsense, what clients send, that with faults, and representations put
 * together at random.
 *
 * @module
 */

import { huffmanEncode, huffmanLength } from "../../src/http2/huffman.ts";
import { mutate, type Random } from "./fuzz.ts";

const TEXTS = ["", "a", "te", "trailers", ":path", "/a/b", "x-name", "Host", "a\0b", "\xff\x01"];
const SIZES = [0, 1, 31, 32, 33, 64, 200, 4095, 4096, 4097, 65_536];
const STATIC_FIELDS = 61;
const MAX_BLOCKS = 24;

/**
 * The blocks of a connection.
 *
 * @param seeds Blocks of a client, in the order in which they were sent.
 */
export function randomBlocks(random: Random, seeds: readonly Uint8Array[]): Uint8Array[] {
  const blocks = random.oneIn(2) ? seeds.slice(0, 1 + random.below(seeds.length)) : [];
  for (let count = random.below(MAX_BLOCKS); count > 0; count--) {
    blocks.push(randomBlock(random, blocks));
  }
  return blocks;
}

function randomBlock(random: Random, before: readonly Uint8Array[]): Uint8Array {
  const kind = random.below(before.length > 0 ? 12 : 8);
  if (kind === 0) return random.bytes(random.below(40));
  if (kind === 1) return mutate(random, new BlockWriter(random).write().bytes);
  if (kind < 8) return new BlockWriter(random).write().bytes;
  const again = random.pick(before);
  if (kind === 8) return mutate(random, again);
  return kind < 11 ? again : new BlockWriter(random, again).write().bytes;
}

/** Writes representations, most of them well-formed. */
class BlockWriter {
  readonly #random: Random;
  readonly #bytes: number[];

  constructor(random: Random, begin: Uint8Array = new Uint8Array()) {
    this.#random = random;
    this.#bytes = Array.from(begin);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  write(): this {
    const random = this.#random;
    if (random.oneIn(8)) this.#size();
    for (let count = random.below(8); count > 0; count--) this.#field();
    if (random.oneIn(60)) this.#size();
    return this;
  }

  #size(): void {
    this.#integer(0x20, 0x1f, this.#random.pick(SIZES));
  }

  #field(): void {
    const random = this.#random;
    if (random.oneIn(2)) return this.#integer(0x80, 0x7f, this.#index());
    const [bits, mask] = random.pick([[0x40, 0x3f], [0x40, 0x3f], [0x00, 0x0f], [0x10, 0x0f]]);
    const hasIndex = random.oneIn(2);
    this.#integer(bits!, mask!, hasIndex ? this.#index() : 0);
    if (!hasIndex) this.#text();
    this.#text();
  }

  /** Mostly one that is there: of the static table, or of what the dynamic one had last. */
  #index(): number {
    const random = this.#random;
    if (random.oneIn(200)) return random.below(300);
    if (random.oneIn(8)) return STATIC_FIELDS + 1 + random.below(3);
    return 1 + random.below(STATIC_FIELDS);
  }

  #text(): void {
    const random = this.#random;
    const text = random.oneIn(4)
      ? String.fromCharCode(...random.bytes(random.below(50)))
      : random.pick(TEXTS).repeat(random.oneIn(10) ? random.below(200) : 1);
    if (random.oneIn(2)) {
      this.#integer(0x00, 0x7f, text.length);
      for (let i = 0; i < text.length; i++) this.#bytes.push(text.charCodeAt(i));
      return;
    }
    const encoded = new Uint8Array(huffmanLength(text));
    huffmanEncode(text, encoded, 0);
    this.#integer(0x80, 0x7f, encoded.length);
    for (const byte of encoded) this.#bytes.push(byte);
  }

  #integer(bits: number, mask: number, value: number): void {
    if (value < mask) return void this.#bytes.push(bits | value);
    this.#bytes.push(bits | mask);
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes.push(0x80 | rest & 0x7f);
    this.#bytes.push(rest);
  }
}
