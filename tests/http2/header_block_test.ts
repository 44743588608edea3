import { assertEquals, assertThrows } from "@std/assert";
import { ERROR, Http2Error } from "../../src/http2/frames.ts";
import { HeaderBlock } from "../../src/http2/header_block.ts";

/** How many pieces of a length a block takes. */
function capacity(length: number): number {
  const block = new HeaderBlock(1, true);
  let pieces = 0;
  const error = assertThrows(() => {
    for (; pieces < 1_000_000; pieces++) block.add(new Uint8Array(length));
  }, Http2Error) as Http2Error;
  assertEquals(error.code, ERROR.enhanceYourCalm);
  return pieces;
}

Deno.test("HeaderBlock joins its pieces", () => {
  const block = new HeaderBlock(7, false);
  for (const piece of [[1, 2], [], [3]]) block.add(Uint8Array.from(piece));
  assertEquals([...block.join()], [1, 2, 3]);
  assertEquals([block.streamId, block.isEnd], [7, false]);
});

Deno.test("HeaderBlock takes no more than some pieces, and no more than 128 KiB", () => {
  assertEquals([0, 1, 1000, 16_384, 100_000].map(capacity), [64, 64, 64, 8, 1]);
});
