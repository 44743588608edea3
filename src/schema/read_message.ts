/**
 * Objects as messages, and their properties as fields.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import { type Definition, defOf, descriptionOf, idOf, rootOf, unwrap } from "./definition.ts";
import type { FileDraft } from "./file_draft.ts";
import { fieldModelsOf } from "./field_models.ts";
import type { FieldMapping, MessageMapping, ScalarMapping, ValueMapping } from "./mapping.ts";
import type { FieldModel, ScalarName } from "./model.ts";
import { isIdentifier, simpleName, toCamelCase, toPascalCase, toSnakeCase } from "./naming.ts";
import { zeroValueOf } from "./read_enum.ts";
import type { Reading } from "./reading.ts";
import { cannotExpress, elementsOf, type Place, within } from "./setup_error.ts";

/** Reads an object; a key with one value only is left out. */
export function readMessage(
  reading: Reading,
  { schema, def, comment }: Definition,
  pathName: string,
  place: Place,
  constant?: { readonly key: string; readonly value: unknown },
): MessageMapping {
  if (def.type !== "object") throw cannotExpress(place, "it is no object", "use z.object()");
  const root = rootOf(schema);
  const id = idOf(schema);
  const use = `${reading.side} ${constant?.key ?? ""}`;
  const known = id === undefined
    ? reading.ancestors.get(root)
    : reading.draft.named.get(root)?.get(use);
  if (known?.kind === "message") return known;

  const message: MessageMapping = {
    kind: "message",
    name: reading.draft.open(id ?? pathName, place),
    fields: [],
    seesOtherKeys: seesOtherKeys(def.catchall, place),
    ...(constant !== undefined && { constant }),
  };
  if (id === undefined) reading.ancestors.set(root, message);
  else reading.draft.remember(root, use, message);

  const keys = Object.keys(def.shape).filter((key) => key !== constant?.key);
  for (const key of keys) {
    message.fields.push(
      readField(reading, key, def.shape[key]!, id ?? pathName, within(place, key)),
    );
  }
  if (reading.side === "input") {
    for (const { name, isRequired } of message.fields) {
      if (isRequired) reading.draft.required.add(`${message.name}.${name}`);
    }
  }
  const about = id === undefined ? comment : descriptionOf(root);
  const oneofComments = message.fields
    .filter(({ label, comment }) => label === "oneof" && comment !== undefined)
    .map(({ name, comment }) => [name, comment!]);
  addMessage(
    reading.draft,
    message.name,
    message.fields.flatMap((field) => fieldModelsOf(reading.draft, field)),
    about,
    place,
    Object.fromEntries(oneofComments),
  );
  if (id === undefined) reading.ancestors.delete(root);
  return message;
}

/** Adds a message to the file, once its fields are known. */
export function addMessage(
  draft: FileDraft,
  name: string,
  fields: readonly FieldModel[],
  comment: string | undefined,
  place: Place,
  oneofComments: Readonly<Record<string, string>> = {},
): void {
  const oneofs = new Set(fields.map(({ oneof }) => oneof).filter((oneof) => oneof !== undefined));
  const taken = new Set<string>();
  const members = [...fields, ...[...oneofs].map((name) => ({ name, jsonName: name }))];
  for (const { name, jsonName } of members) {
    const names = new Set([name, jsonName, toCamelCase(name)]);
    for (const each of names) {
      if (!taken.has(each)) continue;
      throw cannotExpress(
        place,
        `two of its fields are "${each}"`,
        "rename one of them; a union whose variants have such a name needs a .meta({ id })",
      );
    }
    for (const each of names) taken.add(each);
  }
  draft.add({
    name,
    ...(comment !== undefined && { comment }),
    fields,
    ...(Object.keys(oneofComments).length > 0 && { oneofComments }),
  }, place);
}

function readField(
  reading: Reading,
  key: string,
  schema: $ZodType,
  parent: string,
  place: Place,
): FieldMapping {
  const name = toSnakeCase(key);
  if (!/^[A-Za-z0-9_]+$/.test(key) || !isIdentifier(name)) {
    throw cannotExpress(place, "its key makes no name", "use letters, digits and _ only");
  }
  if (key in Object.prototype) {
    throw cannotExpress(place, "every object has such a property", "rename it");
  }
  const definition = unwrap(schema, reading.side, place);
  const { def, comment } = definition;
  const common = {
    key,
    name,
    ...(comment !== undefined && { comment }),
    absent: absentOf(definition),
    isUntried: definition.isUntried,
    // A list or a map without elements has come.
    isRequired: false,
  };
  // The comment is the field's now.
  const own = { ...definition, comment: undefined };
  const pathName = parent + toPascalCase(name);
  if (def.type === "array") {
    const element = readElement(reading, own, def.element, pathName, elementsOf(place));
    return { ...common, ...element, label: "repeated", element: def.element };
  }
  if (def.type === "map" || (def.type === "record" && !isStruct(reading, own, pathName, place))) {
    const keys = readKey(reading, def.keyType, place);
    return {
      ...common,
      ...readElement(reading, own, def.valueType, pathName, elementsOf(place)),
      label: "map",
      keys,
      isMap: def.type === "map",
      element: def.valueType,
      keySchema: def.keyType,
    };
  }
  const value = reading.readType(reading, own, pathName, place, true);
  const absent = common.absent === "empty" ? "undefined" : common.absent;
  const isPlain = value.kind === "scalar" || value.kind === "enum" ||
    value.kind === "generated_enum";
  const isOneof = value.kind === "union" && value.name === undefined;
  const label = isOneof ? "oneof" : isPlain && definition.hasPresence ? "optional" : "singular";
  const isRequired = !definition.isUntried && common.absent === "empty" &&
    !hasZero(value);
  return { ...common, absent, value, label, isRequired, ...(isOneof && { name: value.oneof }) };
}

/** Whether a field that did not come has a value nevertheless: one that a schema can mean. */
function hasZero(value: ValueMapping): boolean {
  if (value.kind !== "enum") return value.kind === "scalar" || value.kind === "generated_enum";
  return value.values.has(zeroValueOf(simpleName(value.name)));
}

function absentOf({ acceptsUndefined, acceptsNull }: Definition): FieldMapping["absent"] {
  if (acceptsUndefined) return "undefined";
  return acceptsNull ? "null" : "empty";
}

/** Of a list or a map. */
function readElement(
  reading: Reading,
  container: Definition,
  schema: $ZodType,
  name: string,
  place: Place,
): Pick<FieldMapping, "value" | "isElementUntried"> {
  const element = unwrap(schema, reading.side, place);
  if (element.isOptional) {
    throw cannotExpress(
      place,
      "lists and maps have no holes",
      "leave out .optional() and .nullable(), or put it into a z.object()",
    );
  }
  const tag = element.tag ?? container.tag;
  const value = reading.readType(reading, { ...element, tag }, name, place);
  return { value, isElementUntried: element.isUntried };
}

const KEYS: readonly ScalarName[] = [
  ...["int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64"] as const,
  ...["sfixed32", "sfixed64", "bool", "string"] as const,
];

function readKey(reading: Reading, schema: $ZodType, place: Place): ScalarMapping {
  const key = unwrap(schema, reading.side, place);
  const { def } = key;
  // As texts, for a map has no enums for keys.
  const values = def.type === "enum"
    ? Object.values(def.entries)
    : def.type === "literal"
    ? def.values
    : undefined;
  if (values?.every((value) => typeof value === "string")) {
    return { kind: "scalar", scalar: "string", isNumber64: false };
  }
  if (values === undefined && !key.isOptional) {
    const type = reading.readType(reading, key, "Key", place);
    if (type.kind === "scalar" && KEYS.includes(type.scalar)) return type;
  }
  throw cannotExpress(
    place,
    "its keys are neither texts nor integers",
    "use z.string(), z.int32() or z.enum() of texts for them",
  );
}

function isStruct(reading: Reading, definition: Definition, name: string, place: Place): boolean {
  if (definition.tag !== undefined) return definition.tag === "google.protobuf.Struct";
  const { def } = definition;
  if (def.type !== "record" || unwrap(def.keyType, reading.side, place).def.type !== "string") {
    return false;
  }
  const value = unwrap(def.valueType, reading.side, place);
  if (!["any", "unknown", "json"].includes(value.def.type)) return false;
  return reading.readType(reading, value, name, place).kind === "well_known";
}

function seesOtherKeys(catchall: $ZodType | undefined, place: Place): boolean {
  if (catchall === undefined) return false;
  const { type } = defOf(catchall);
  if (type === "never" || type === "unknown" || type === "any") return true;
  throw cannotExpress(
    place,
    "it has keys that it does not name",
    "put them into a field of z.record()",
  );
}
