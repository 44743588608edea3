/**
 * A message with a field of every kind: each scalar type, an enum, a message, itself and well-known
 * types, as singular, optional, repeated, packed or not, in a oneof and in maps; and values for them,
 * odd ones among them.
 *
 * @module
 */

import fc from "fast-check";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  AnySchema,
  type DescriptorProto,
  DescriptorProtoSchema,
  Edition,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
} from "@bufbuild/protobuf/wkt";
import { ANY_TEXT, BYTES } from "./properties.ts";

/** How a file may be written. */
export const SYNTAXES = ["proto2", "proto3", "editions"] as const;

const SCALARS: readonly Type[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 18];
const KEYS: readonly Type[] = SCALARS.filter((type) => type > Type.FLOAT && type !== Type.BYTES);
const KNOWN = [TimestampSchema, AnySchema];
/** Those that are not messages in TypeScript. */
const ODD = [StringValueSchema, StructSchema];

/** The message `All`; `isOdd` gives it fields of types that protobuf-es has to encode. */
export function describeAllFields(
  syntax: typeof SYNTAXES[number],
  { isOdd = false }: { readonly isOdd?: boolean } = {},
): DescMessage {
  const all = create(DescriptorProtoSchema, { name: "All", oneofDecl: [{ name: "one" }] });
  const add = (name: string, type: Type, typeName = "") => {
    const field = (suffix: string, label: Label) => {
      const number = all.field.length + 1;
      const made = create(FieldDescriptorProtoSchema, {
        ...{ name: `${name}_${suffix}`, number, type, label },
        ...(typeName !== "" && { typeName }),
      });
      all.field.push(made);
      return made;
    };
    field("single", Label.OPTIONAL);
    if (syntax === "proto3") addOptional(all, field("optional", Label.OPTIONAL));
    field("repeated", Label.REPEATED);
    const isPackable = type !== Type.STRING && type !== Type.BYTES && type !== Type.MESSAGE;
    if (isPackable && syntax !== "editions") {
      field("packed", Label.REPEATED).options = { packed: true } as never;
      field("unpacked", Label.REPEATED).options = { packed: false } as never;
    }
    // After `one`, those of optional fields are added.
    field("in_oneof", Label.OPTIONAL).oneofIndex = 0;
    const key = KEYS[all.field.length % KEYS.length]!;
    addMap(all, { name: `${name}_map`, key, type, typeName });
  };
  for (const type of SCALARS) add(Type[type]!.toLowerCase(), type);
  add("color", Type.ENUM, ".all.Color");
  add("all", Type.MESSAGE, ".all.All");
  for (const { name, typeName } of [...KNOWN, ...(isOdd ? ODD : [])]) {
    add(name.toLowerCase(), Type.MESSAGE, `.${typeName}`);
  }
  const known = [...KNOWN, ...ODD].map(({ file }) => file);
  const file = create(FileDescriptorProtoSchema, {
    ...{ name: "all.proto", package: "all", messageType: [all] },
    syntax: syntax === "proto2" ? "" : syntax,
    ...(syntax === "editions" && { edition: Edition.EDITION_2023 }),
    dependency: [...new Set(known.map(({ proto }) => proto.name))],
    enumType: [{
      name: "Color",
      value: [{ name: "NONE", number: 0 }, { name: "RED", number: 1 }, { name: "OFF", number: -1 }],
    }],
  });
  const registry = createFileRegistry(
    file,
    (name) => known.find(({ proto }) => proto.name === name)?.proto,
  );
  return registry.getMessage("all.All")!;
}

function addOptional(message: DescriptorProto, field: DescriptorProto["field"][number]): void {
  field.proto3Optional = true;
  field.oneofIndex = message.oneofDecl.length;
  message.oneofDecl.push({ name: `_${field.name}` } as never);
}

function addMap(
  message: DescriptorProto,
  { name, key, type, typeName }: {
    readonly name: string;
    readonly key: Type;
    readonly type: Type;
    readonly typeName: string;
  },
): void {
  const entry = `${name.replace(/(?:^|_)(.?)/g, (_, next) => next.toUpperCase())}Entry`;
  const named = typeName === "" ? {} : { typeName };
  const label = Label.OPTIONAL;
  message.nestedType.push(create(DescriptorProtoSchema, {
    name: entry,
    options: { mapEntry: true },
    field: [
      { name: "key", number: 1, type: key, label },
      { name: "value", number: 2, type, label, ...named },
    ],
  }));
  message.field.push(create(FieldDescriptorProtoSchema, {
    ...{ name, number: message.field.length + 1, label: Label.REPEATED, type: Type.MESSAGE },
    typeName: `.all.All.${entry}`,
  }));
}

const INT32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const UINT32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const UINT64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const FLOAT = fc.oneof(fc.float(), fc.constantFrom(0, -0, NaN, Infinity));

/** Values that fit. */
const FITTING: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  [ScalarType.DOUBLE]: fc.oneof(fc.double(), FLOAT),
  [ScalarType.FLOAT]: FLOAT,
  [ScalarType.INT32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.FIXED64]: UINT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.BOOL]: fc.boolean(),
  // Some take more than one byte for their length, and some more than a slab.
  [ScalarType.STRING]: fc.oneof(ANY_TEXT, ANY_TEXT.map((text) => text.repeat(30))),
  [ScalarType.BYTES]: fc.oneof(BYTES, fc.nat(40_000).map((length) => new Uint8Array(length))),
};

/** Values of any field, whether they fit it or not. */
const ODD_VALUE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, "", "1", "x", 1, -1, 1.5, 2 ** 40, -0, 3.5e38, NaN),
  fc.constantFrom<unknown>(1n, 2n ** 70n, -1n, true, [], [undefined], {}, { a: null }, new Date(0)),
  fc.constantFrom<unknown>({ case: "x", value: 1 }, { case: undefined }, [1, 2], [[]], () => 1),
  fc.constantFrom<unknown>(new Map([["a", 1]]), { "1": 1, x: 2, true: 3, "-1": 4, "1.5": 5 }),
  fc.constantFrom<unknown>({ $typeName: "all.All" }, { $typeName: "other.Other" }, "\ud800"),
);

/** What `create()` takes for a message, with a few of its fields; `odd` lets some not fit. */
export function valueOf(
  desc: DescMessage,
  { odd, depth = 2 }: { readonly odd: boolean; readonly depth?: number },
): fc.Arbitrary<Record<string, unknown>> {
  const few = fc.subarray([...desc.fields], { maxLength: Math.min(8, desc.fields.length) });
  return few.chain((fields) =>
    fc.record(Object.fromEntries(fields.map((field) => {
      const fitting = fieldValue(field, { odd, depth });
      const value = odd ? fc.oneof({ weight: 6, arbitrary: fitting }, ODD_VALUE) : fitting;
      if (field.oneof === undefined) return [field.localName, value];
      const { localName } = field;
      return [field.oneof.localName, value.map((value) => ({ case: localName, value }))];
    })))
  );
}

function fieldValue(
  field: DescField,
  options: { readonly odd: boolean; readonly depth: number },
): fc.Arbitrary<unknown> {
  const single = singleValue(field, options);
  if (field.fieldKind === "list") return fc.array(single, { maxLength: 4 });
  if (field.fieldKind !== "map") return single;
  const entries = fc.array(fc.tuple(FITTING[field.mapKey], single), { maxLength: 3 });
  return entries.map((all) => Object.fromEntries(all.map(([key, value]) => [String(key), value])));
}

function singleValue(
  { message, enum: enumeration, scalar, fieldKind, oneof }: DescField,
  { odd, depth }: { readonly odd: boolean; readonly depth: number },
): fc.Arbitrary<unknown> {
  if (enumeration !== undefined) return fc.constantFrom(0, 1, -1);
  if (message === undefined) return FITTING[scalar!];
  if (message.typeName === StructSchema.typeName) return fc.dictionary(fc.string(), fc.integer());
  if (message.typeName === StringValueSchema.typeName && fieldKind === "message" && !oneof) {
    return fc.string();
  }
  if (depth === 0) return fc.constant({});
  const init = valueOf(message, { odd, depth: depth - 1 });
  return fc.oneof(
    init,
    // What cannot be made a message stays what it was.
    init.map((value) => tryTo(() => create(message, value)) ?? value),
  );
}

function tryTo<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
