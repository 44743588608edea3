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
  type Duration,
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
  timestampFromDate,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  type Value,
  ValueSchema,
} from "../deps.ts";
import { durationFromSeconds, durationFromTemporal, toSeconds, toTemporal } from "./durations.ts";
import { FieldError } from "./field_error.ts";
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
  /**
   * Of JSON in fields.
   *
   * @returns What it was given.
   * @throws {FieldError} If it cannot be.
   */
  readonly check?: (json: JsonValue) => JsonValue;
  /** Whether it is JSON, which may be long. */
  readonly isJson?: boolean;
  /** Whether null is a value that is written. */
  readonly takesNull?: boolean;
}

/** A `Date`. */
export const DATE: WellKnownType = {
  desc: TimestampSchema,
  read: dateOf,
  write: timestampOf,
};

/** A date and time in ISO 8601, as `z.iso.datetime()` wants it. */
export const DATE_TIME: WellKnownType = {
  desc: TimestampSchema,
  read: (timestamp: Timestamp) => dateOf(timestamp).toISOString(),
  write: (text: string) => timestampOf(new Date(text)),
};

/** A number of seconds. */
export const SECONDS: WellKnownType = {
  desc: DurationSchema,
  read: (duration: Duration) => toSeconds(assertDuration(duration)),
  write: durationFromSeconds,
};

/** A `Temporal.Duration`. */
export const TEMPORAL_DURATION: WellKnownType = {
  desc: DurationSchema,
  read: (duration: Duration) => toTemporal(assertDuration(duration)),
  write: durationFromTemporal,
};

/** Any JSON. */
export const JSON_VALUE: WellKnownType = {
  desc: ValueSchema,
  read: jsonOf,
  write: (value: JsonValue) => fromJson(ValueSchema, value),
  isJson: true,
  takesNull: true,
};

/** A JSON object. */
export const JSON_OBJECT: WellKnownType = {
  desc: StructSchema,
  read: jsonObjectOf,
  write: (value: JsonValue) => fromJson(StructSchema, value),
  isPlainInFields: true,
  check: assertFinite,
  isJson: true,
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
    case "numberValue":
      return finite(kind.value);
    default:
      return kind.value;
  }
}

function jsonObjectOf({ fields }: Struct): { [key: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, jsonOf(value) ?? null]),
  );
}

/** In JSON there are no others, and struct.proto forbids them. */
function finite(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new FieldError("Invalid input: NaN and Infinity are no JSON");
}

function assertFinite(json: JsonValue): JsonValue {
  if (typeof json === "number") finite(json);
  else if (Array.isArray(json)) { for (const each of json) assertFinite(each); }
  else if (typeof json === "object" && json !== null) {
    for (const key in json) assertFinite(json[key]!);
  }
  return json;
}

/** Of the years 1 to 9999, as timestamp.proto has it. */
const [MIN_SECONDS, MAX_SECONDS] = [-62_135_596_800n, 253_402_300_799n];
/** As duration.proto has it. */
const MAX_DURATION_SECONDS = 315_576_000_000n;

/** What is less than a millisecond is cut off, lest it become another day, or the year 10000. */
function dateOf({ seconds, nanos }: Timestamp): Date {
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) {
    throw new FieldError("Invalid input: expected a time in the years 1 to 9999");
  }
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1e6));
}

function timestampOf(date: Date): Timestamp {
  if (Number.isNaN(date.getTime())) throw new FieldError("expected a time, got an invalid one");
  return timestampFromDate(date);
}

function assertDuration(duration: Duration): Duration {
  const { seconds, nanos } = duration;
  if (
    seconds >= -MAX_DURATION_SECONDS && seconds <= MAX_DURATION_SECONDS &&
    Math.abs(nanos) <= 999_999_999
  ) return duration;
  throw new FieldError("Invalid input: expected a duration of at most 10,000 years");
}
