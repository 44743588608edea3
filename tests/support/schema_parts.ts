/**
 * Parts that random schemas are made of: names, types and shapes, each picked by a number.
 *
 * @module
 */

import type {
  FieldModel,
  FieldType,
  FileModel,
  MethodModel,
  ScalarName,
} from "../../src/schema/model.ts";

/** Names of fields: few, so that what was removed comes back. */
export const FIELDS: readonly string[] = ["name", "times", "color", "by_name", "text", "page_size"];
/** Names of messages. */
export const MESSAGES: readonly string[] = ["Ask", "Say", "Item", "Page"];
/** Names of enums. */
export const ENUMS: readonly string[] = ["Color", "Size"];
/** Names of values, without that of their enum. */
export const VALUES: readonly string[] = ["NONE", "RED", "BLUE", "BIG"];
/** Names of methods. */
export const METHODS: readonly string[] = ["Hello", "Watch", "Chat"];
/** Names of services. */
export const SERVICES: readonly string[] = ["Greeter", "Clock"];
/** Kinds of methods. */
export const KINDS: readonly MethodModel["kind"][] = [
  "unary",
  "server_streaming",
  "client_streaming",
  "bidi_streaming",
];
/** What methods promise. */
export const IDEMPOTENCIES: readonly MethodModel["idempotency"][] = [
  undefined,
  "NO_SIDE_EFFECTS",
  "IDEMPOTENT",
];
const LABELS = ["singular", "optional", "repeated", "map"] as const;
/** Types of keys. */
export const KEYS: readonly ScalarName[] = [
  "string",
  "int32",
  "uint32",
  "int64",
  "sfixed32",
  "fixed32",
  "bool",
];
/** All scalar types. */
export const SCALARS: readonly ScalarName[] = [
  ...["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64"] as const,
  ...["fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"] as const,
];

/** What a history begins with. */
export function firstModel(packageName: string): FileModel {
  const whole = (name: string) => `${packageName}.${name}`;
  return {
    package: packageName,
    messages: [
      {
        name: whole("Ask"),
        fields: [
          field("name", { kind: "scalar", scalar: "string" }),
          field("times", { kind: "scalar", scalar: "int32" }),
          field("color", { kind: "enum", name: whole("Color") }),
          { ...field("by_name", { kind: "message", name: whole("Say") }), oneof: "way" },
        ],
      },
      { name: whole("Say"), fields: [field("text", { kind: "scalar", scalar: "string" })] },
    ],
    enums: [{ name: whole("Color"), values: ["NONE", "RED"].map((name) => value("Color", name)) }],
    services: [{
      name: whole("Greeter"),
      methods: [{ name: "Hello", kind: "unary", request: whole("Ask"), response: whole("Say") }],
    }],
  };
}

/** A field with nothing special. */
export function field(name: string, type: FieldType): FieldModel {
  return {
    name,
    jsonName: name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    type,
    label: "singular",
  };
}

/** A value of an enum, named as buf wants it. */
export function value(enumName: string, name: string): { name: string } {
  return { name: `${enumName.toUpperCase()}_${name}` };
}

/** A type, of a scalar or of what the model has. */
export function typeOf({ messages, enums }: FileModel, index: number): FieldType {
  const named: FieldType[] = [
    ...messages.map(({ name }) => ({ kind: "message", name }) as const),
    ...enums.map(({ name }) => ({ kind: "enum", name }) as const),
  ];
  // Half of all fields are of named types, wherever there are some.
  if (index % 2 === 0 && named.length > 0) return pick(named, index >> 1);
  return { kind: "scalar", scalar: pick(SCALARS, index >> 1) };
}

/** With `int32` for `uint32` and the like, of its key if it is a map. */
export function withOtherSign(each: FieldModel): FieldModel {
  const flip = (scalar: ScalarName): ScalarName => {
    const other = /^(int|fixed)/.test(scalar)
      ? scalar.replace("int", "uint").replace("fixed", "sfixed")
      : scalar.replace("uint", "int").replace("sfixed", "fixed");
    return SCALARS.find((known) => known === other) ?? scalar;
  };
  if (each.keyType !== undefined) return { ...each, keyType: flip(each.keyType) };
  if (each.type.kind !== "scalar") return each;
  return { ...each, type: { kind: "scalar", scalar: flip(each.type.scalar) } };
}

/** With another label, or in a oneof. */
export function shaped({ name, jsonName, type }: FieldModel, index: number): FieldModel {
  const label = pick([...LABELS, "singular", "singular"] as const, index);
  const which = Math.floor(index / 6);
  if (label === "map") return { name, jsonName, type, label, keyType: pick(KEYS, which) };
  const oneof = label === "singular" ? pick([undefined, "way", "other_way"], which) : undefined;
  return { name, jsonName, type, label, ...oneof !== undefined && { oneof } };
}

/** One of them, whatever the number. */
export function pick<T>(all: readonly T[], index: number): T {
  return all[index % all.length]!;
}

/** With one more. */
export function insert<T>(all: readonly T[], index: number, added: T): T[] {
  return all.toSpliced(index % (all.length + 1), 0, added);
}

/** With one less. */
export function without<T>(all: readonly T[], index: number): T[] {
  return all.length === 0 ? [] : all.toSpliced(index % all.length, 1);
}

/** With one edited. */
export function replaced<T>(all: readonly T[], index: number, edit: (each: T) => T): T[] {
  return all.map((each, at) => at === index % all.length ? edit(each) : each);
}
