/**
 * How values of protobuf's scalar types are read (protobuf's "Encoding"), as what protobuf-es has for
 * them in TypeScript.
 *
 * @module
 */

import { ScalarType } from "../../deps.ts";
import type { ByteReader } from "./byte_reader.ts";
import { HALVES, HIGH, LONG, LOW, UNSIGNED_LONG } from "./long.ts";

/** Reads a value, behind its tag. @throws {Error} If it is odd. */
export type ReadScalar = (reader: ByteReader) => unknown;

/** By type, but for strings. */
const READERS: Readonly<Record<Exclude<ScalarType, ScalarType.STRING>, ReadScalar>> = {
  [ScalarType.DOUBLE]: (reader) => reader.double(),
  [ScalarType.FLOAT]: (reader) => reader.float(),
  [ScalarType.INT32]: (reader) => reader.varint32() | 0,
  [ScalarType.UINT32]: (reader) => reader.varint32(),
  [ScalarType.SINT32]: (reader) => {
    const zigzag = reader.varint32();
    return zigzag >>> 1 ^ -(zigzag & 1);
  },
  [ScalarType.FIXED32]: (reader) => reader.fixed32(),
  [ScalarType.SFIXED32]: (reader) => reader.fixed32() | 0,
  [ScalarType.INT64]: (reader) => {
    reader.varint64();
    return joinSigned(reader);
  },
  [ScalarType.UINT64]: (reader) => {
    reader.varint64();
    return joinUnsigned(reader);
  },
  [ScalarType.SINT64]: (reader) => {
    reader.varint64();
    const zigzag = joinUnsigned(reader);
    return zigzag & 1n ? -(zigzag >> 1n) - 1n : zigzag >> 1n;
  },
  [ScalarType.FIXED64]: (reader) => {
    reader.fixed64();
    return joinUnsigned(reader);
  },
  [ScalarType.SFIXED64]: (reader) => {
    reader.fixed64();
    return joinSigned(reader);
  },
  [ScalarType.BOOL]: (reader) => {
    reader.varint64();
    return reader.low !== 0 || reader.high !== 0;
  },
  [ScalarType.BYTES]: (reader) => reader.bytes(),
};

/** What reads values of a type. @param isUtf8Checked Whether a string has to be UTF-8. */
export function scalarReader(type: ScalarType, isUtf8Checked: boolean): ReadScalar {
  if (type !== ScalarType.STRING) return READERS[type];
  return isUtf8Checked ? (reader) => reader.string(true) : (reader) => reader.string(false);
}

/** Whether values of a type may stand behind each other without tags. */
export function isPackable(type: ScalarType): boolean {
  return type !== ScalarType.STRING && type !== ScalarType.BYTES;
}

function join({ low, high }: ByteReader): void {
  HALVES[LOW] = low;
  HALVES[HIGH] = high;
}

function joinSigned(reader: ByteReader): bigint {
  join(reader);
  return LONG[0]!;
}

function joinUnsigned(reader: ByteReader): bigint {
  join(reader);
  return UNSIGNED_LONG[0]!;
}
