/**
 * What the lock holds: which number each field and each value of an enum has, and what else clients
 * depend on. `apply_lock.ts` carries it on, `lock_file.ts` reads and writes it.
 *
 * @module
 */

import type { FieldShape, MethodShape } from "./shape.ts";
import type { Numbers, Reserved } from "../schema/model.ts";
import type { NumberMap } from "./numbering.ts";

/** A field in the lock. */
export interface LockedField extends FieldShape {
  readonly number: number;
}

/** A message in the lock. */
export interface LockedMessage {
  readonly fields: ReadonlyMap<string, LockedField>;
  /** Names and numbers of removed fields. */
  readonly reserved: NumberMap;
  /** Whether the schema has it no more. It is kept, so that it cannot come back differently. */
  readonly isDeleted: boolean;
}

/** An enum in the lock. */
export interface LockedEnum {
  readonly values: NumberMap;
  /** Names and numbers of removed values. */
  readonly reserved: NumberMap;
  /** Whether the schema has it no more. */
  readonly isDeleted: boolean;
}

/** Everything that later generations of a file have to keep, by whole names. */
export interface Lock {
  readonly package: string;
  readonly messages: ReadonlyMap<string, LockedMessage>;
  readonly enums: ReadonlyMap<string, LockedEnum>;
  /** Methods by service and name. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, MethodShape>>;
}

/** The numbers of what is there, without what is deleted, as whoever writes a `.proto` wants them. */
export function numbersOf({ messages, enums }: Lock): Numbers {
  const fields = new Map<string, NumberMap>();
  const values = new Map<string, NumberMap>();
  const reserved = new Map<string, Reserved>();
  for (const [name, message] of messages) {
    if (message.isDeleted) continue;
    fields.set(name, numbersOfFields(message));
    if (message.reserved.size > 0) reserved.set(name, inOrder(message.reserved));
  }
  for (const [name, each] of enums) {
    if (each.isDeleted) continue;
    values.set(name, each.values);
    if (each.reserved.size > 0) reserved.set(name, inOrder(each.reserved));
  }
  return { fields, values, reserved };
}

/** The numbers of a message's fields. */
export function numbersOfFields({ fields }: LockedMessage): NumberMap {
  return new Map([...fields].map(([name, { number }]) => [name, number]));
}

function inOrder(reserved: NumberMap): Reserved {
  const pairs = [...reserved].sort(([, a], [, b]) => a - b);
  return { numbers: pairs.map(([, number]) => number), names: pairs.map(([name]) => name) };
}
