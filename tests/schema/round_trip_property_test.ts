import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { fromBinary, type Message } from "@bufbuild/protobuf";
import { z } from "zod";
import { BYTES, checkProperty } from "../support/properties.ts";
import { compileEcho, throughBytes, throughJson } from "../support/schemas.ts";

/** A schema with values that it takes. */
interface Case {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const TEXT = fc.string({ unit: "grapheme" });
const DOUBLE = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
const INT32 = fc.integer();
const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const JSON_VALUE = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
const DATE = fc.date({ min: new Date("0001-01-01T00:00:00Z"), noInvalidDate: true })
  .filter((date) => date.getUTCFullYear() < 10_000);
const KEYS = ["name", "userId", "user_name", "_hidden", "toJSON", "HTTPCode", "a1B2"];

const leaf = (schema: z.ZodType, values: fc.Arbitrary<unknown>): Case => ({ schema, values });

const SCALARS = fc.constantFrom<Case>(
  leaf(z.string(), TEXT),
  leaf(z.boolean(), fc.boolean()),
  leaf(z.number(), DOUBLE),
  leaf(z.float32(), fc.float({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
  leaf(z.int32(), INT32),
  leaf(z.int32().meta({ proto: "sint32" }), INT32),
  leaf(z.int32().meta({ proto: "sfixed32" }), INT32),
  leaf(z.uint32(), fc.nat(2 ** 32 - 1)),
  leaf(z.uint32().meta({ proto: "fixed32" }), fc.nat(2 ** 32 - 1)),
  leaf(z.int(), fc.maxSafeInteger()),
  leaf(z.int().meta({ proto: "sint64" }), fc.maxSafeInteger()),
  leaf(z.int64(), INT64),
  leaf(z.int64().meta({ proto: "sfixed64" }), INT64),
  leaf(z.uint64(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  leaf(z.instanceof(Uint8Array), BYTES),
  leaf(z.enum(["red", "dark-red", "blue"]), fc.constantFrom("red", "dark-red", "blue")),
  leaf(z.enum({ A: 7, B: "b" }), fc.constantFrom(7, "b")),
);

const VALUES = fc.oneof(
  SCALARS,
  fc.constantFrom<Case>(
    leaf(z.date(), DATE),
    leaf(z.json(), JSON_VALUE),
    leaf(z.record(z.string(), z.json()), fc.dictionary(TEXT, JSON_VALUE)),
    leaf(z.string().meta({ proto: "google.protobuf.StringValue" }), TEXT),
  ),
);

/** An object of properties. */
function objectOf(fields: readonly [string, Case][]): Case {
  return {
    schema: z.object(Object.fromEntries(fields.map(([key, { schema }]) => [key, schema]))),
    values: fc.record(
      Object.fromEntries(fields.map(([key, { values }]) => [key, values])),
      { noNullPrototype: true },
    ).map(withoutUndefined),
  };
}

const withoutUndefined = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));

/** What a field may be, besides a value: a list, a map, something that may be missing. */
function fieldOf(value: Case): fc.Arbitrary<Case> {
  const { schema, values } = value;
  const some = { maxLength: 3 };
  return fc.constantFrom<Case>(
    value,
    leaf(schema.optional(), fc.option(values, { nil: undefined })),
    leaf(z.array(schema), fc.array(values, some)),
    leaf(z.array(schema).min(1).optional(), fc.array(values, { minLength: 1, maxLength: 2 })),
    leaf(z.record(z.string(), schema), fc.dictionary(TEXT, values, { maxKeys: 3 })),
    leaf(z.map(z.int32(), schema), mapOf(INT32, values)),
    leaf(z.map(z.uint64(), schema), mapOf(fc.bigInt({ min: 0n, max: 9n }), values)),
    leaf(
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("one"), it: schema }),
        z.object({ kind: z.literal("none") }),
      ]).meta({ id: `Union${++unions}` }),
      fc.oneof(
        values.map((it) => ({ kind: "one", it })),
        fc.constant({ kind: "none" }),
      ),
    ),
    ...nullable(value),
  );
}

let unions = 0;

/** JSON has a null of its own. */
function nullable({ schema, values }: Case): Case[] {
  return [leaf(schema.nullable(), fc.option(values, { nil: null }))];
}

function mapOf<K>(
  keys: fc.Arbitrary<K>,
  values: fc.Arbitrary<unknown>,
): fc.Arbitrary<Map<K, unknown>> {
  return fc.array(fc.tuple(keys, values), { maxLength: 3 }).map((entries) => new Map(entries));
}

function objects(depth: number): fc.Arbitrary<Case> {
  const value = depth === 0 ? VALUES : fc.oneof(VALUES, objects(depth - 1));
  const field = fc.tuple(fc.constantFrom(...KEYS), value.chain(fieldOf));
  return fc.uniqueArray(field, { minLength: 1, maxLength: 4, selector: ([key]) => key })
    .map(objectOf);
}

const CASES = objects(2).chain(({ schema, values }) =>
  fc.tuple(fc.constant(schema), fc.array(values, { minLength: 1, maxLength: 3 }))
);

Deno.test("any value of any schema is the same after the wire, in bytes and in JSON", () => {
  checkProperty(
    fc.property(CASES, ([schema, values]) => {
      const { method } = compileEcho(schema, { response: schema });
      const { input, output } = method.desc;
      for (const value of values) {
        const wanted = schema.parse(value);
        const request = method.toRequest(value);
        assertEquals(method.parse(throughBytes(input, request)), wanted);
        assertEquals(method.parse(throughJson(input, request)), wanted);
        const reply = method.toMessage(value) as Message;
        assertEquals(method.fromReply(throughBytes(output, reply)), wanted);
        assertEquals(method.fromReply(throughJson(output, reply)), wanted);
      }
    }),
    300,
  );
});

Deno.test("any message is parsed or refused, whatever it holds", () => {
  const anything = fc.tuple(objects(1), fc.uint8Array({ maxLength: 60 }));
  checkProperty(
    fc.property(anything, ([{ schema }, bytes]) => {
      const { method } = compileEcho(schema);
      let message: Message;
      try {
        message = fromBinary(method.desc.input, bytes);
      } catch {
        return;
      }
      try {
        method.parse(message);
      } catch (error) {
        assertEquals((error as Error).name, "ConnectError", String(error));
      }
    }),
    500,
  );
});
