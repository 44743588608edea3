/**
 * How values of protobuf's scalar types are written (protobuf's "Encoding"), if they are of the type
 * that protobuf-es has for them in TypeScript.
 *
 * @module
 */

import { ScalarType, WireType } from "../../deps.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { HALVES, HIGH, LONG, LOW, UNSIGNED_LONG } from "./long.ts";
import { UNFIT } from "./unfit.ts";

/** Writes a value, without its tag. @throws {UNFIT} */
export type WriteScalar = (writer: ByteWriter, value: unknown) => void;

/** A scalar type. */
export interface ScalarWriter {
  readonly wireType: WireType;
  readonly write: WriteScalar;
  /** Whether a value is the one that is not written where presence is implicit. */
  readonly isZero: (value: unknown) => boolean;
}

const isZeroNumber = (value: unknown) => value === 0;
const isZeroLong = (value: unknown) => value === 0n;

/** By type. */
export const SCALARS: Readonly<Record<ScalarType, ScalarWriter>> = {
  [ScalarType.DOUBLE]: {
    wireType: WireType.Bit64,
    isZero: isPositiveZero,
    write: (writer, value) => writer.double(numberOf(value)),
  },
  [ScalarType.FLOAT]: {
    wireType: WireType.Bit32,
    isZero: isPositiveZero,
    write: (writer, value) => writer.float(floatOf(value)),
  },
  [ScalarType.INT32]: varint32((writer, value) => {
    const integer = int32Of(value);
    if (integer >= 0) writer.varint32(integer);
    else writer.varint64(integer >>> 0, 0xffff_ffff);
  }),
  [ScalarType.UINT32]: varint32((writer, value) => writer.varint32(uint32Of(value))),
  [ScalarType.SINT32]: varint32((writer, value) => {
    const integer = int32Of(value);
    writer.varint32((integer << 1 ^ integer >> 31) >>> 0);
  }),
  [ScalarType.FIXED32]: fixed32((writer, value) => writer.fixed32(uint32Of(value))),
  [ScalarType.SFIXED32]: fixed32((writer, value) => writer.fixed32(int32Of(value))),
  [ScalarType.INT64]: varint64(splitSigned),
  [ScalarType.UINT64]: varint64(splitUnsigned),
  [ScalarType.SINT64]: varint64((value) => {
    splitSigned(value);
    LONG[0] = LONG[0]! << 1n ^ LONG[0]! >> 63n;
  }),
  [ScalarType.FIXED64]: fixed64(splitUnsigned),
  [ScalarType.SFIXED64]: fixed64(splitSigned),
  [ScalarType.BOOL]: {
    wireType: WireType.Varint,
    isZero: (value) => value === false,
    write(writer, value) {
      if (typeof value !== "boolean") throw UNFIT;
      writer.varint32(value ? 1 : 0);
    },
  },
  [ScalarType.STRING]: {
    wireType: WireType.LengthDelimited,
    isZero: (value) => value === "",
    write(writer, value) {
      if (typeof value !== "string") throw UNFIT;
      writer.string(value);
    },
  },
  [ScalarType.BYTES]: {
    wireType: WireType.LengthDelimited,
    isZero: (value) => value instanceof Uint8Array && value.length === 0,
    write(writer, value) {
      if (!(value instanceof Uint8Array)) throw UNFIT;
      writer.bytes(value);
    },
  },
};

function varint32(write: WriteScalar): ScalarWriter {
  return { wireType: WireType.Varint, isZero: isZeroNumber, write };
}

function fixed32(write: WriteScalar): ScalarWriter {
  return { wireType: WireType.Bit32, isZero: isZeroNumber, write };
}

function varint64(split: (value: unknown) => void): ScalarWriter {
  return {
    wireType: WireType.Varint,
    isZero: isZeroLong,
    write(writer, value) {
      split(value);
      writer.varint64(HALVES[LOW]!, HALVES[HIGH]!);
    },
  };
}

function fixed64(split: (value: unknown) => void): ScalarWriter {
  return {
    wireType: WireType.Bit64,
    isZero: isZeroLong,
    write(writer, value) {
      split(value);
      writer.fixed32(HALVES[LOW]!);
      writer.fixed32(HALVES[HIGH]!);
    },
  };
}

/** -0 is written. */
function isPositiveZero(value: unknown): boolean {
  return Object.is(value, 0);
}

function numberOf(value: unknown): number {
  if (typeof value !== "number") throw UNFIT;
  return value;
}

function floatOf(value: unknown): number {
  const number = numberOf(value);
  // It would become infinite.
  if (Number.isFinite(number) && !Number.isFinite(Math.fround(number))) throw UNFIT;
  return number;
}

function int32Of(value: unknown): number {
  if (typeof value !== "number" || value !== (value | 0)) throw UNFIT;
  return value | 0;
}

function uint32Of(value: unknown): number {
  if (typeof value !== "number" || value !== value >>> 0) throw UNFIT;
  return value >>> 0;
}

/** Puts the value into {@linkcode HALVES}. */
function splitSigned(value: unknown): void {
  if (typeof value !== "bigint") throw UNFIT;
  LONG[0] = value;
  if (LONG[0] !== value) throw UNFIT;
}

function splitUnsigned(value: unknown): void {
  if (typeof value !== "bigint") throw UNFIT;
  UNSIGNED_LONG[0] = value;
  if (UNSIGNED_LONG[0] !== value) throw UNFIT;
}
