import { assert, assertEquals, assertLess } from "@std/assert";
import * as fc from "fast-check";
import { ByteQueue } from "../../src/http2/byte_queue.ts";
import { concat } from "../support/http2_frames.ts";
import { checkProperty } from "../support/properties.ts";

type Step = ["push" | "store", number] | ["shift", number] | ["compact"];

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom("push" as const, "store" as const), fc.integer({ min: 1, max: 3000 })),
  fc.tuple(fc.constant("shift" as const), fc.integer({ min: 1, max: 3000 })),
  fc.constant<["compact"]>(["compact"]),
);

Deno.test("ByteQueue gives back all bytes in their order, however they are put in and taken", () => {
  checkProperty(
    fc.property(fc.array(STEP, { maxLength: 200 }), (steps) => {
      const queue = new ByteQueue();
      const inputs: Uint8Array[] = [];
      const outputs: Uint8Array[] = [];
      let next = 0;
      for (const [what, count = 0] of steps) {
        if (what === "compact") queue.compact();
        else if (what === "shift") {
          if (queue.length > 0) outputs.push(queue.shift(count).slice());
        } else {
          // Larger than the bytes that are put in, as what a socket reads is.
          const chunk = Uint8Array.from({ length: 4096 }, () => next++);
          inputs.push(chunk.slice(10, 10 + count));
          queue[what](chunk.subarray(10, 10 + count));
        }
        const length = lengthOf(inputs) - lengthOf(outputs);
        assertEquals(queue.length, length);
      }
      while (queue.length > 0) outputs.push(queue.shift());
      assertEquals(concat(...outputs), concat(...inputs));
    }),
    300,
  );
});

Deno.test("ByteQueue keeps little more than the bytes that are stored", () => {
  for (const size of [1, 10, 1000, 30_000]) {
    const queue = new ByteQueue();
    for (let stored = 0; stored < 100_000; stored += size) {
      queue.store(new Uint8Array(65_536).subarray(0, size));
    }
    const { length } = queue;
    const buffers = new Set<ArrayBufferLike>();
    let pieces = 0;
    for (; queue.length > 0; pieces++) buffers.add(queue.shift().buffer);
    const kept = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assertLess(kept, 2 * length + 1024, `${size} bytes at a time`);
    assertLess(pieces, 100);
  }
});

Deno.test("ByteQueue does not copy what is large", () => {
  const queue = new ByteQueue();
  const large = new Uint8Array(10_000).subarray(0, 6000);
  queue.store(large);
  queue.push(large);
  queue.compact();
  assert(queue.shift().buffer === large.buffer);
  assert(queue.shift(100).buffer === large.buffer);
  assertEquals(queue.shift().length, 5900);
});

Deno.test("ByteQueue.compact() copies what was pushed and is small", () => {
  const queue = new ByteQueue();
  const chunk = new Uint8Array(65_536).fill(7);
  queue.store(chunk.subarray(0, 3));
  queue.push(chunk.subarray(0, 100));
  queue.compact();
  assertEquals(queue.length, 103);
  const first = queue.shift();
  assert(first.buffer.byteLength <= 1024);
  assertEquals(first, new Uint8Array(103).fill(7));
});

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
