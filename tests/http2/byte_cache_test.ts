import { assertEquals } from "@std/assert";
import { ByteCache } from "../../src/http2/byte_cache.ts";

const MAX_BYTES = 2048;
const MAX_TOTAL_BYTES = 8192;

/** So many bytes, which are others for each number. */
function numbered(number: number, length = 4): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function find<T>(cache: ByteCache<T>, bytes: Uint8Array): T | undefined {
  return cache.find(bytes, 0, bytes.byteLength);
}

function add<T>(cache: ByteCache<T>, bytes: Uint8Array, value: T): void {
  cache.add(bytes, 0, bytes.byteLength, value);
}

Deno.test("ByteCache finds values by their bytes, wherever these stand", () => {
  const cache = new ByteCache<string>();
  assertEquals(find(cache, numbered(1)), undefined);
  cache.add(Uint8Array.of(9, 1, 2, 3, 9), 1, 4, "a");
  add(cache, Uint8Array.of(1, 2), "b");
  add(cache, new Uint8Array(), "c");
  const bytes = Uint8Array.of(1, 2, 3, 1, 2);
  const found = [[0, 3], [3, 5], [0, 0], [0, 2], [0, 4], [1, 3]].map(([start, end]) =>
    cache.find(bytes, start!, end!)
  );
  assertEquals(found, ["a", "b", "c", "b", undefined, undefined]);
});

Deno.test("ByteCache finds only what has the same bytes, however few values it keeps", () => {
  const cache = new ByteCache<number>();
  for (let number = 0; number < 1000; number++) {
    add(cache, numbered(number), number);
    assertEquals(find(cache, numbered(number)), number);
    const before = find(cache, numbered(number >> 1));
    assertEquals(before ?? number >> 1, number >> 1);
  }
});

Deno.test("ByteCache keeps bytes as they were", () => {
  const cache = new ByteCache<string>();
  const bytes = numbered(1);
  add(cache, bytes, "a");
  bytes[0] = 2;
  assertEquals(find(cache, bytes), undefined);
  assertEquals(find(cache, numbered(1)), "a");
});

Deno.test("ByteCache keeps no bytes that are long", () => {
  const cache = new ByteCache<string>();
  add(cache, numbered(1, MAX_BYTES), "a");
  add(cache, numbered(2, MAX_BYTES + 1), "b");
  assertEquals(find(cache, numbered(1, MAX_BYTES)), "a");
  assertEquals(find(cache, numbered(2, MAX_BYTES + 1)), undefined);
});

Deno.test("ByteCache begins anew rather than keep more bytes than it may", () => {
  const cache = new ByteCache<number>();
  // One slot is filled again and again, and that counts.
  for (let time = 0; time < 2 * MAX_TOTAL_BYTES / MAX_BYTES; time++) {
    const isFirst = time % (MAX_TOTAL_BYTES / MAX_BYTES) === 0;
    if (isFirst) add(cache, numbered(1, MAX_BYTES), time);
    else add(cache, numbered(2, MAX_BYTES - 1), time);
    const kept = find(cache, numbered(1, MAX_BYTES));
    assertEquals(kept, isFirst ? time : time & ~3);
  }
  add(cache, numbered(3), 0);
  assertEquals(find(cache, numbered(1, MAX_BYTES)), undefined);
});

Deno.test("ByteCache forgets all that it is told to", () => {
  const cache = new ByteCache<string>();
  add(cache, numbered(1), "a");
  cache.clear();
  assertEquals(find(cache, numbered(1)), undefined);
  add(cache, numbered(2), "b");
  assertEquals([find(cache, numbered(1)), find(cache, numbered(2))], [undefined, "b"]);
});
