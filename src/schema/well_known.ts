/**
 * Messages of `google/protobuf` that have a type of their own in TypeScript: dates, durations, JSON,
 * and nothing at all.
 *
 * @module
 */

import {
  BoolValueSchema,
  BytesValueSchema,
  create,
  type DescMessage,
  DoubleValueSchema,
  DurationSchema,
  EmptySchema,
  FloatValueSchema,
  fromJson,
  Int32ValueSchema,
  Int64ValueSchema,
  type JsonValue,
  type Message,
  StringValueSchema,
  type Struct,
  StructSchema,
  type Timestamp,
  timestampDate,
  timestampFromDate,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  type Value,
  ValueSchema,
} from "../deps.ts";
import { durationFromSeconds, durationFromTemporal, toSeconds, toTemporal } from "./durations.ts";
import type { ScalarName } from "./model.ts";

/** How a message is read and written. */
export interface WellKnownType {
  readonly desc: DescMessage;
  /** @returns `undefined` if the message says nothing. */
  readonly read: (message: never) => unknown;
  /** @throws {Error} If the value does not fit. */
  readonly write: (value: never) => Message;
  /** Whether it is not a message where it is a field, but JSON: protobuf-es unwraps structs. */
  readonly isPlainInFields?: boolean;
  /** Whether null is a value that is written. */
  readonly takesNull?: boolean;
}

/** A `Date`. */
export const DATE: WellKnownType = {
  desc: TimestampSchema,
  read: timestampDate,
  write: timestampFromDate,
};

/** A date and time in ISO 8601, as `z.iso.datetime()` wants it. */
export const DATE_TIME: WellKnownType = {
  desc: TimestampSchema,
  read: (timestamp: Timestamp) => {
    const date = timestampDate(timestamp);
    return Number.isNaN(date.getTime()) ? String(date) : date.toISOString();
  },
  write: (text: string) => timestampFromDate(new Date(text)),
};

/** A number of seconds. */
export const SECONDS: WellKnownType = {
  desc: DurationSchema,
  read: toSeconds,
  write: durationFromSeconds,
};

/** A `Temporal.Duration`. */
export const TEMPORAL_DURATION: WellKnownType = {
  desc: DurationSchema,
  read: toTemporal,
  write: durationFromTemporal,
};

/** Any JSON. */
export const JSON_VALUE: WellKnownType = {
  desc: ValueSchema,
  read: jsonOf,
  write: (value: JsonValue) => fromJson(ValueSchema, value),
  takesNull: true,
};

/** A JSON object. */
export const JSON_OBJECT: WellKnownType = {
  desc: StructSchema,
  read: jsonObjectOf,
  write: (value: JsonValue) => fromJson(StructSchema, value),
  isPlainInFields: true,
};

/** `undefined`. */
export const NOTHING: WellKnownType = {
  desc: EmptySchema,
  read: () => undefined,
  write: () => create(EmptySchema),
};

/** An object without properties. */
export const EMPTY_OBJECT: WellKnownType = {
  desc: EmptySchema,
  read: () => ({}),
  write: () => create(EmptySchema),
};

/** The messages around scalars. Of the others there are none. */
export const WRAPPERS: Readonly<Partial<Record<ScalarName, DescMessage>>> = {
  double: DoubleValueSchema,
  float: FloatValueSchema,
  int32: Int32ValueSchema,
  int64: Int64ValueSchema,
  uint32: UInt32ValueSchema,
  uint64: UInt64ValueSchema,
  bool: BoolValueSchema,
  string: StringValueSchema,
  bytes: BytesValueSchema,
};

function jsonOf({ kind }: Value): JsonValue | undefined {
  switch (kind.case) {
    case undefined:
      return undefined;
    case "nullValue":
      return null;
    case "listValue":
      return kind.value.values.map((value) => jsonOf(value) ?? null);
    case "structValue":
      return jsonObjectOf(kind.value);
    default:
      return kind.value;
  }
}

function jsonObjectOf({ fields }: Struct): { [key: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, jsonOf(value) ?? null]),
  );
}
