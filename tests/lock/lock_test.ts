import { assert, assertEquals } from "@std/assert";
import { applyLock } from "../../src/lock/apply_lock.ts";
import type { Lock } from "../../src/lock/lock.ts";
import type { FileModel } from "../../src/schema/model.ts";
import { field } from "../support/schema_parts.ts";
import { BASE } from "./lock_base.ts";
import { CASES } from "./lock_cases.ts";

/** The lock after some generations, none of which breaks anybody. */
function lockOf(...models: readonly FileModel[]): Lock {
  return models.reduce<Lock | undefined>((lock, model) => {
    const { problems, lock: next } = applyLock(model, lock);
    assertEquals(problems, []);
    return next;
  }, undefined)!;
}

for (const { title, earlier = [], model, problems = [], changes } of CASES) {
  const verdict = problems.length > 0 ? "refuses" : "takes";
  Deno.test(`applyLock() ${verdict} ${title}`, () => {
    const applied = applyLock(model, lockOf(BASE, ...earlier));
    assertEquals(applied.problems.map(({ kind, path }) => `${kind} ${path}`), [...problems]);
    if (changes !== undefined) assertEquals(applied.changes.map(({ text }) => text), [...changes]);
  });
}

const REMEDIES: readonly [title: string, text: string][] = [
  [
    "int32 that is string",
    "demo.v1.Ask.times was int32, is string\n" +
    '  remedy: make it uint32, or keep "times" as it was, add string under a new name, and ' +
    "remove the old one when no client uses it any more",
  ],
  [
    "one that is many",
    "demo.v1.Ask.name was string, is repeated string\n" +
    '  remedy: keep "name" as it was, add repeated string under a new name, and remove the old ' +
    "one when no client uses it any more",
  ],
  [
    "a field that comes back",
    "demo.v1.Ask.times was removed, and is there again: its name and its number 2 are reserved\n" +
    '  remedy: give it a new name; if it was never released, delete the line "times": 2 under ' +
    '"reserved" of demo.v1.Ask in the lock',
  ],
  [
    "another zero value",
    'demo.v1.Color had the zero value "COLOR_NONE", has "COLOR_RED"\n' +
    '  remedy: put "COLOR_NONE" back, first; it may be marked as deprecated by its description',
  ],
  [
    "a method less",
    "demo.v1.Greeter.Hello was removed, a method that clients call\n" +
    "  remedy: keep it until no client calls it, then delete it in the lock",
  ],
];

for (const [title, text] of REMEDIES) {
  Deno.test(`applyLock() says what to do about ${title}`, () => {
    const { earlier = [], model } = CASES.find((each) => each.title === title)!;
    const problem = applyLock(model, lockOf(BASE, ...earlier)).problems[0]!;
    assertEquals(problem.text, text);
    assert(text.includes(problem.path) && text.includes(problem.what));
    assert(text.endsWith(problem.remedy));
  });
}

Deno.test("applyLock() refuses a name that goes from a message to an enum, or back", () => {
  const message = { name: "demo.v1.Item", fields: [] };
  const each = { name: "demo.v1.Item", values: [{ name: "ITEM_NONE" }] };
  const asMessage = { ...BASE, messages: [...BASE.messages, message] };
  const asEnum = { ...BASE, enums: [...BASE.enums, each] };
  const told = (model: FileModel, ...before: readonly FileModel[]) =>
    applyLock(model, lockOf(...before)).problems.map(({ path, what }) => `${path} ${what}`);
  assertEquals(told(asEnum, asMessage), ["demo.v1.Item was a message, is an enum"]);
  assertEquals(told(asMessage, asEnum, BASE), ["demo.v1.Item was an enum, is a message"]);
});

Deno.test("applyLock() gives no field a number that protobuf keeps for itself", () => {
  const fields = Array.from({ length: 20_001 }, (_, index) => {
    return field(`f${index}`, { kind: "scalar", scalar: "bool" });
  });
  const { numbers } = applyLock(
    { ...BASE, messages: [{ name: "demo.v1.Ask", fields }] },
    undefined,
  );
  const given = [...numbers.fields.get("demo.v1.Ask")!.values()];
  assertEquals(given.slice(0, 3), [1, 2, 3]);
  assertEquals(given.slice(18_997, 19_001), [18_998, 18_999, 20_000, 20_001]);
});

Deno.test("applyLock() leaves out what is deleted from the numbers", () => {
  const { numbers } = applyLock({ ...BASE, messages: [], enums: [], services: [] }, undefined);
  assertEquals([numbers.fields.size, numbers.values.size, numbers.reserved.size], [0, 0, 0]);
  const [ask, say] = BASE.messages;
  const less = {
    ...BASE,
    messages: [{ ...ask!, fields: ask!.fields.slice(0, 2) }, say!],
    enums: [],
  };
  const after = applyLock(less, lockOf(BASE)).numbers;
  assertEquals(after.values.size, 0);
  assertEquals(after.reserved.get("demo.v1.Ask"), { numbers: [3, 4], names: ["color", "by_name"] });
});
