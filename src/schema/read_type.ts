/**
 * Any type by itself: which kind it is, and what to do where protobuf has none for it.
 *
 * @module
 */

import type { $ZodType, DescEnum, DescMessage } from "../deps.ts";
import { type Definition, defOf, idOf, type Side, unwrap } from "./definition.ts";
import type { FileDraft } from "./file_draft.ts";
import type { ValueMapping } from "./mapping.ts";
import { readUnion } from "./read_union.ts";
import { entriesOf, readEnum } from "./read_enum.ts";
import { readMessage } from "./read_message.ts";
import { readLiterals, readScalar } from "./read_scalar.ts";
import type { Reading } from "./reading.ts";
import { cannotExpress, type Place } from "./setup_error.ts";
import { EMPTY_OBJECT, JSON_OBJECT, NOTHING, WRAPPERS } from "./well_known.ts";

const WRAP = "put it into a z.object()";

/** What to do instead, by the type of the definition. */
const REMEDIES: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  array: ["it is a list by itself or in a list", WRAP],
  map: ["it is a map by itself or in a list", WRAP],
  record: ["it is a map by itself or in a list", WRAP],
  tuple: ["it is a tuple", "use a z.object() with a name for each member"],
  set: ["it is a set", "use a z.array(), and a transform to a Set"],
  union: [
    "it is a union of types that nothing tells apart",
    "use z.discriminatedUnion() of z.object()s",
  ],
  intersection: ["it is an intersection", "use .extend()"],
  null: ["it is always null", "leave it out, or use .nullable() of something"],
  undefined: ["it is always undefined", "leave it out, or use .optional() of something"],
  void: ["it is always undefined", "leave it out, or use .optional() of something"],
  never: ["it has no value", "leave it out"],
  nan: ["it is never a number", "use z.number()"],
  symbol: ["it is a symbol", "use z.string()"],
  function: ["it is a function", "leave it out"],
  promise: ["it is a promise", "use the schema of what it becomes"],
  file: ["it is a file", "use z.instanceof(Uint8Array)"],
};

/** Begins to read schemas of one side into a file. */
export function createReading(draft: FileDraft, side: Side): Reading {
  return { draft, side, ancestors: new Map(), readType };
}

/** Reads the request or reply of a method: always a message. */
export function readWhole(
  reading: Reading,
  schema: $ZodType,
  name: string,
  place: Place,
): ValueMapping {
  const definition = unwrap(schema, reading.side, place);
  const { type } = definition.def;
  if (type === "void" || type === "undefined") return { kind: "well_known", type: NOTHING };
  if (definition.isOptional) {
    throw cannotExpress(
      place,
      "there is always a message",
      "leave out .optional() and .nullable(), or put it into a z.object()",
    );
  }
  const value = readType(reading, definition, name, place);
  if (value.kind === "scalar") {
    const desc = WRAPPERS[value.scalar];
    if (desc !== undefined) return { kind: "wrapper", desc, scalar: value };
  }
  if (value.kind !== "scalar" && value.kind !== "enum" && value.kind !== "generated_enum") {
    return value;
  }
  throw cannotExpress(place, "it is no message", WRAP);
}

function readType(
  reading: Reading,
  definition: Definition,
  name: string,
  place: Place,
  isField = false,
): ValueMapping {
  const { def, schema, tag } = definition;
  const generated = readGenerated(definition, place);
  if (generated !== undefined) return generated;
  const scalar = readScalar(definition, place);
  if (scalar !== undefined) return scalar;
  if (isJsonObject(definition, reading.side, place)) {
    return { kind: "well_known", type: JSON_OBJECT };
  }
  const entries = def.type === "union" ? entriesOfUnion(def.options) : entriesOf(schema);
  if (entries !== undefined) return readEnum(reading.draft, definition, entries, name, place);
  switch (def.type) {
    case "literal":
      return readLiterals(def.values, tag, place);
    case "object":
      if (Object.keys(def.shape).length === 0 && idOf(schema) === undefined) {
        return { kind: "well_known", type: EMPTY_OBJECT };
      }
      return readMessage(reading, definition, name, place);
    case "union":
      if ("discriminator" in def) return readUnion(reading, definition, name, place, isField);
      break;
  }
  const [reason, remedy] = REMEDIES[def.type] ?? [`it is of type "${def.type}"`, "use another"];
  throw cannotExpress(place, reason, remedy);
}

function entriesOfUnion(options: readonly $ZodType[]): ReturnType<typeof entriesOf> {
  const all = options.map(entriesOf);
  return all.includes(undefined) ? undefined : all.flatMap((entries) => entries!);
}

/** What `.meta({ proto: AddressSchema })` says. */
function readGenerated({ def, tag }: Definition, place: Place): ValueMapping | undefined {
  const desc = tag as DescMessage | DescEnum | string | undefined;
  if (typeof desc !== "object") return undefined;
  if (desc.kind === "message" && ["custom", "opaque", "any", "unknown"].includes(def.type)) {
    return { kind: "generated", desc };
  }
  if (desc.kind === "enum" && def.type === "enum") {
    if (Object.values(def.entries).some((value) => typeof value === "number")) {
      return { kind: "generated_enum", desc };
    }
  }
  throw cannotExpress(
    place,
    "its type is not that of .meta({ proto })",
    "use message() for generated messages, and z.enum() of a generated enum",
  );
}

/** A record of JSON, or an object of which nothing is known. */
function isJsonObject({ def, tag }: Definition, side: Side, place: Place): boolean {
  if (def.type === "object") {
    if (tag === JSON_OBJECT.desc.typeName) return true;
    const { catchall } = def;
    return Object.keys(def.shape).length === 0 && catchall !== undefined &&
      ["any", "unknown"].includes(defOf(catchall).type);
  }
  if (def.type !== "record") return false;
  if (tag === JSON_OBJECT.desc.typeName) return true;
  const value = unwrap(def.valueType, side, place);
  return ["any", "unknown", "json"].includes(value.def.type) && value.tag === undefined;
}
