import { assertEquals, assertThrows } from "@std/assert";
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  DurationSchema,
  ListValueSchema,
  StructSchema,
  TimestampSchema,
  ValueSchema,
} from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { compileEcho } from "../support/schemas.ts";

const Iso = z.iso.datetime().meta({ proto: "google.protobuf.Timestamp" });
const Seconds = z.number().meta({ proto: "google.protobuf.Duration" });
const Length = z.instanceof(Temporal.Duration);
const All = z.object({
  date: z.date().optional(),
  isoTime: Iso.optional(),
  seconds: Seconds.optional(),
  lengths: z.array(Length),
  json: z.json().optional(),
  struct: z.record(z.string(), z.json()).optional(),
  byKey: z.record(z.string(), z.object({ at: z.date() })),
  shape: z.discriminatedUnion("kind", [z.object({ kind: z.literal("dot"), at: z.date() })])
    .optional(),
});
const { method } = compileEcho(All);

/** As it comes from the wire. */
function parse(init: object): Record<string, unknown> {
  const { input } = method.desc;
  const message = fromBinary(input, toBinary(input, create(input, init as never) as Message));
  return method.parse(message) as Record<string, unknown>;
}

const number = (value: number) => create(ValueSchema, { kind: { case: "numberValue", value } });
const list = (...values: number[]) => {
  const value = create(ListValueSchema, { values: values.map(number) });
  return create(ValueSchema, { kind: { case: "listValue", value } });
};
const late = create(TimestampSchema, { seconds: 253_402_300_800n });
const NO_TIME = "Invalid input: expected a time in the years 1 to 9999";
const NO_DURATION = "Invalid input: expected a duration of at most 10,000 years";
const NO_JSON = "Invalid input: NaN and Infinity are no JSON";

/** What a message has on the wire, and what is wrong with it. */
const OUT_OF_RANGE: readonly (readonly [string, object, string])[] = [
  ["a date that is too late", { date: late }, `date: ${NO_TIME}`],
  [
    "a date that is too early",
    { date: create(TimestampSchema, { seconds: -62_135_596_801n }) },
    `date: ${NO_TIME}`,
  ],
  [
    "a date with too many nanoseconds",
    { date: create(TimestampSchema, { nanos: 1_000_000_000 }) },
    `date: ${NO_TIME}`,
  ],
  [
    "a date with less than no nanoseconds",
    { isoTime: create(TimestampSchema, { nanos: -1 }) },
    `iso_time: ${NO_TIME}`,
  ],
  ["a date in a map", { byKey: { "a b": { at: late } } }, `by_key["a b"].at: ${NO_TIME}`],
  ["a date in a oneof", { shape: { case: "dot", value: { at: late } } }, `dot.at: ${NO_TIME}`],
  [
    "seconds that are too many",
    { seconds: create(DurationSchema, { seconds: 315_576_000_001n }) },
    `seconds: ${NO_DURATION}`,
  ],
  [
    "a duration with too many nanoseconds",
    { lengths: [create(DurationSchema), create(DurationSchema, { nanos: -1_000_000_000 })] },
    `lengths[1]: ${NO_DURATION}`,
  ],
  ["NaN in JSON", { json: list(1, NaN, NaN) }, `json: ${NO_JSON}`],
  ["Infinity as JSON", { json: number(-Infinity) }, `json: ${NO_JSON}`],
];

for (const [what, init, message] of OUT_OF_RANGE) {
  Deno.test(`a value that cannot be is a violation of its field: ${what}`, () => {
    const error = assertThrows(() => parse(init), ConnectError);
    assertEquals(error.code, Code.InvalidArgument);
    assertEquals(error.rawMessage, `invalid request: ${message}`);
  });
}

Deno.test("a value that cannot be is a violation of its field: NaN in an object of JSON", () => {
  const struct = create(StructSchema, { fields: { a: list(NaN) } });
  const { method: whole } = compileEcho(z.record(z.string(), z.json()));
  const error = assertThrows(() => whole.parse(struct), ConnectError);
  assertEquals(error.rawMessage, `invalid request: ${NO_JSON}`);
  const inField = create(method.desc.input, { struct: { a: [NaN] } } as never);
  const other = assertThrows(() => method.parse(inField), ConnectError);
  assertEquals(other.rawMessage, `invalid request: struct: ${NO_JSON}`);
});

Deno.test("dates and durations are taken up to their bounds, and cut off to milliseconds", () => {
  const last = create(TimestampSchema, { seconds: 253_402_300_799n, nanos: 999_999_999 });
  const early = create(TimestampSchema, { seconds: -1n, nanos: 999_900_000 });
  const longest = create(DurationSchema, { seconds: -315_576_000_000n, nanos: -999_999_999 });
  const { date, isoTime, lengths } = parse({ date: early, isoTime: last, lengths: [longest] });
  assertEquals(date, new Date(-1));
  assertEquals(isoTime, "9999-12-31T23:59:59.999Z");
  assertEquals(String((lengths as Temporal.Duration[])[0]), "-PT315576000000.999999999S");
});

/** What a client sends that it may not. */
const SENT: readonly (readonly [string, unknown, string])[] = [
  ["a time that is none", { isoTime: "soon" }, "isoTime: expected a time, got an invalid one"],
  ["a date that is none", { date: new Date(NaN) }, "date: expected a time, got an invalid one"],
  ["nothing in a map", { byKey: { a: null } }, 'byKey["a"]: expected an object, got null'],
  ["a oneof that is a text", { shape: "dot" }, "shape: expected an object, got string"],
  ["nothing at all", null, "expected an object, got null"],
];

for (const [what, request, message] of SENT) {
  Deno.test(`a client cannot send what does not fit, and is told the field: ${what}`, () => {
    assertThrows(
      () => method.toRequest(request),
      TypeError,
      `Cannot send a request to "/demo.v1.Echo/Say": ${message}`,
    );
  });
}

Deno.test("a client cannot send nothing where a message is as its schema has it", () => {
  const { method } = compileEcho(z.object({ a: z.string() }));
  assertThrows(() => method.toRequest(null), TypeError, "expected an object, got null");
});

Deno.test("a client is told the field of a reply that cannot be", () => {
  const reply = create(method.desc.output, { date: late } as never);
  const error = assertThrows(() => method.fromReply(reply), ConnectError);
  assertEquals(error.code, Code.Internal);
  assertEquals(error.rawMessage, `invalid reply of /demo.v1.Echo/Say: date: ${NO_TIME}`);
});
