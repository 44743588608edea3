import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { type AppliedLock, applyLock } from "../../src/lock/apply_lock.ts";
import { BREAKING_RULES } from "../../src/lock/breaking.ts";
import type { Lock } from "../../src/lock/lock.ts";
import type {
  EnumModel,
  FileModel,
  MessageModel,
  Numbers,
  ScalarName,
} from "../../src/schema/model.ts";
import { bufBreaking, type FilePair } from "../support/buf_breaking.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import { describeFile } from "../support/schema_descriptors.ts";
import { HISTORY, type Step, stepsOf } from "../support/schema_history.ts";
import { field, KEYS, SCALARS } from "../support/schema_parts.ts";
import { BASE, withAsk, withMap } from "./lock_base.ts";
import { CASES, type LockCase } from "./lock_cases.ts";

/** What clients of any generation know: all that was ever released, as it was seen last. */
class Released {
  readonly #messages = new Map<string, MessageModel>();
  readonly #enums = new Map<string, EnumModel>();
  readonly #numbers = {
    fields: new Map<string, ReadonlyMap<string, number>>(),
    values: new Map<string, ReadonlyMap<string, number>>(),
    reserved: new Map<string, { numbers: readonly number[]; names: readonly string[] }>(),
  };
  #model: FileModel | undefined;

  add(model: FileModel, numbers: Numbers): void {
    this.#model = model;
    for (const each of model.messages) this.#messages.set(each.name, each);
    for (const each of model.enums) this.#enums.set(each.name, each);
    for (const [name, each] of numbers.fields) this.#numbers.fields.set(name, each);
    for (const [name, each] of numbers.values) this.#numbers.values.set(name, each);
    for (const [name, each] of numbers.reserved) this.#numbers.reserved.set(name, each);
  }

  describe(path: string, outer: string): FilePair["old"] {
    const messages = [...this.#messages.values()];
    const enums = [...this.#enums.values()];
    return describeFile(path, { ...this.#model!, messages, enums }, this.#numbers, outer);
  }
}

interface Judged extends FilePair {
  readonly path: string;
  readonly step: Step;
}

/** The pairs of a history, from what clients know to what they would meet. */
function pairsOf(name: string, history: Parameters<typeof stepsOf>[1]): Judged[] {
  const released = new Released();
  return [...stepsOf("a.v1", history)].map((step, index) => {
    released.add(step.before, applyLock(step.before, step.lock).numbers);
    const outer = `${name}_${index}`;
    const path = `${outer}.proto`;
    const now = describeFile(path, step.after, step.applied.numbers, outer);
    return { path, step, old: released.describe(path, outer), new: now };
  });
}

/** Fails where the two disagree, with what both have to say. */
function assertAgreement(
  { problems }: AppliedLock,
  theirs: readonly string[],
  change: string,
): void {
  const ours = problems.map(({ text }) => text);
  const both = `ours: ${ours.join("\n")}\nbuf's: ${theirs.join("\n")}`;
  assertEquals(ours.length > 0, theirs.length > 0, `${change}\n${both}`);
}

Deno.test("applyLock() finds a change breaking just when `buf breaking` does", async () => {
  const verdicts = { fine: 0, breaking: 0 };
  const histories = fc.array(HISTORY, { minLength: 20, maxLength: 100, size: "max" });
  await checkAsyncProperty(
    fc.asyncProperty(fc.noBias(histories), async (histories) => {
      const pairs = histories.flatMap((history, index) => pairsOf(`h${index}`, history));
      const reports = await bufBreaking(pairs, BREAKING_RULES);
      for (const { path, step } of pairs) {
        assertAgreement(step.applied, reports.get(path) ?? [], JSON.stringify(step.edits));
        verdicts[step.isReleased ? "fine" : "breaking"]++;
      }
    }),
    5,
  );
  assert(verdicts.fine > 20 && verdicts.breaking > 20, JSON.stringify(verdicts));
});

/** With a field more. */
function withExtra(scalar: ScalarName): FileModel {
  return withAsk((fields) => [...fields, field("extra", { kind: "scalar", scalar })]);
}

/** Puts changes to both, and fails where they disagree. */
async function assertAgreements(cases: readonly LockCase[]): Promise<number> {
  const pairs = cases.map(({ earlier = [], model, title }, index) => {
    const released = new Released();
    let lock: Lock | undefined;
    for (const each of [BASE, ...earlier]) {
      const applied = applyLock(each, lock);
      released.add(each, applied.numbers);
      lock = applied.lock;
    }
    const applied = applyLock(model, lock);
    const path = `case_${index}.proto`;
    const now = describeFile(path, model, applied.numbers, `case_${index}`);
    return { path, title, applied, old: released.describe(path, `case_${index}`), new: now };
  });
  const reports = await bufBreaking(pairs, BREAKING_RULES);
  for (const { path, title, applied } of pairs) {
    assertAgreement(applied, reports.get(path) ?? [], title);
  }
  return reports.size;
}

Deno.test("applyLock() agrees with `buf breaking` about every kind of change", async () => {
  await assertAgreements(CASES);
});

Deno.test("applyLock() agrees with `buf breaking` about every change of a scalar", async () => {
  const cases = SCALARS.flatMap((from) =>
    SCALARS.map((to) => ({
      title: `${from} to ${to}`,
      earlier: [withExtra(from)],
      model: withExtra(to),
    }))
  );
  const broken = await assertAgreements(cases);
  assertEquals(broken, SCALARS.length ** 2 - SCALARS.length - 8);
});

Deno.test("applyLock() agrees with `buf breaking` about every change of a map's keys", async () => {
  const cases = KEYS.flatMap((from) =>
    KEYS.map((to) => ({
      title: `${from} to ${to}`,
      earlier: [withMap(from)],
      model: withMap(to),
    }))
  );
  await assertAgreements(cases);
});
