import { assert, assertEquals, assertInstanceOf, assertLessOrEqual } from "@std/assert";
import type { HeaderList } from "../../src/http2/header_list.ts";
import type { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import { HpackError } from "../../src/http2/hpack_error.ts";
import { headerListBytes } from "../../src/http_stream.ts";
import { fuzz, type Random } from "../support/fuzz.ts";
import { createDecoder, fromHex } from "../support/hpack_blocks.ts";
import { randomBlocks } from "../support/hpack_fuzz.ts";
import { RECORDED_BLOCKS } from "../support/recorded_blocks.ts";

const SEEDS = Object.values(RECORDED_BLOCKS).map(({ blocks }) => blocks.map(fromHex));
/** With about 12 blocks each. */
const CONNECTIONS = 20_000;

interface Connection {
  readonly decoder: HpackDecoder;
  readonly maxListBytes: number;
}

function connect(random: Random): Connection {
  const maxListBytes = random.pick([0, 100, 500, 16_384]);
  const maxTableSize = random.pick([0, 100, 4096, 4096]);
  return { decoder: createDecoder({ maxTableSize, maxListBytes }), maxListBytes };
}

/** @returns whether the connection may go on */
function decode({ decoder, maxListBytes }: Connection, block: Uint8Array): boolean {
  try {
    const list = decoder.decode(block, 0, block.byteLength);
    checkList(list, maxListBytes);
    return true;
  } catch (error) {
    assertInstanceOf(error, HpackError);
    return false;
  }
}

function checkList(list: HeaderList, maxListBytes: number): void {
  assertLessOrEqual(headerListBytes(list.fields), Math.min(list.bytes, maxListBytes));
  assertEquals(list.isTooLong, list.bytes > maxListBytes);
  if (list.requestFault !== undefined || list.isTooLong) return;
  // Whoever takes it for a request finds what requests have, and what `Headers` take.
  assert(list.method !== undefined && list.authority !== undefined);
  for (const name in list.record) new Headers([[name, list.record[name]!]]);
}

Deno.test("HpackDecoder makes a list of any block, or refuses it with HpackError", async () => {
  await fuzz(CONNECTIONS, (random) => {
    let connection = connect(random);
    for (const block of randomBlocks(random, random.pick(SEEDS))) {
      if (!decode(connection, block)) connection = connect(random);
    }
  });
});
