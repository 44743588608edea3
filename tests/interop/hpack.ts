/**
 * HPACK of golang.org/x/net, which grpc-go and much else is built on, against the kit's: random
 * sessions both ways, and blocks with all kinds of faults.
 */

import fc from "fast-check";
import { assertEquals, assertGreater } from "@std/assert";
import { HpackError } from "../../src/http2/hpack_error.ts";
import { fuzz } from "../support/fuzz.ts";
import { fromHex } from "../support/hpack_blocks.ts";
import { randomBlocks } from "../support/hpack_fuzz.ts";
import { startPeer } from "../support/hpack_peer.ts";
import {
  decodeSession,
  encodeSession,
  type FieldList,
  listsOf,
  SESSION,
  type WireStep,
} from "../support/hpack_session.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import { RECORDED_BLOCKS } from "../support/recorded_blocks.ts";
import { goTool } from "../support/tools.ts";

const SEEDS = Object.values(RECORDED_BLOCKS).map(({ blocks }) => blocks.map(fromHex));
const CONNECTIONS = 5000;

const hpack = await goTool("hpack");
const ignore = hpack === undefined;

/** Go refuses the second of two sizes unless the first one has emptied the table (section 4.2). */
const SECOND_SIZE = /update MUST occur at the beginning/;

/** Sessions without two limits in a row. */
const GO_SESSION = SESSION.map((steps) =>
  steps.filter((step, i) => "fields" in step || !("limit" in (steps[i + 1] ?? {})))
);

Deno.test(
  { name: "hpack of Go reads what HpackEncoder sends, as tables change", ignore },
  async () => {
    await using peer = startPeer(hpack!);
    const property = fc.asyncProperty(GO_SESSION, async (steps) => {
      assertEquals(await peer.decode(encodeSession(steps, 418)), listsOf(steps));
    });
    await checkAsyncProperty(property, 1000);
  },
);

Deno.test(
  { name: "hpack of Go sends what HpackDecoder reads, as tables change", ignore },
  async () => {
    await using peer = startPeer(hpack!);
    const property = fc.asyncProperty(SESSION, async (steps) => {
      assertEquals(decodeSession(await peer.encode(steps)), listsOf(steps));
    });
    await checkAsyncProperty(property, 1000);
  },
);

/** What the kit's decoder makes of blocks: the lists before one that it refuses, and why it does. */
function decodeUntilRefused(wire: readonly WireStep[]): { lists: FieldList[]; refused?: string } {
  let lists: FieldList[] = [];
  for (let count = 1; count <= wire.length; count++) {
    try {
      lists = decodeSession(wire.slice(0, count));
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      return { lists, refused: error.message };
    }
  }
  return { lists };
}

/** What Go takes: RFC 7541 does not allow it, or leaves it to the decoder. */
const TAKEN_BY_GO = /too many dynamic table size updates|in mid-block|integer is too large/;

Deno.test({ name: "hpack of Go reads the same in any block as HpackDecoder", ignore }, async () => {
  await using peer = startPeer(hpack!);
  let agreed = 0;
  await fuzz(CONNECTIONS, async (random) => {
    const wire = randomBlocks(random, random.pick(SEEDS)).map((b) => ({ block: b.toHex() }));
    const { lists, refused } = decodeUntilRefused(wire);
    const taken = await peer.decode(wire.slice(0, lists.length));
    if (typeof taken === "string" && SECOND_SIZE.test(taken)) return;
    assertEquals(taken, lists);
    if (refused === undefined || TAKEN_BY_GO.test(refused)) return;
    assertEquals(typeof await peer.decode(wire.slice(0, lists.length + 1)), "string", refused);
    agreed++;
  });
  assertGreater(agreed, 0);
});
