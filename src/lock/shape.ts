/**
 * The shape of a field and of a method: what clients depend on, apart from the number, and how the
 * lock and the errors write it.
 *
 * @module
 */

import type { FieldModel, FieldType, MethodModel, ScalarName } from "../schema/model.ts";

/** What clients depend on in a field, apart from its number. */
export type FieldShape = Pick<FieldModel, "jsonName" | "type" | "label" | "keyType" | "oneof">;

/** What clients depend on in a method. */
export type MethodShape = Pick<MethodModel, "kind" | "request" | "response" | "idempotency">;

/** The part of a field that clients depend on. */
export function shapeOfField({ jsonName, type, label, keyType, oneof }: FieldShape): FieldShape {
  return {
    jsonName,
    type,
    label,
    ...keyType !== undefined && { keyType },
    ...oneof !== undefined && { oneof },
  };
}

/** The part of a method that clients depend on. */
export function shapeOfMethod(
  { kind, request, response, idempotency }: MethodShape,
): MethodShape {
  return { kind, request, response, ...idempotency !== undefined && { idempotency } };
}

/** A field's label and type as the lock and the errors write them, such as `repeated string`. */
export function describeShape({ label, keyType, type }: FieldShape): string {
  const text = describeType(type);
  if (label === "map") return `map<${keyType}, ${text}>`;
  return label === "singular" ? text : `${label} ${text}`;
}

function describeType(type: FieldType): string {
  return type.kind === "scalar" ? type.scalar : `${type.kind} ${type.name}`;
}

/** Reads what {@linkcode describeShape} has written; `undefined` if it is anything else. */
export function parseShape(
  text: string,
): Pick<FieldShape, "label" | "type" | "keyType"> | undefined {
  const [, keyType, value] = /^map<(\w+), (.+)>$/.exec(text) ?? [];
  if (keyType !== undefined && value !== undefined) {
    const type = parseType(value);
    return type && isKeyType(keyType) ? { label: "map", keyType, type } : undefined;
  }
  const [, label = "singular", rest = ""] = /^(?:(optional|repeated) )?(.+)$/.exec(text) ?? [];
  const type = parseType(rest);
  return type && { label: label as FieldShape["label"], type };
}

/** What a field is called in JSON unless it says otherwise: `page_size` is `pageSize`. */
export function defaultJsonName(name: string): string {
  return name.replace(/_+([^_]?)/g, (_, letter: string) => letter.toUpperCase());
}

const SCALARS: readonly string[] = [
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
  "bytes",
] satisfies ScalarName[];

const NO_KEYS: readonly string[] = ["double", "float", "bytes"] satisfies ScalarName[];

function parseType(text: string): FieldType | undefined {
  if (isScalar(text)) return { kind: "scalar", scalar: text };
  const [, kind, name] = /^(message|enum) ([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)$/.exec(text) ?? [];
  return name === undefined ? undefined : { kind: kind as "message" | "enum", name };
}

function isScalar(text: string): text is ScalarName {
  return SCALARS.includes(text);
}

function isKeyType(text: string): text is ScalarName {
  return isScalar(text) && !NO_KEYS.includes(text);
}
