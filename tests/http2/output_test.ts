import { assert, assertEquals, assertLess, assertStrictEquals } from "@std/assert";
import { BufferPool, Output } from "../../src/http2/output.ts";
import { FakeWire } from "../support/fake_wire.ts";
import { fuzz } from "../support/fuzz.ts";
import { concat, frame } from "../support/http2_frames.ts";

/** Notes how many buffers were taken, and given back. */
class CountingPool extends BufferPool {
  taken = 0;
  given = 0;

  override take(): Uint8Array {
    this.taken++;
    return super.take();
  }

  override give(buffer: Uint8Array): void {
    this.given++;
    super.give(buffer);
  }
}

function open(isRead = true) {
  const wire = new FakeWire(isRead);
  const pool = new CountingPool();
  let wakes = 0;
  const output = new Output(wire, pool, () => wakes++);
  return { wire, pool, output, wakes: () => wakes };
}

const SMALL = new Uint8Array(100).fill(1);
const LARGE = new Uint8Array(10_000).fill(2);
const turn = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("Output writes frames in their order, and what one flush has in one write", async () => {
  const { wire, output, wakes } = open();
  output.frame(SMALL.length, 0, 1, 3);
  output.bytes(SMALL);
  output.frame(LARGE.length, 0, 0, 5);
  output.bytes(LARGE);
  output.frame(6, 4, 0, 0);
  output.uint16(3);
  output.uint32(0xffff_fffe);
  assertEquals(wakes(), 1);
  output.flush();
  await turn();
  const settings = Uint8Array.of(0, 3, 0xff, 0xff, 0xff, 0xfe);
  const expected = concat(frame(0, 1, 3, SMALL), frame(0, 0, 5, LARGE), frame(4, 0, 0, settings));
  assertEquals(wire.writes, [expected]);
  output.frame(0, 4, 1, 0);
  assertEquals(wakes(), 2);
});

Deno.test("Output does not copy what is large", async () => {
  const { wire, output } = open();
  output.frame(LARGE.length, 0, 0, 1);
  output.bytes(LARGE);
  output.flush();
  await turn();
  assertStrictEquals(wire.chunks[1], LARGE);
});

Deno.test("Output.copy() takes bytes that change before they are sent", async () => {
  const { wire, output } = open();
  const bytes = SMALL.slice();
  output.copy(bytes);
  bytes.fill(9);
  output.flush();
  await turn();
  assertEquals(wire.bytes, SMALL);
});

Deno.test("Output flushes nothing when there is nothing", () => {
  const { wire, output, wakes } = open();
  output.flush();
  assertEquals([wire.writes.length, wire.writableLength, wakes()], [0, 0, 0]);
});

Deno.test("Output writes to no buffer that is still on the wire", async () => {
  await fuzz(100, (random) => {
    const { wire, output } = open(false);
    const all: Uint8Array[] = [];
    // The wire fails if what it has not taken changes.
    for (let i = 0; i < 300; i++) {
      const bytes = new Uint8Array(1 + random.below(20_000)).fill(i);
      if (random.oneIn(4)) output.bytes(bytes);
      else output.copy(bytes);
      all.push(bytes);
      if (random.oneIn(2)) output.flush();
      if (random.oneIn(3)) wire.take(random.below(4));
    }
    output.flush();
    wire.take();
    assertEquals(wire.bytes, concat(...all));
  });
});

Deno.test("Output keeps no more for a client that reads nothing than what it is sent", () => {
  const { pool, output } = open(false);
  for (let i = 0; i < 1000; i++) {
    output.copy(SMALL);
    output.flush();
  }
  // 100,000 bytes in buffers of 32 KiB.
  assertEquals(pool.taken, 4);
});

Deno.test("Output gives its buffers back when all is taken, and has none while it is idle", async () => {
  const { pool, output } = open();
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 1000; i++) output.copy(SMALL);
    output.flush();
    await turn();
    assertEquals(pool.taken, pool.given);
  }
  assertLess(pool.taken, 5 * 4 + 1);
});

Deno.test("Output gives no buffer back that may be read yet, after an error", async () => {
  const { wire, pool, output } = open(false);
  for (let i = 0; i < 500; i++) output.copy(SMALL);
  output.flush();
  wire.break();
  await turn();
  assertEquals(pool.given, 0);
});

Deno.test("Output tells what is pending, here and on the wire", () => {
  const { wire, output } = open(false);
  output.bytes(SMALL);
  output.bytes(LARGE);
  assertEquals(output.pendingBytes, 10_100);
  output.flush();
  assertEquals([output.pendingBytes, wire.writableLength], [10_100, 10_100]);
  wire.take();
  assertEquals(output.pendingBytes, 0);
});

Deno.test("Output.close() sends nothing any more", () => {
  const { wire, output } = open();
  output.copy(SMALL);
  output.close();
  output.flush();
  output.bytes(LARGE);
  output.flush();
  assertEquals(wire.writableLength, 0);
});

Deno.test("BufferPool keeps some buffers, and lets go of the rest", () => {
  const pool = new BufferPool();
  const buffers = Array.from({ length: 100 }, () => pool.take());
  buffers.forEach((buffer) => pool.give(buffer));
  const again = new Set(Array.from({ length: 100 }, () => pool.take()));
  const kept = buffers.filter((buffer) => again.has(buffer)).length;
  assert(kept > 0 && kept < 50, `${kept}`);
});
