/**
 * How the fields of a message are written: for each a function that knows its name, its tag and its
 * type, made once.
 *
 * @module
 */

import { type DescField, type DescMessage, ScalarType, WireType } from "../../deps.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { SCALARS, type ScalarWriter } from "./scalar_writers.ts";
import { UNFIT } from "./unfit.ts";

/** What has fields: a message, or what one is made from. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes the fields of an object.
 *
 * @param isMessage Whether it is a message, with all that belongs to one, and not what `create()` takes.
 * @throws {UNFIT} If that is not as it should be.
 */
export type WriteFields = (writer: ByteWriter, object: Fields, isMessage: boolean) => void;

/** Writes a value, with its tag. */
type WriteValue = (writer: ByteWriter, value: unknown, isInMessage: boolean) => void;

/** Gets what writes the messages of a type: while it is made, it may ask for itself. */
export type FindMessage = (message: DescMessage) => WriteValue;

/** `google.protobuf.FeatureSet.FieldPresence.IMPLICIT`. */
const IMPLICIT = 2;

/** Makes what writes a field. */
export function createFieldWriter(field: DescField, findMessage: FindMessage): WriteFields {
  if (field.fieldKind === "list") return createListWriter(field, findMessage);
  if (field.fieldKind === "map") return createMapWriter(field, findMessage);
  const write = createValueWriter(field, field.number, findMessage);
  if (field.oneof !== undefined) return createOneofWriter(field.oneof.localName, field, write);
  if (field.presence === IMPLICIT) return createImplicitWriter(field, write);
  const name = field.localName;
  return (writer, object, isMessage) => {
    const value = object[name];
    if (value === undefined) return;
    // What `create()` takes may say null for what is not there; and a message has defaults that it
    // inherits.
    if (isMessage ? Object.hasOwn(object, name) : value !== null) write(writer, value, isMessage);
  };
}

function createImplicitWriter(
  field: DescField & { fieldKind: "scalar" | "enum" | "message" },
  write: WriteValue,
): WriteFields {
  const name = field.localName;
  const isZero = field.fieldKind === "scalar"
    ? SCALARS[field.scalar].isZero
    : (value: unknown) => value === field.enum?.values[0]?.number;
  return (writer, object, isMessage) => {
    const value = object[name];
    if (isZero(value) || (value == null && !isMessage)) return;
    write(writer, value, isMessage);
  };
}

function createOneofWriter(
  oneofName: string,
  { localName }: DescField,
  write: WriteValue,
): WriteFields {
  return (writer, object, isMessage) => {
    const oneof = object[oneofName] as { case?: unknown; value?: unknown } | null | undefined;
    if (oneof == null) {
      if (isMessage) throw UNFIT;
    } else if (oneof.case === localName) write(writer, oneof.value, isMessage);
  };
}

function createListWriter(
  field: DescField & { fieldKind: "list" },
  findMessage: FindMessage,
): WriteFields {
  const name = field.localName;
  if (field.packed) return createPackedWriter(field);
  const write = createValueWriter(field, field.number, findMessage);
  return (writer, object, isMessage) => {
    const list = listOf(object[name], isMessage);
    if (list === undefined) return;
    for (let i = 0; i < list.length; i++) write(writer, list[i], isMessage);
  };
}

function createPackedWriter(field: DescField & { fieldKind: "list" }): WriteFields {
  const name = field.localName;
  const tag = tagOf(field.number, WireType.LengthDelimited);
  const { write } = scalarOf(field);
  return (writer, object, isMessage) => {
    const list = listOf(object[name], isMessage);
    if (list === undefined || list.length === 0) return;
    writer.varint32(tag);
    const begin = writer.beginLength();
    for (let i = 0; i < list.length; i++) write(writer, list[i]);
    writer.endLength(begin);
  };
}

function listOf(value: unknown, isInMessage: boolean): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value == null && !isInMessage) return undefined;
  throw UNFIT;
}

/** A map is a list of entries, each a message with the key as its field 1 and the value as 2. */
function createMapWriter(
  field: DescField & { fieldKind: "map" },
  findMessage: FindMessage,
): WriteFields {
  const name = field.localName;
  const tag = tagOf(field.number, WireType.LengthDelimited);
  const keyTag = tagOf(1, SCALARS[field.mapKey].wireType);
  const writeKey = SCALARS[field.mapKey].write;
  const writeValue = createValueWriter(field, 2, findMessage);
  return (writer, object, isMessage) => {
    const map = object[name];
    if (map == null && !isMessage) return;
    if (typeof map !== "object" || map === null || Array.isArray(map)) throw UNFIT;
    for (const key of Object.keys(map)) {
      writer.varint32(tag);
      const begin = writer.beginLength();
      writer.varint32(keyTag);
      writeKey(writer, keyOf(key, field.mapKey));
      writeValue(writer, (map as Fields)[key], isMessage);
      writer.endLength(begin);
    }
  };
}

/** In TypeScript all keys are strings. */
function keyOf(key: string, type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return key;
    case ScalarType.BOOL:
      return key === "true" || (key !== "false" && key);
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return String(Number(key)) === key ? Number(key) : key;
    default:
      return /^-?[0-9]+$/.test(key) ? BigInt(key) : key;
  }
}

/** Makes what writes one value of a field, an item of a list or the value of a map. */
function createValueWriter(
  field: DescField,
  number: number,
  findMessage: FindMessage,
): WriteValue {
  const { message } = field;
  if (message === undefined) {
    const { wireType, write } = scalarOf(field);
    const tag = tagOf(number, wireType);
    return (writer, value) => {
      writer.varint32(tag);
      write(writer, value);
    };
  }
  const tag = tagOf(number, WireType.LengthDelimited);
  const write = findMessage(message);
  return (writer, value, isInMessage) => {
    writer.varint32(tag);
    const begin = writer.beginLength();
    write(writer, value, isInMessage);
    writer.endLength(begin);
  };
}

function scalarOf({ scalar }: DescField): ScalarWriter {
  return SCALARS[scalar ?? ScalarType.INT32];
}

function tagOf(number: number, wireType: WireType): number {
  return (number << 3 | wireType) >>> 0;
}
