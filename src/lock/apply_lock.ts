/**
 * The lock carried from one generation of a schema to the next: what is there keeps its number, what
 * is new gets one, what would break clients is told.
 *
 * @module
 */

import {
  caveatOf,
  compareFields,
  compareMethods,
  otherKind,
  otherPackage,
  type Problem,
  removal,
} from "./breaking.ts";
import {
  type Lock,
  type LockedEnum,
  type LockedField,
  type LockedMessage,
  numbersOf,
  numbersOfFields,
} from "./lock.ts";
import type { EnumModel, FileModel, MessageModel, Numbers } from "../schema/model.ts";
import { numberFields, numberValues, type Renumbered } from "./numbering.ts";
import {
  describeShape,
  type FieldShape,
  type MethodShape,
  shapeOfField,
  shapeOfMethod,
} from "./shape.ts";

/** A difference to the lock that breaks nobody. */
export interface Change {
  readonly kind: "added" | "removed" | "restored" | "changed";
  /** What it is about, such as `demo.v1.HelloRequest.times`. */
  readonly path: string;
  /** As it is printed; a hint may follow in a second line. */
  readonly text: string;
}

/** What {@linkcode applyLock} returns. */
export interface AppliedLock {
  /** Of all that the model has, problems or not. */
  readonly numbers: Numbers;
  /** The next lock. With problems it is what would hold if they were accepted nevertheless. */
  readonly lock: Lock;
  readonly changes: readonly Change[];
  /** Why the lock is not to be written; empty if no client breaks. */
  readonly problems: readonly Problem[];
}

/**
 * Numbers a model by its lock.
 *
 * @param lock Of the generation before; `undefined` for the first one.
 */
export function applyLock(model: FileModel, lock: Lock | undefined): AppliedLock {
  if (lock !== undefined && lock.package !== model.package) {
    return {
      ...applyLock(model, undefined),
      problems: [otherPackage(lock.package, model.package)],
    };
  }
  const generation = new Generation(model, lock ?? { ...EMPTY, package: model.package });
  for (const each of model.messages) generation.addMessage(each);
  for (const each of model.enums) generation.addEnum(each);
  generation.keepDeleted();
  generation.addServices();
  return generation.end();
}

const EMPTY: Lock = { package: "", messages: new Map(), enums: new Map(), services: new Map() };

const REQUIRED = "requests of clients that do not know it become INVALID_ARGUMENT: make it " +
  ".optional() or give it a .default(), at least until all of them send it";

const REMOVED_VALUE = "requests that still have it become INVALID_ARGUMENT";

function hintOfRename(removed: string, now: string | undefined): string | undefined {
  return now && `if it is "${now}" now: to clients a new name is a new field, so keep ` +
      `"${removed}" beside it until none uses it`;
}

/** Collects the next lock beside the one before. */
class Generation {
  readonly #model: FileModel;
  readonly #before: Lock;
  readonly #messages = new Map<string, LockedMessage>();
  readonly #enums = new Map<string, LockedEnum>();
  readonly #services = new Map<string, ReadonlyMap<string, MethodShape>>();
  readonly #changes: Change[] = [];
  readonly #problems: Problem[] = [];

  constructor(model: FileModel, before: Lock) {
    this.#model = model;
    this.#before = before;
  }

  addMessage({ name, fields }: MessageModel): void {
    const before = this.#before.messages.get(name);
    this.#noteArrival(name, "message", before, this.#before.enums.get(name));
    const next = numberFields(
      name,
      before && { live: numbersOfFields(before), reserved: before.reserved },
      fields.map((field) => field.name),
    );
    const locked = new Map<string, LockedField>();
    for (const field of fields) {
      const shape = shapeOfField(field);
      locked.set(field.name, { number: next.live.get(field.name)!, ...shape });
      const former = before?.fields.get(field.name);
      if (former !== undefined) this.#compareField(`${name}.${field.name}`, former, shape);
    }
    this.#messages.set(name, { fields: locked, reserved: next.reserved, isDeleted: false });
    if (before === undefined) return;
    this.#noteMembers(name, next, {
      onAdded: (added) =>
        this.#isRequired(name, before, locked.get(added)!, added) ? REQUIRED : undefined,
      onRemoved: (removed) => {
        const shape = describeShape(before.fields.get(removed)!);
        return hintOfRename(
          removed,
          next.added.find((added) => describeShape(locked.get(added)!) === shape),
        );
      },
    });
  }

  addEnum({ name, values }: EnumModel): void {
    const before = this.#before.enums.get(name);
    this.#noteArrival(name, "enum", before, this.#before.messages.get(name));
    const next = numberValues(
      name,
      before && { live: before.values, reserved: before.reserved },
      values.map((value) => value.name),
    );
    this.#enums.set(name, { values: next.live, reserved: next.reserved, isDeleted: false });
    if (before !== undefined) {
      const renamed = next.removed.length === 1 ? next.added[0] : undefined;
      this.#noteMembers(name, next, {
        onAdded: () => undefined,
        onRemoved: (removed) =>
          [REMOVED_VALUE, hintOfRename(removed, renamed)].filter(Boolean).join("; "),
      });
    }
  }

  /** Once everything that the model has is in. */
  keepDeleted(): void {
    const isKept = (name: string) => !this.#messages.has(name) && !this.#enums.has(name);
    for (const [name, message] of this.#before.messages) {
      if (!isKept(name)) continue;
      this.#messages.set(name, { ...message, isDeleted: true });
      if (!message.isDeleted) this.#noteDeleted(name);
    }
    for (const [name, each] of this.#before.enums) {
      if (!isKept(name)) continue;
      this.#enums.set(name, { ...each, isDeleted: true });
      if (!each.isDeleted) this.#noteDeleted(name);
    }
  }

  addServices(): void {
    for (const { name, methods } of this.#model.services) {
      const before = this.#before.services.get(name);
      if (before === undefined) this.#note("added", name, `added service ${name}`);
      this.#services.set(
        name,
        new Map(methods.map((method) => [method.name, shapeOfMethod(method)])),
      );
      if (before !== undefined) this.#compareMethods(name, before);
    }
    for (const name of this.#before.services.keys()) {
      if (!this.#services.has(name)) this.#problems.push(removal("service", name));
    }
  }

  end(): AppliedLock {
    const lock = {
      package: this.#before.package,
      messages: this.#messages,
      enums: this.#enums,
      services: this.#services,
    };
    return {
      numbers: numbersOf(lock),
      lock,
      changes: this.#changes,
      problems: this.#problems,
    };
  }

  #compareField(path: string, before: LockedField, after: FieldShape): void {
    const problems = compareFields(path, before, after);
    this.#problems.push(...problems);
    const [was, is] = [describeShape(before), describeShape(after)];
    if (problems.length > 0 || was === is) return;
    const caveat = caveatOf(before, after);
    this.#note("changed", path, `changed ${path} from ${was} to ${is}`, caveat);
  }

  #compareMethods(service: string, before: ReadonlyMap<string, MethodShape>): void {
    const after = this.#services.get(service)!;
    for (const [name, method] of before) {
      const path = `${service}.${name}`;
      const now = after.get(name);
      this.#problems.push(
        ...now === undefined ? [removal("method", path)] : compareMethods(path, method, now),
      );
    }
    for (const name of after.keys()) {
      const path = `${service}.${name}`;
      if (!before.has(name)) this.#note("added", path, `added method ${path}`);
    }
  }

  #noteArrival(
    name: string,
    noun: "message" | "enum",
    before: { readonly isDeleted: boolean } | undefined,
    asOther: object | undefined,
  ): void {
    if (asOther !== undefined) this.#problems.push(otherKind(name, noun));
    else if (before === undefined) this.#note("added", name, `added ${noun} ${name}`);
    else if (before.isDeleted) this.#note("restored", name, `restored ${noun} ${name}`);
  }

  #noteMembers(
    name: string,
    { added, removed, live, reserved, problems }: Renumbered,
    { onAdded, onRemoved }: Record<
      "onAdded" | "onRemoved",
      (member: string) => string | undefined
    >,
  ): void {
    this.#problems.push(...problems);
    for (const each of added) {
      const text = `added ${name}.${each} = ${live.get(each)}`;
      this.#note("added", `${name}.${each}`, text, onAdded(each));
    }
    for (const each of removed) {
      const text = `removed ${name}.${each}: number ${
        reserved.get(each)
      } and the name are reserved`;
      this.#note("removed", `${name}.${each}`, text, onRemoved(each));
    }
  }

  /** A variant that joins others is nothing new to those that send one of them. */
  #isRequired(
    message: string,
    { fields }: LockedMessage,
    { oneof }: FieldShape,
    name: string,
  ): boolean {
    if (!this.#model.required?.has(`${message}.${oneof ?? name}`)) return false;
    return oneof === undefined || ![...fields.values()].some((each) => each.oneof === oneof);
  }

  #noteDeleted(name: string): void {
    this.#note("removed", name, `removed ${name}: the lock keeps it, in case it comes back`);
  }

  #note(kind: Change["kind"], path: string, text: string, hint?: string): void {
    this.#changes.push({ kind, path, text: hint ? `${text}\n  hint: ${hint}` : text });
  }
}
