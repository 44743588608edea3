/**
 * How the fields of a message are read: for each a function that knows its name and its type, made
 * once.
 *
 * @module
 */

import {
  type DescField,
  type DescMessage,
  ScalarType,
  scalarZeroValue,
  WireType,
} from "../../deps.ts";
import type { ByteReader } from "./byte_reader.ts";
import { isPackable, type ReadScalar, scalarReader } from "./scalar_readers.ts";
import { SCALARS } from "./scalar_writers.ts";
import { UNFIT } from "./unfit.ts";

/** A message that is read. */
export type ReadMessage = Record<string, unknown>;

/** Reads a field behind its tag into a message; so many messages are around it. */
export type ReadField = (reader: ByteReader, message: ReadMessage, depth: number) => void;

/** Reads a message with its length into one that was read before, or a new one. */
type ReadChild = (reader: ByteReader, before: unknown, depth: number) => ReadMessage;

/** Reads the fields of a message up to where it ends. */
export interface MessageReader {
  create(): ReadMessage;
  read: ReadField;
}

/** Gets what reads messages of a type, which may be in the making. */
export type FindReader = (message: DescMessage) => MessageReader;

/** What reads a field, by the tags that it may have. */
export function createFieldReaders(
  field: DescField,
  findReader: FindReader,
): ReadonlyMap<number, ReadField> {
  if (field.fieldKind === "list") return createListReaders(field, findReader);
  const isScalar = field.fieldKind === "scalar" || field.fieldKind === "enum";
  const wireType = isScalar ? SCALARS[scalarOf(field)].wireType : WireType.LengthDelimited;
  const read = field.fieldKind === "map"
    ? createMapReader(field, findReader)
    : createSingleReader(field, findReader);
  return new Map([[tagOf(field, wireType), read]]);
}

function createSingleReader(field: DescField, findReader: FindReader): ReadField {
  const { localName, message: type } = field;
  const oneof = field.oneof?.localName;
  if (type === undefined) {
    const read = readerOf(field);
    if (oneof === undefined) {
      return (reader, message) => void (message[localName] = read(reader));
    }
    return (reader, message) => {
      message[oneof] = { case: localName, value: read(reader) };
    };
  }
  const read = createChildReader(type, findReader);
  if (oneof === undefined) {
    return (reader, message, depth) => {
      message[localName] = read(reader, message[localName], depth);
    };
  }
  return (reader, message, depth) => {
    const before = message[oneof] as { case: unknown; value: unknown };
    const value = read(reader, before.case === localName ? before.value : undefined, depth);
    message[oneof] = { case: localName, value };
  };
}

function createListReaders(
  field: DescField & { fieldKind: "list" },
  findReader: FindReader,
): ReadonlyMap<number, ReadField> {
  const { localName, message: type } = field;
  if (type !== undefined) {
    const read = createChildReader(type, findReader);
    return new Map([[
      tagOf(field, WireType.LengthDelimited),
      (reader, message, depth) => {
        (message[localName] as unknown[]).push(read(reader, undefined, depth));
      },
    ]]);
  }
  const read = readerOf(field);
  const scalar = scalarOf(field);
  const readers = new Map<number, ReadField>([[
    tagOf(field, SCALARS[scalar].wireType),
    (reader, message) => void (message[localName] as unknown[]).push(read(reader)),
  ]]);
  if (!isPackable(scalar)) return readers;
  // Whichever way it is declared, it may come the other way.
  return readers.set(tagOf(field, WireType.LengthDelimited), (reader, message) => {
    const list = message[localName] as unknown[];
    const outer = reader.beginLength();
    while (!reader.isAtEnd) list.push(read(reader));
    reader.endLength(outer);
  });
}

function createMapReader(
  field: DescField & { fieldKind: "map" },
  findReader: FindReader,
): ReadField {
  const { localName, mapKey, message: type } = field;
  const keyTag = 1 << 3 | SCALARS[mapKey].wireType;
  const readKey = scalarReader(mapKey, field.utf8Validation);
  const keyZero = scalarZeroValue(mapKey, false);
  const [valueTag, readValue, createZero] = type === undefined
    ? createMapScalar(field)
    : createMapMessage(type, findReader);
  return (reader, message, depth) => {
    const outer = reader.beginLength();
    let key: unknown = keyZero;
    let value: unknown;
    while (!reader.isAtEnd) {
      const tag = reader.tag();
      if (tag === keyTag) key = readKey(reader);
      else if (tag === valueTag) value = readValue(reader, value, depth);
      else throw UNFIT;
    }
    reader.endLength(outer);
    // To set it takes more than an assignment, in Node.
    if (key === "__proto__") throw UNFIT;
    (message[localName] as ReadMessage)[key as string] = value ?? createZero();
  };
}

type MapValue = readonly [
  tag: number,
  read: (reader: ByteReader, before: unknown, depth: number) => unknown,
  createZero: () => unknown,
];

function createMapScalar(field: DescField & { fieldKind: "map" }): MapValue {
  const scalar = scalarOf(field);
  const zero = field.enum?.values[0]?.number;
  const createZero = zero === undefined ? () => scalarZeroValue(scalar, false) : () => zero;
  return [2 << 3 | SCALARS[scalar].wireType, readerOf(field), createZero];
}

function createMapMessage(type: DescMessage, findReader: FindReader): MapValue {
  const read = createChildReader(type, findReader);
  return [2 << 3 | WireType.LengthDelimited, read, () => findReader(type).create()];
}

function createChildReader(type: DescMessage, findReader: FindReader): ReadChild {
  const child = findReader(type);
  return (reader, before, depth) => {
    const message = before as ReadMessage | undefined ?? child.create();
    const outer = reader.beginLength();
    child.read(reader, message, depth + 1);
    reader.endLength(outer);
    return message;
  };
}

function readerOf(field: DescField): ReadScalar {
  const isUtf8Checked = "utf8Validation" in field && field.utf8Validation === true;
  return scalarReader(scalarOf(field), isUtf8Checked);
}

function scalarOf({ scalar }: DescField): ScalarType {
  return scalar ?? ScalarType.INT32;
}

function tagOf({ number }: DescField, wireType: WireType): number {
  return (number << 3 | wireType) >>> 0;
}
