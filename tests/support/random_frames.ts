/**
 * Random bytes of a client of HTTP/2: frames of all kinds, most of them allowed, some that break a rule,
 * and some with bytes changed.
 *
 * @module
 */

import { mutate, type Random } from "./fuzz.ts";
import {
  concat,
  data,
  FLAG,
  frame,
  goaway,
  grpcFields,
  headerBlock,
  type HeaderFields,
  headers,
  PREFACE,
  rstStream,
  settings,
  windowUpdate,
} from "./http2_frames.ts";

const MAX_FRAMES = 30;
const FIELDS: readonly HeaderFields[] = [
  grpcFields("/a"),
  grpcFields("/greeter.v1.Greeter/SayHello", { "x-name": "a".repeat(200) }),
  grpcFields("/a", { "content-length": "5" }),
  grpcFields("/a", { ":method": "CONNECT" }),
  grpcFields("/a", { ":path": undefined }),
  [...grpcFields("/a"), ["Upper", "case"]],
  [...grpcFields("/a"), ["connection", "close"]],
  [],
];
const TRAILERS: HeaderFields = [["x-trailer", "a"]];
const CODES = [0, 1, 2, 7, 8, 11, 0xffff_ffff];
const INCREMENTS = [0, 1, 100, 65_535, 0x7fff_0000, 0x7fff_ffff];
const SETTINGS = [
  ...[[1, 0], [1, 100], [1, 4096], [1, 65_536], [2, 0], [2, 1], [3, 0], [4, 0], [4, 1], [
    4,
    65_535,
  ]],
  ...[[5, 16_384], [5, 100_000], [6, 0], [9, 9]],
] as [number, number][];
const WRONG_SETTINGS = [[2, 2], [4, 0x7fff_ffff], [4, 0x8000_0000], [5, 1], [5, 0xffff_ffff]] as [
  number,
  number,
][];
const LENGTHS = [0, 0, 1, 5, 5, 100, 1000, 16_384, 20_000];

/** All that a client sends on one connection, its frames one by one. */
export function randomConnection(random: Random): Uint8Array[] {
  const client = new RandomClient(random);
  const frames = [concat(PREFACE, settings())];
  if (random.oneIn(50)) frames[0] = mutate(random, frames[0]!);
  for (let count = random.below(MAX_FRAMES); count > 0; count--) {
    const next = client.next();
    frames.push(random.oneIn(200) ? mutate(random, next) : next);
  }
  return frames;
}

/** Makes one frame after the other, some of them in several. */
class RandomClient {
  readonly #random: Random;
  #lastId = -1;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Uint8Array {
    if (this.#random.oneIn(60)) return this.#wrong();
    if (this.#lastId < 0 || this.#random.oneIn(4)) return this.#request();
    const random = this.#random;
    const id = this.#id();
    switch (random.below(12)) {
      case 0:
        return settings(...Array.from({ length: random.below(3) }, () => random.pick(SETTINGS)));
      case 1:
        return frame(4, FLAG.ack, 0);
      case 2:
        return frame(6, random.below(2), 0, random.bytes(8));
      case 3:
        return random.oneIn(4) ? goaway(random.below(9), random.pick(CODES)) : windowUpdate(0, 1);
      case 4:
        return windowUpdate(id, random.pick(INCREMENTS));
      case 5:
        return rstStream(id, random.pick(CODES));
      case 6:
        return frame(2, 0, id, concat(new Uint8Array(3), Uint8Array.of(random.below(9), 1)));
      case 7:
        return this.#paddedData(id);
      case 8:
        return headers(id, TRAILERS, true);
      default:
        return data(id, new Uint8Array(random.pick(LENGTHS)), random.oneIn(3));
    }
  }

  /** What often ends the connection. */
  #wrong(): Uint8Array {
    const random = this.#random;
    const id = random.oneIn(4) ? random.below(100) : this.#id();
    switch (random.below(6)) {
      case 0:
        return headers(id, random.pick(FIELDS), random.oneIn(2));
      case 1:
        return headerBlock(id, random.bytes(random.below(20)));
      case 2:
        return frame(random.below(12), random.below(256), id, random.bytes(random.below(20)));
      case 3:
        return windowUpdate(0, random.pick([...INCREMENTS, 0, 0xffff_ffff]));
      case 4:
        return settings(random.pick(WRONG_SETTINGS));
      default:
        return data(id, new Uint8Array(100_000));
    }
  }

  /** Mostly of a stream that was opened. */
  #id(): number {
    return Math.max(1, this.#lastId - 2 * this.#random.below(3));
  }

  /** With a header block in pieces now and then, between which nothing may come. */
  #request(): Uint8Array {
    const random = this.#random;
    this.#lastId += 2;
    const isEnd = random.oneIn(2);
    const fields = random.oneIn(4) ? random.pick(FIELDS) : FIELDS[0]!;
    if (!random.oneIn(8)) return headers(this.#lastId, fields, isEnd);
    const block = headers(this.#lastId, fields).subarray(9);
    const at = random.below(block.length + 1);
    return concat(
      frame(1, isEnd ? FLAG.endStream : 0, this.#lastId, block.subarray(0, at)),
      random.oneIn(60) ? frame(0xbb, 0, this.#lastId) : new Uint8Array(),
      frame(9, random.oneIn(60) ? 0 : FLAG.endHeaders, this.#lastId, block.subarray(at)),
    );
  }

  #paddedData(id: number): Uint8Array {
    const random = this.#random;
    const padding = random.below(12);
    const payload = new Uint8Array(random.oneIn(60) ? random.below(12) : padding + random.below(9));
    const flags = 0x8 | (random.oneIn(2) ? FLAG.endStream : 0);
    return frame(0, flags, id, concat(Uint8Array.of(padding), payload));
  }
}
