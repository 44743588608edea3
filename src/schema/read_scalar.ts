/**
 * Numbers, texts and bytes: which scalar type each is, by its schema and by `.meta({ proto })`.
 *
 * @module
 */

import type { $ZodTypes, DescMessage } from "../deps.ts";
import type { Definition } from "./definition.ts";
import type { ScalarMapping, ValueMapping } from "./mapping.ts";
import type { ScalarName } from "./model.ts";
import { cannotExpress, type Place } from "./setup_error.ts";
import {
  DATE,
  DATE_TIME,
  JSON_OBJECT,
  JSON_VALUE,
  SECONDS,
  TEMPORAL_DURATION,
  type WellKnownType,
  WRAPPERS,
} from "./well_known.ts";

type Def<T extends $ZodTypes["_zod"]["def"]["type"]> = Extract<
  $ZodTypes["_zod"]["def"],
  { type: T }
>;

const SIGNED_32 = ["int32", "sint32", "sfixed32"] as const;
const UNSIGNED_32 = ["uint32", "fixed32"] as const;
const SIGNED_64 = ["int64", "sint64", "sfixed64"] as const;
const UNSIGNED_64 = ["uint64", "fixed64"] as const;
const FLOATING = ["double", "float"] as const;
const BITS_64: readonly ScalarName[] = [...SIGNED_64, ...UNSIGNED_64];
const SCALARS: readonly ScalarName[] = [
  ...SIGNED_32,
  ...UNSIGNED_32,
  ...BITS_64,
  ...FLOATING,
  ...["bool", "string", "bytes"] as const,
];

/** The types that a format of numbers may be; the first one unless a tag says another. */
const FORMATS: Readonly<Record<string, readonly ScalarName[]>> = {
  int32: SIGNED_32,
  uint32: UNSIGNED_32,
  safeint: [...SIGNED_64, ...UNSIGNED_64, ...SIGNED_32, ...UNSIGNED_32],
  float32: ["float", "double"],
  float64: FLOATING,
};

/** Reads a type that is a scalar, or that a tag makes one. */
export function readScalar(
  { def, schema, tag }: Definition,
  place: Place,
): ValueMapping | undefined {
  switch (def.type) {
    case "string":
    case "template_literal":
      return tag === DATE_TIME.desc.typeName
        ? { kind: "well_known", type: DATE_TIME }
        : scalar(["string"], tag, place);
    case "number":
      return tag === SECONDS.desc.typeName
        ? { kind: "well_known", type: SECONDS }
        : scalar(FORMATS[numberFormat(def)] ?? FLOATING, tag, place, true);
    case "bigint":
      return readBigInt(def, tag, place);
    case "boolean":
    case "success":
      return scalar(["bool"], tag, place);
    case "date":
      return { kind: "well_known", type: DATE };
    case "any":
    case "unknown":
    case "json":
      return tag === undefined ? { kind: "well_known", type: JSON_VALUE } : byTag(tag, place);
    case "custom":
      return readCustom(schema, tag, place);
    case "opaque":
      return byTag(tag, place);
    default:
      return undefined;
  }
}

/** Literals that are all of one type, but texts, which are an enum. */
export function readLiterals(values: readonly unknown[], tag: unknown, place: Place): ValueMapping {
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  if (types.size === 1) {
    if (type === "boolean") return scalar(["bool"], tag, place);
    if (type === "bigint") return scalar([...SIGNED_64, ...UNSIGNED_64], tag, place);
    if (type === "number") {
      const areInt32 = values.every((value) => (Number(value) | 0) === value);
      return scalar(areInt32 ? [...SIGNED_32, ...FLOATING] : FLOATING, tag, place);
    }
  }
  throw cannotExpress(
    place,
    `its literals are ${[...types].join(" and ")}`,
    "have texts only, numbers only, or true and false only",
  );
}

function readBigInt(def: Def<"bigint">, tag: unknown, place: Place): ValueMapping {
  const format = formatsOf(def, "bigint_format")[0];
  if (format === "int64") return scalar(SIGNED_64, tag, place);
  if (format === "uint64") return scalar(UNSIGNED_64, tag, place);
  if (tag !== undefined) return scalar(BITS_64, tag, place);
  throw cannotExpress(
    place,
    "it is a bigint of any width",
    "use z.int64() or z.uint64()",
  );
}

function readCustom(schema: Definition["schema"], tag: unknown, place: Place): ValueMapping {
  const { Class } = schema._zod.bag as { Class?: unknown };
  if (Class === Uint8Array) return scalar(["bytes"], tag, place);
  if (Class !== undefined && Class === globalThis.Temporal?.Duration) {
    return { kind: "well_known", type: TEMPORAL_DURATION };
  }
  return byTag(tag, place);
}

const TAGGED: readonly WellKnownType[] = [DATE, SECONDS, JSON_VALUE, JSON_OBJECT];

/** What only the tag tells the type of. */
function byTag(tag: unknown, place: Place): ValueMapping {
  const type = TAGGED.find(({ desc }) => desc.typeName === tag);
  if (type !== undefined) return { kind: "well_known", type };
  if (SCALARS.includes(tag as ScalarName)) return scalar(SCALARS, tag, place);
  throw cannotExpress(
    place,
    tag === undefined
      ? "its type is made by a function"
      : `${quote(tag)} is no type that it can be`,
    'add .pipe() with a schema of what is made, or say it, as in .meta({ proto: "string" })',
  );
}

/** One of the types that are possible, in its wrapper if the tag says so. */
function scalar(
  possible: readonly ScalarName[],
  tag: unknown,
  place: Place,
  areNumbers = false,
): ValueMapping {
  const mappingOf = (scalar: ScalarName): ScalarMapping => ({
    kind: "scalar",
    scalar,
    isNumber64: areNumbers && BITS_64.includes(scalar),
  });
  if (tag === undefined) return mappingOf(possible[0]!);
  for (const name of possible) {
    if (tag === name) return mappingOf(name);
    const desc: DescMessage | undefined = WRAPPERS[name];
    if (desc?.typeName === tag) return { kind: "wrapper", desc, scalar: mappingOf(name) };
  }
  throw cannotExpress(
    place,
    `${quote(tag)} is no type that it can be`,
    `use ${possible.map(quote).join(", ")}, or another schema`,
  );
}

/** The strictest one, as checks add up. */
function numberFormat(def: Def<"number">): string {
  const formats = formatsOf(def, "number_format");
  return ["int32", "uint32", "safeint", "float32"].find((each) => formats.includes(each)) ??
    "float64";
}

function formatsOf(def: Def<"number" | "bigint">, check: string): string[] {
  const defs = [def, ...(def.checks ?? []).map((each) => each._zod.def)];
  return defs
    .map((each) => each as { check?: string; format?: string })
    .filter((each) => each.check === check)
    .map((each) => each.format!);
}

function quote(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : "that";
}
