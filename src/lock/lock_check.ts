/**
 * What stands in the lock's file, checked member by member: everything that a bad merge or a hand
 * can have done to it is an error with its line.
 *
 * @module
 */

import { suggest } from "../errors.ts";
import { qualify, simpleName } from "../schema/naming.ts";
import { LineError, type Located, type LocatedObject } from "./located_json.ts";
import type { Lock, LockedEnum, LockedField, LockedMessage } from "./lock.ts";
import { isKeptByProtobuf, MAX_FIELD_NUMBER, type NumberMap } from "./numbering.ts";
import { defaultJsonName, type MethodShape, parseShape } from "./shape.ts";

/** The version of the file that is written, and the newest that is read. */
export const LOCK_VERSION = 1;

const NAME = /^[A-Za-z_]\w*$/;
const WHOLE_NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
const KINDS = ["unary", "server_streaming", "client_streaming", "bidi_streaming"] as const;
const IDEMPOTENCIES = ["NO_SIDE_EFFECTS", "IDEMPOTENT"] as const;
const FROM_GIT = "take the file from the version control and run `deno task proto`";

/**
 * Turns the file's JSON into a lock.
 *
 * @throws {LineError} For the first thing that is wrong.
 */
export function checkLock(root: Located): Lock {
  checkVersion(root);
  const members = readObject(root, ["version", "package", "messages", "enums", "services"]);
  const packageName = readText(members.get("package") ?? missing(root, "package"));
  const readAll = <T>(key: string, read: (member: Located) => T) =>
    readNamed(members.get(key) ?? missing(root, key), packageName, read);
  return {
    package: packageName,
    messages: readAll("messages", readMessage),
    enums: readAll("enums", readEnum),
    services: readAll("services", readService),
  };
}

/** Before anything else, as a newer version may look quite different. */
function checkVersion(root: Located): void {
  const version = readObject(root).get("version") ?? missing(root, "version");
  const { line, value } = version;
  if (value === LOCK_VERSION) return;
  const isNewer = typeof value === "number" && value > LOCK_VERSION;
  throw new LineError(
    line,
    isNewer
      ? `is of version ${value}, this kit reads ${LOCK_VERSION}: update the kit, for a newer one ` +
        "has written the file"
      : `has the version ${show(value)}, this kit reads ${LOCK_VERSION}: ${FROM_GIT}`,
  );
}

function readMessage(message: Located): LockedMessage {
  const members = readObject(message, ["deleted", "fields", "reserved"]);
  const taken = new Taken(1, MAX_FIELD_NUMBER);
  const fields = new Map<string, LockedField>();
  for (const [name, field] of namesOf(members.get("fields") ?? missing(message, "fields"), NAME)) {
    fields.set(name, readField(name, field, taken));
  }
  const reserved = readReserved(members.get("reserved"), taken);
  return { fields, reserved, isDeleted: readFlag(members.get("deleted")) };
}

function readField(name: string, field: Located, taken: Taken): LockedField {
  const members = readObject(field, ["number", "type", "oneof", "json"]);
  const number = taken.take(name, members.get("number") ?? missing(field, "number"));
  const text = readText(members.get("type") ?? missing(field, "type"));
  const shape = parseShape(text);
  if (shape === undefined) {
    throw new LineError(
      field.line,
      `has the type "${text}": a type is such as "string", "optional int32", ` +
        '"repeated message demo.v1.Item" or "map<string, int64>"',
    );
  }
  const oneof = members.get("oneof");
  if (oneof !== undefined && shape.label !== "singular") {
    throw new LineError(oneof.line, `has "${text}" in a oneof: ${FROM_GIT}`);
  }
  const json = members.get("json");
  return {
    number,
    ...shape,
    jsonName: json === undefined ? defaultJsonName(name) : readText(json),
    ...oneof !== undefined && { oneof: readText(oneof, NAME) },
  };
}

function readEnum(each: Located): LockedEnum {
  const members = readObject(each, ["deleted", "values", "reserved"]);
  const taken = new Taken(-(2 ** 31), 2 ** 31 - 1);
  const values = members.get("values") ?? missing(each, "values");
  const numbers = readNumbers(values, taken);
  if (![...numbers.values()].includes(0)) {
    throw new LineError(values.line, `has no value with the number 0: ${FROM_GIT}`);
  }
  const reserved = readReserved(members.get("reserved"), taken);
  return { values: numbers, reserved, isDeleted: readFlag(members.get("deleted")) };
}

function readService(service: Located): ReadonlyMap<string, MethodShape> {
  const methods = new Map<string, MethodShape>();
  for (const [name, method] of namesOf(service, NAME)) {
    const members = readObject(method, ["kind", "request", "response", "idempotency"]);
    const idempotency = members.get("idempotency");
    methods.set(name, {
      kind: readOneOf("kind", members.get("kind") ?? missing(method, "kind"), KINDS),
      ...idempotency && { idempotency: readOneOf("idempotency", idempotency, IDEMPOTENCIES) },
      request: readText(members.get("request") ?? missing(method, "request"), WHOLE_NAME),
      response: readText(members.get("response") ?? missing(method, "response"), WHOLE_NAME),
    });
  }
  return methods;
}

/** Numbers and names that one message or enum uses, each of them once. */
class Taken {
  readonly #min: number;
  readonly #max: number;
  readonly #numbers = new Map<number, { readonly name: string; readonly line: number }>();
  readonly #names = new Map<string, number>();

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
  }

  take(name: string, { line, value }: Located): number {
    if (typeof value !== "number" || value < this.#min || value > this.#max) {
      const wanted = `a whole number from ${this.#min} to ${this.#max}`;
      throw new LineError(line, `has ${show(value)} for "${name}": ${wanted}`);
    }
    if (this.#min > 0 && isKeptByProtobuf(value)) {
      throw new LineError(line, `has ${value} for "${name}": protobuf keeps 19000 to 19999`);
    }
    const other = this.#numbers.get(value);
    if (other !== undefined) {
      throw new LineError(
        line,
        `gives the number ${value} to "${name}", line ${other.line} to "${other.name}": if a merge ` +
          "did this, delete the line of the branch that was not released, and run `deno task proto`",
      );
    }
    const sameName = this.#names.get(name);
    if (sameName !== undefined) {
      throw new LineError(line, `reserves "${name}", which line ${sameName} uses: delete one`);
    }
    this.#numbers.set(value, { name, line });
    this.#names.set(name, line);
    return value;
  }
}

function readReserved(reserved: Located | undefined, taken: Taken): NumberMap {
  return reserved === undefined ? new Map() : readNumbers(reserved, taken);
}

function readNumbers(numbers: Located, taken: Taken): NumberMap {
  return new Map(
    [...namesOf(numbers, NAME)].map(([name, number]) => [name, taken.take(name, number)]),
  );
}

/** By whole names: those of another package would be kept for ever, and never be looked at. */
function readNamed<T>(
  members: Located,
  packageName: string,
  read: (member: Located) => T,
): ReadonlyMap<string, T> {
  const named = [...namesOf(members, WHOLE_NAME)];
  for (const [name, { line }] of named) {
    if (qualify(packageName, simpleName(name)) === name) continue;
    throw new LineError(
      line,
      `has "${name}", which is not of package "${packageName}": ${FROM_GIT}`,
    );
  }
  return new Map(named.map(([name, member]) => [name, read(member)]));
}

function namesOf(object: Located, pattern: RegExp): LocatedObject {
  const members = readObject(object);
  for (const [name, { line }] of members) {
    if (!pattern.test(name)) {
      throw new LineError(line, `has "${name}", which is no name of protobuf`);
    }
  }
  return members;
}

function readObject({ line, value }: Located, known?: readonly string[]): LocatedObject {
  if (typeof value !== "object") {
    throw new LineError(line, `has ${show(value)} where an object should be`);
  }
  for (const [key, member] of value) {
    if (known === undefined || known.includes(key)) continue;
    throw new LineError(member.line, `has "${key}", which is not known: ${suggest(key, known)}`);
  }
  return value;
}

function readText({ line, value }: Located, pattern?: RegExp): string {
  if (typeof value !== "string") {
    throw new LineError(line, `has ${show(value)} where a string should be`);
  }
  if (pattern === undefined || pattern.test(value)) return value;
  throw new LineError(line, `has "${value}", which is no name of protobuf`);
}

function readOneOf<T extends string>(
  what: string,
  { line, value }: Located,
  known: readonly T[],
): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw new LineError(line, `has the ${what} ${show(value)}: ${suggest(String(value), known)}`);
}

function readFlag(flag: Located | undefined): boolean {
  if (flag === undefined || typeof flag.value === "boolean") return flag?.value === true;
  throw new LineError(flag.line, `has ${show(flag.value)} where true or false should be`);
}

function missing({ line }: Located, key: string): never {
  throw new LineError(line, `begins an object without "${key}": ${FROM_GIT}`);
}

function show(value: Located["value"]): string {
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}
