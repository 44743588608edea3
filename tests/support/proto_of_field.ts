/**
 * What the descriptor of a random field has besides its name and its type: the entry of its map, its
 * default, and the options that the language knows.
 *
 * @module
 */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  FeatureSet_FieldPresence,
  FeatureSet_MessageEncoding,
  FeatureSet_RepeatedFieldEncoding,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import type { FieldShape, FileShape } from "./arbitrary_proto.ts";

/** All types that are neither enum nor message. */
export const SCALARS: readonly Type[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 18];

const KEYS = SCALARS.filter((type) => ![Type.DOUBLE, Type.FLOAT, Type.BYTES].includes(type));

/** Where a field is. */
export interface FieldPlace {
  /** Neither in a oneof nor an extension. */
  readonly isAlone: boolean;
  readonly isMap: boolean;
}

/** Makes a field of some type a map with such values; returns the message of its entries. */
export function makeMap(
  field: FieldDescriptorProto,
  { scope, key }: { readonly scope: string; readonly key: number },
): DescriptorProto {
  const name = field.name.replace(/(?:^|_)(.?)/g, (_, next) => next.toUpperCase()) + "Entry";
  const { type, typeName } = field;
  const part = (name: string, number: number) => (
    { name, number, label: Label.OPTIONAL, jsonName: name }
  );
  field.type = Type.MESSAGE;
  field.typeName = `.${scope}.${name}`;
  return create(DescriptorProtoSchema, {
    name,
    options: { mapEntry: true },
    field: [
      { ...part("key", 1), type: pick(KEYS, key) },
      { ...part("value", 2), type, ...(typeName !== "" && { typeName }) },
    ],
  });
}

/** The options that a field may have. */
export function knownOptions(
  field: FieldDescriptorProto,
  { isDeprecated, isPacked }: FieldShape,
  { isAlone, isMap, syntax }: FieldPlace & Pick<FileShape, "syntax">,
): MessageInitShape<typeof FieldOptionsSchema> {
  const known = isDeprecated ? { deprecated: true } : {};
  if (isPacked === undefined) return known;
  const isPackable = field.label === Label.REPEATED && !isMessage(field) &&
    field.type !== Type.STRING && field.type !== Type.BYTES;
  if (syntax !== "editions") return isPackable ? { ...known, packed: isPacked } : known;
  if (isPackable) {
    const { PACKED, EXPANDED } = FeatureSet_RepeatedFieldEncoding;
    return { ...known, features: { repeatedFieldEncoding: isPacked ? PACKED : EXPANDED } };
  }
  if (isMessage(field) && !isMap) {
    return { ...known, features: { messageEncoding: FeatureSet_MessageEncoding.DELIMITED } };
  }
  if (isAlone && field.label === Label.OPTIONAL && !isMessage(field)) {
    const { IMPLICIT, LEGACY_REQUIRED } = FeatureSet_FieldPresence;
    return { ...known, features: { fieldPresence: isPacked ? IMPLICIT : LEGACY_REQUIRED } };
  }
  return known;
}

/** A default, as buf writes it in a descriptor. */
export function defaultValue(
  type: Type,
  { text, number, isExplicit }: FieldShape,
  enumeration: EnumDescriptorProto | undefined,
): string {
  switch (type) {
    case Type.STRING:
      return text;
    case Type.BYTES:
      return text.replace(/[^ab]/g, "");
    case Type.BOOL:
      return String(isExplicit);
    case Type.ENUM:
      // Of an alias, compilers keep the name that came first.
      return enumeration!.value
        .findLast(({ number }, i, all) => all.findIndex((each) => each.number === number) === i)!
        .name;
    case Type.FLOAT:
    case Type.DOUBLE:
      return pick(["0.5", "-2.25", "inf", "-inf", "nan", "1024"], Math.abs(number));
    case Type.UINT32:
    case Type.UINT64:
    case Type.FIXED32:
    case Type.FIXED64:
      return String(Math.abs(number));
    default:
      return String(number);
  }
}

/** Whether the values of a field are messages. */
export function isMessage({ type }: FieldDescriptorProto): boolean {
  return type === Type.MESSAGE || type === Type.GROUP;
}

/** One of several, whatever the index. */
export function pick<T>(all: readonly T[], index: number): T {
  return all[index % all.length]!;
}
