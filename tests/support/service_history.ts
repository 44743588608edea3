/**
 * Random histories of services in code: edits of their schemas, generation by generation, each compiled
 * with the lock of the one before. What would break clients is not released.
 *
 * @module
 */

import fc from "fast-check";
import type { DescFile } from "@bufbuild/protobuf";
import { type AppliedLock, applyLock } from "../../src/lock/apply_lock.ts";
import type { Lock } from "../../src/lock/lock.ts";
import { toSnakeCase } from "../../src/schema/naming.ts";
import { compile } from "./schemas.ts";
import {
  declare,
  FIELD,
  type FieldPlan,
  KEYS,
  KINDS,
  type MethodPlan,
  METHODS,
  type Named,
  PACKAGE,
  type PackagePlan,
  PICK,
  pick,
  PROMISES,
  VALUES,
} from "./service_plan.ts";

/** An edit: what it does, where, and with which field if it adds one. */
export interface ServiceEdit {
  readonly what: string;
  readonly picks: readonly [number, number, number];
  readonly field: FieldPlan;
}

/** A plan, and the edits of each generation. */
export interface ServiceHistory {
  readonly first: PackagePlan;
  readonly generations: readonly (readonly ServiceEdit[])[];
}

/** A generation. */
export interface Generation {
  readonly edits: readonly ServiceEdit[];
  readonly file: DescFile;
  readonly applied: AppliedLock;
  /** What was released before, the last one last. */
  readonly released: readonly DescFile[];
}

type Change<T> = (members: readonly T[]) => readonly T[];
type Picks = ServiceEdit["picks"];
type Edit = (plan: PackagePlan, picks: Picks, field: FieldPlan) => PackagePlan;

function onMember<T>(all: readonly Named<T>[], index: number, change: Change<T>): Named<T>[] {
  const edited = pick(all, index);
  return all.map((each) => each === edited ? { ...each, members: change(each.members) } : each);
}

const onMessage = (plan: PackagePlan, index: number, change: Change<FieldPlan>) => ({
  ...plan,
  messages: onMember(plan.messages, index, change),
});

const onField = (
  plan: PackagePlan,
  [a, b]: Picks,
  change: (field: FieldPlan) => Partial<FieldPlan>,
) =>
  onMessage(
    plan,
    a,
    (fields) =>
      fields.map((each, i) => i === b % fields.length ? { ...each, ...change(each) } : each),
  );

const onEnum = (plan: PackagePlan, index: number, change: Change<string>) => ({
  ...plan,
  enums: onMember(plan.enums, index, change),
});

const onService = (plan: PackagePlan, index: number, change: Change<MethodPlan>) => ({
  ...plan,
  services: onMember(plan.services, index, change),
});

const onMethod = (plan: PackagePlan, [a, b]: Picks, change: Partial<MethodPlan>) =>
  onService(
    plan,
    a,
    (methods) => methods.map((each, i) => i === b % methods.length ? { ...each, ...change } : each),
  );

const without = <T>(all: readonly T[], index: number) =>
  all.filter((_, i) => i !== index % all.length);
const insert = <T>(all: readonly T[], index: number, added: T) =>
  all.toSpliced(index % (all.length + 1), 0, added);

/** What people do to schemas. What makes no sense changes nothing. */
const EDITS: Readonly<Record<string, Edit>> = {
  addField: (plan, [a, b], field) =>
    onMessage(plan, a, (fields) => {
      const isTaken = fields.some(({ key }) => toSnakeCase(key) === toSnakeCase(field.key));
      return isTaken ? fields : insert(fields, b, field);
    }),
  removeField: (plan, [a, b]) => onMessage(plan, a, (fields) => without(fields, b)),
  renameField: (plan, [a, b, c]) =>
    onMessage(plan, a, (fields) => {
      const key = pick(KEYS, c);
      const others = without(fields, b);
      const isTaken = others.some((each) => toSnakeCase(each.key) === toSnakeCase(key));
      return isTaken
        ? fields
        : fields.map((each) => others.includes(each) ? each : { ...each, key });
    }),
  retypeField: (plan, picks) => onField(plan, picks, () => ({ type: picks[2] })),
  // The next leaf, which is often the same in another sign or width.
  shiftField: (plan, picks) =>
    onField(plan, picks, ({ type }) => ({ type: type + 2 * (picks[2] % 4) })),
  setField: (plan, picks, field) => onField(plan, picks, () => field),
  relabelField: (plan, picks) => onField(plan, picks, () => ({ label: picks[2] })),
  // Its name stays, but in JSON.
  respellField: (plan, picks) =>
    onField(plan, picks, ({ key }) => {
      const others = KEYS.filter((each) => toSnakeCase(each) === toSnakeCase(key));
      return { key: pick([...others, toSnakeCase(key)], picks[2]) };
    }),
  describeField: (plan, picks, { comment }) => onField(plan, picks, () => ({ comment })),
  turnFields: (plan, [a]) => onMessage(plan, a, (fields) => fields.toReversed()),
  addValue: (plan, [a, b, c]) =>
    onEnum(plan, a, (values) => {
      const value = pick(VALUES, c);
      return values.includes(value) ? values : insert(values, b, value);
    }),
  removeValue: (plan, [a, b]) =>
    onEnum(plan, a, (values) => values.length > 1 ? without(values, b) : values),
  turnValues: (plan, [a]) => onEnum(plan, a, (values) => values.toReversed()),
  addMethod: (plan, [a, b, c]) =>
    onService(plan, a, (methods) => {
      const name = pick(METHODS, b);
      if (methods.some((each) => each.name === name)) return methods;
      const kind = pick(KINDS, c);
      const rest = { idempotency: undefined, comment: undefined };
      return [...methods, { name, kind, request: b, response: c, ...rest }];
    }),
  removeMethod: (plan, [a, b]) => onService(plan, a, (methods) => without(methods, b)),
  changeKind: (plan, picks) => onMethod(plan, picks, { kind: pick(KINDS, picks[2]) }),
  changeRequest: (plan, picks) => onMethod(plan, picks, { request: picks[2] }),
  changeResponse: (plan, picks) => onMethod(plan, picks, { response: picks[2] }),
  changePromise: (plan, picks) => onMethod(plan, picks, { idempotency: pick(PROMISES, picks[2]) }),
  turnServices: (plan) => ({ ...plan, services: plan.services.toReversed() }),
};

const EDIT: fc.Arbitrary<ServiceEdit> = fc.record({
  what: fc.constantFrom(
    ...["addField", "addField", "removeField", "addValue", "removeValue"],
    ...Object.keys(EDITS).filter((name) => name !== "setField"),
  ),
  picks: fc.tuple(PICK, PICK, PICK),
  field: FIELD,
});

/** A package with one field alone, which becomes another one. */
export function fieldHistory(
  before: Partial<FieldPlan>,
  after: Partial<FieldPlan>,
): ServiceHistory {
  const field = { key: "name", type: 1, label: 0, comment: undefined, ...before };
  const method: MethodPlan = {
    name: "Say",
    kind: "unary",
    request: 0,
    response: 0,
    idempotency: undefined,
    comment: undefined,
  };
  const named = <T>(name: string, ...members: T[]) => [{ name, comment: undefined, members }];
  return {
    first: {
      messages: named("Ask", field),
      enums: named("Color", "red"),
      services: named("Greeter", method),
    },
    generations: [[{ what: "setField", picks: [0, 0, 0], field: { ...field, ...after } }]],
  };
}

/** Any history. */
export const SERVICE_HISTORY: fc.Arbitrary<ServiceHistory> = fc.record({
  first: PACKAGE,
  generations: fc.array(fc.array(EDIT, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  }),
});

/** Runs a history in a package of its own. */
export function* generationsOf(
  packageName: string,
  { first, generations }: ServiceHistory,
): Generator<Generation> {
  let plan = first;
  let lock: Lock | undefined;
  const released: DescFile[] = [];
  for (const edits of [[], ...generations]) {
    const edited = edits.reduce<PackagePlan>(
      (plan, { what, picks, field }) => EDITS[what]!(plan, picks, field),
      plan,
    );
    const { file, applied } = compileWith(lock, packageName, edited);
    yield { edits, file, applied, released: [...released] };
    if (applied.problems.length > 0) continue;
    [plan, lock] = [edited, applied.lock];
    released.push(file);
  }
}

function compileWith(
  lock: Lock | undefined,
  packageName: string,
  plan: PackagePlan,
): { file: DescFile; applied: AppliedLock } {
  let applied: AppliedLock;
  const { file } = compile(declare(packageName, plan), {
    fileName: `${packageName.replaceAll(".", "/")}/services.proto`,
    number: (model) => (applied = applyLock(model, lock)).numbers,
  });
  return { file, applied: applied! };
}
