import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { StreamMap } from "../../src/http2/stream_map.ts";
import { checkProperty } from "../support/properties.ts";

/** Ids that share slots are among them: those that are 32 apart do in the smallest table. */
const ID = fc.oneof(
  fc.nat(50).map((n) => 2 * n + 1),
  fc.nat(20).map((n) => 32 * n + 1),
  fc.integer({ min: 0x7fff_fff0, max: 0x7fff_ffff }).map((id) => id | 1),
);

Deno.test("StreamMap has what a Map would have, whatever is added and deleted", () => {
  const step = fc.record({ isAdd: fc.boolean(), id: ID });
  checkProperty(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const streams = new StreamMap<{ id: number }>();
    const map = new Map<number, { id: number }>();
    for (const { isAdd, id } of steps) {
      if (isAdd && map.has(id)) continue;
      const stream = { id };
      if (isAdd) streams.add(stream);
      else streams.delete(id);
      if (isAdd) map.set(id, stream);
      else map.delete(id);
      assertEquals(streams.size, map.size);
      for (const { id } of steps) assertEquals(streams.get(id), map.get(id));
      assertEquals(new Set(streams.values()), new Set(map.values()));
    }
  }));
});

Deno.test("StreamMap finds each of thousands of streams", () => {
  const streams = new StreamMap<{ id: number }>();
  for (let id = 1; id < 20_000; id += 2) streams.add({ id });
  for (let id = 1; id < 20_000; id += 4) streams.delete(id);
  for (let id = 1; id < 20_000; id += 2) {
    assertEquals(streams.get(id)?.id, id % 4 === 1 ? undefined : id);
  }
  assertEquals(streams.size, 5000);
});
