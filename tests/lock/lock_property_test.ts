import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { applyLock } from "../../src/lock/apply_lock.ts";
import { formatLock, readLock } from "../../src/lock/lock_file.ts";
import type { Numbers } from "../../src/schema/model.ts";
import { checkProperty } from "../support/properties.ts";
import { HISTORY, stepsOf } from "../support/schema_history.ts";
import { isKeptByProtobuf } from "../../src/lock/numbering.ts";

/** Whoever has had a number, by message or enum. */
type Owners = Map<string, Map<number, string>>;

/** Notes the owners of all numbers, and fails where one had another owner, or an owner another one. */
function claim(owners: Owners, { fields, values }: Numbers): void {
  for (const [type, numbers] of [...fields, ...values]) {
    const known = owners.get(type) ?? new Map<number, string>();
    owners.set(type, known);
    for (const [name, number] of numbers) {
      const path = `${type}.${name} = ${number}`;
      assert((known.get(number) ?? name) === name, `${path} was ${known.get(number)}'s`);
      for (const [other, owner] of known) {
        assert(owner !== name || other === number, `${path} was ${other}`);
      }
      known.set(number, name);
    }
  }
}

Deno.test("applyLock() never changes a number, nor gives it to another", () => {
  checkProperty(fc.property(HISTORY, (generations) => {
    const owners: Owners = new Map();
    for (const { lock, before, applied, isReleased } of stepsOf("a.v1", generations)) {
      claim(owners, applyLock(before, lock).numbers);
      if (isReleased) claim(owners, applied.numbers);
    }
  }));
});

Deno.test("applyLock() numbers all that is there, and reserves all that was", () => {
  checkProperty(fc.property(HISTORY, (generations) => {
    for (const { lock, after, applied, isReleased } of stepsOf("a.v1", generations)) {
      const { fields, values, reserved } = applied.numbers;
      const namesOf = (members: readonly { name: string }[]) => members.map(({ name }) => name);
      for (const message of after.messages) {
        const numbers = fields.get(message.name)!;
        assertEquals([...numbers.keys()], namesOf(message.fields));
        assertDistinct([...numbers.values(), ...reserved.get(message.name)?.numbers ?? []]);
        assert([...numbers.values()].every((number) => number > 0 && !isKeptByProtobuf(number)));
      }
      for (const each of after.enums) {
        const numbers = values.get(each.name)!;
        assertEquals([...numbers.keys()], namesOf(each.values));
        assertDistinct([...numbers.values(), ...reserved.get(each.name)?.numbers ?? []]);
        assertEquals(numbers.get(each.values[0]!.name), 0);
      }
      assertEquals(fields.size + values.size, after.messages.length + after.enums.length);
      if (!isReleased) continue;
      for (const [name, message] of lock.messages) {
        const live = fields.get(name);
        if (live === undefined) continue;
        const gone = new Set(reserved.get(name)?.names);
        for (const each of [...message.fields.keys(), ...message.reserved.keys()]) {
          assert(live.has(each) !== gone.has(each), `${name}.${each}`);
        }
      }
    }
  }));
});

Deno.test("applyLock() changes nothing when it is applied to its own lock", () => {
  checkProperty(fc.property(HISTORY, (generations) => {
    for (const { after, applied } of stepsOf("a.v1", generations)) {
      const text = formatLock(applied.lock);
      const again = applyLock(after, readLock(text, "a.lock"));
      assertEquals(again.problems, []);
      assertEquals(again.changes, []);
      assertEquals(again.numbers, applied.numbers);
      assertEquals(formatLock(again.lock), text);
    }
  }));
});

Deno.test("applyLock() says what has changed, whenever the lock has", () => {
  checkProperty(fc.property(HISTORY, (generations) => {
    for (const { lock, applied } of stepsOf("a.v1", generations)) {
      const isSame = formatLock(applied.lock) === formatLock(lock);
      const told = applied.changes.length + applied.problems.length;
      assertEquals(told > 0, !isSame);
    }
  }));
});

function assertDistinct(numbers: readonly number[]): void {
  assertEquals(new Set(numbers).size, numbers.length, numbers.join());
}
