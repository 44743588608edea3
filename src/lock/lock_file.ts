/**
 * The lock's file: JSON that people review and merge, so each field has one line, the newest first,
 * because then a new one changes no other line.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { LineError, parseLocatedJson } from "./located_json.ts";
import type { Lock, LockedField } from "./lock.ts";
import { checkLock, LOCK_VERSION } from "./lock_check.ts";
import type { NumberMap } from "./numbering.ts";
import { defaultJsonName, describeShape, type MethodShape } from "./shape.ts";

/** What git writes into a file that it could not merge. */
const CONFLICT = /^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)/;

/**
 * Reads a lock. It trusts nothing, for the text may have been merged badly or edited by hand.
 *
 * @param file Its name, for errors.
 * @throws {ConfigError} That names the file, the line, and what to do.
 */
export function readLock(text: string, file: string): Lock {
  try {
    const conflict = text.split("\n").findIndex((line) => CONFLICT.test(line));
    if (conflict >= 0) {
      throw new LineError(
        conflict + 1,
        "has a conflict that is not resolved: take the whole file of the branch that was released " +
          "or merged first, and run `deno task proto` to add what is new here",
      );
    }
    return checkLock(parseLocatedJson(text.replace(/^\uFEFF/, "")));
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    throw new ConfigError(`Cannot read the lock "${file}": line ${error.line} ${error.message}`);
  }
}

/** Writes a lock: the same lock is the same text, however it came about. */
export function formatLock(lock: Lock): string {
  const sections: Tree = [
    [
      "messages",
      byName(lock.messages).map(([name, { fields, reserved, isDeleted }]) => [name, [
        ...isDeleted ? [["deleted", "true"] as const] : [],
        ["fields", newestFirst(fields, ({ number }) => number).map(formatField)],
        ...formatReserved(reserved),
      ]]),
    ],
    [
      "enums",
      byName(lock.enums).map(([name, { values, reserved, isDeleted }]) => [name, [
        ...isDeleted ? [["deleted", "true"] as const] : [],
        ["values", formatNumbers(values)],
        ...formatReserved(reserved),
      ]]),
    ],
    [
      "services",
      byName(lock.services).map(([name, methods]) => [name, byName(methods).map(formatMethod)]),
    ],
  ];
  const head: Tree = [["version", `${LOCK_VERSION}`], ["package", JSON.stringify(lock.package)]];
  return `${formatTree([...head, ...sections], "")}\n`;
}

/** Names, and what JSON has for each: a text that is JSON itself, or another tree. */
type Tree = readonly (readonly [name: string, value: string | Tree])[];

function formatTree(tree: Tree, indent: string): string {
  if (tree.length === 0) return "{}";
  const lines = tree.map(([name, value]) => {
    const text = typeof value === "string" ? value : formatTree(value, `${indent}  `);
    return `${indent}  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function formatField([name, field]: readonly [string, LockedField]): [string, string] {
  const parts = [`"number": ${field.number}`, `"type": ${JSON.stringify(describeShape(field))}`];
  if (field.oneof !== undefined) parts.push(`"oneof": ${JSON.stringify(field.oneof)}`);
  if (field.jsonName !== defaultJsonName(name)) {
    parts.push(`"json": ${JSON.stringify(field.jsonName)}`);
  }
  return [name, `{ ${parts.join(", ")} }`];
}

function formatMethod([name, method]: readonly [string, MethodShape]): [string, string] {
  const { kind, request, response, idempotency } = method;
  const parts = Object.entries({ kind, request, response, ...idempotency && { idempotency } })
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  return [name, `{ ${parts.join(", ")} }`];
}

function formatReserved(reserved: NumberMap): Tree {
  return reserved.size === 0 ? [] : [["reserved", formatNumbers(reserved)]];
}

function formatNumbers(numbers: NumberMap): Tree {
  return newestFirst(numbers, (number) => number).map(([name, number]) => [name, `${number}`]);
}

function newestFirst<T>(
  members: ReadonlyMap<string, T>,
  numberOf: (member: T) => number,
): [string, T][] {
  return [...members].sort(([, a], [, b]) => numberOf(b) - numberOf(a));
}

function byName<T>(members: ReadonlyMap<string, T>): [string, T][] {
  // By code units: the order must not depend on where the command runs.
  return [...members].sort(([a], [b]) => a < b ? -1 : 1);
}
