import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { Roster } from "../src/roster.ts";
import { checkProperty } from "./support/properties.ts";

Deno.test("Roster has what a Set would have, whatever is added and deleted", () => {
  const step = fc.record({ isAdd: fc.boolean(), index: fc.nat(20) });
  checkProperty(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const items = Array.from({ length: 21 }, () => ({ rosterIndex: -1 }));
    const roster = new Roster<{ rosterIndex: number }>();
    const set = new Set<unknown>();
    for (const { isAdd, index } of steps) {
      const item = items[index]!;
      if (isAdd && !set.has(item)) roster.add(item);
      else if (!isAdd) roster.delete(item);
      if (isAdd) set.add(item);
      else set.delete(item);
      assertEquals(roster.size, set.size);
      assertEquals(new Set(roster.values()), set);
    }
  }));
});

Deno.test("Roster.values() stays as it was while what it names is deleted", () => {
  const roster = new Roster<{ rosterIndex: number }>();
  for (let i = 0; i < 5; i++) roster.add({ rosterIndex: -1 });
  let count = 0;
  for (const item of roster.values()) {
    roster.delete(item);
    count++;
  }
  assertEquals([count, roster.size], [5, 0]);
});
