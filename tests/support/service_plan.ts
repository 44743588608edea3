/**
 * Random services in code: plans, which are plain data that can be edited, and the schemas of Zod that
 * are made of them.
 *
 * @module
 */

import fc from "fast-check";
import { z, type ZodType } from "zod";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { message } from "../../src/generated_message.ts";
import { toSnakeCase, toUpperSnakeCase } from "../../src/schema/naming.ts";
import type { MessageDeclaration, ServiceDeclaration } from "../../src/schema/read_services.ts";

/** A field. Type and label are picked by number, whatever it is. */
export interface FieldPlan {
  readonly key: string;
  readonly type: number;
  readonly label: number;
  readonly comment: string | undefined;
}

/** A message, an enum or a service with what it has. */
export interface Named<T> {
  readonly name: string;
  readonly comment: string | undefined;
  readonly members: readonly T[];
}

type Idempotency = NonNullable<ServiceDeclaration["methods"][number]["idempotency"]>;

/** A method. Messages are picked by number. */
export interface MethodPlan {
  readonly name: string;
  readonly kind: ServiceDeclaration["methods"][number]["kind"];
  readonly request: number;
  readonly response: number;
  readonly idempotency: Idempotency | undefined;
  readonly comment: string | undefined;
}

/** A package. Names of each kind differ, so no message becomes an enum. */
export interface PackagePlan {
  readonly messages: readonly Named<FieldPlan>[];
  readonly enums: readonly Named<string>[];
  readonly services: readonly Named<MethodPlan>[];
}

/** Names of fields. Some differ in JSON alone. */
export const KEYS: readonly string[] = [
  ...["name", "userId", "user_id", "toJSON", "HTTPCode", "a1B2", "message", "_x", "a1", "b2"],
];
/** Values of enums. */
export const VALUES: readonly string[] = ["red", "dark-red", "lightBlue", "UNSPECIFIED_2", "x1"];
/** Names of methods. */
export const METHODS: readonly string[] = ["Say", "Watch", "Chat", "GetX2"];
/** Kinds of methods. */
export const KINDS = ["unary", "server_streaming", "client_streaming", "bidi_streaming"] as const;

/** What methods promise. */
export const PROMISES: readonly MethodPlan["idempotency"][] = [
  ...[undefined, "IDEMPOTENT", "NO_SIDE_EFFECTS"] as const,
];

const MESSAGE_NAMES = ["Ask", "Item", "Page2", "HTTPCode"];
const ENUM_NAMES = ["Color", "Size"];
const SERVICE_NAMES = ["Greeter", "Clock"];

const tagged = (schema: ZodType, proto: string) => schema.meta({ proto });

const LEAVES: readonly (() => ZodType)[] = [
  () => z.string(),
  () => z.boolean(),
  () => z.number(),
  () => z.float32(),
  () => z.int32(),
  () => tagged(z.int32(), "sint32"),
  () => tagged(z.int32(), "sfixed32"),
  () => z.uint32(),
  () => tagged(z.uint32(), "fixed32"),
  () => z.int(),
  () => tagged(z.int(), "uint64"),
  () => z.int64(),
  () => tagged(z.int64(), "sint64"),
  () => tagged(z.int64(), "sfixed64"),
  () => z.uint64(),
  () => tagged(z.uint64(), "fixed64"),
  () => z.instanceof(Uint8Array),
  () => z.date(),
  () => z.json(),
  () => z.record(z.string(), z.json()),
  () => tagged(z.string(), "google.protobuf.StringValue"),
  () => tagged(z.int64(), "google.protobuf.Int64Value"),
  () => tagged(z.number(), "google.protobuf.Duration"),
  () => tagged(z.iso.datetime(), "google.protobuf.Timestamp"),
  () => message(SayHelloRequestSchema),
  () => z.object({ inner: z.string(), more: z.object({ deep: z.int32() }).optional() }),
];

const CASH = z.object({ kind: z.literal("b1") }).meta({ id: "Cash" });
const CARD = z.object({ kind: z.literal("b2"), number: z.string() }).meta({ id: "Card" });

const LABELS: readonly ((schema: ZodType) => ZodType)[] = [
  (schema) => schema,
  (schema) => schema,
  (schema) => schema.optional(),
  (schema) => schema.nullable(),
  (schema) => z.array(schema),
  (schema) => z.record(z.string(), schema),
  (schema) => z.map(z.int32(), schema),
  (schema) => z.map(z.uint32(), schema),
  (schema) => z.map(z.boolean(), schema),
  (schema) =>
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a1"), it: schema }),
      z.object({ kind: z.literal("a2") }),
    ]).describe("one of two"),
  // Their names do not go by that of the field, so another one is that of the oneof alone.
  () => z.discriminatedUnion("kind", [CASH, CARD]),
];

/** How many labels there are: each number below picks another one. */
export const LABEL_COUNT: number = LABELS.length;

/** Numbers that pick each of the types that have no name. */
export const LEAF_TYPES: readonly number[] = LEAVES.map((_, i) => 2 * i + 1);

const WHOLES: readonly (() => MessageDeclaration)[] = [
  () => SayHelloRequestSchema,
  () => z.void(),
  () => z.string(),
  () => z.object({ only: z.string() }),
];

/** One of them, whatever the number. */
export function pick<T>(all: readonly T[], index: number): T {
  return all[index % all.length]!;
}

/** Fields of a oneof are fields of their message, with names that no other may have. */
function withoutClashes(fields: readonly FieldPlan[]): FieldPlan[] {
  const taken = new Set<string>();
  return fields.filter(({ key, label }) => {
    const union = label % LABELS.length - (LABELS.length - 2);
    const names = [toSnakeCase(key), ...union < 0 ? [] : [["a1", "a2"], ["b1", "b2"]][union]!];
    const isFree = new Set(names).size === names.length && !names.some((name) => taken.has(name));
    if (isFree) names.forEach((name) => taken.add(name));
    return isFree;
  });
}

/** The services of a plan, as they are compiled. */
export function declare(
  packageName: string,
  { messages, enums, services }: PackagePlan,
): ServiceDeclaration[] {
  const described = <T extends ZodType>(schema: T, description: string | undefined): T =>
    description === undefined ? schema : schema.describe(description);
  const enumSchemas = enums.map(({ name, comment, members }) =>
    described(z.enum(members as [string]).meta({ id: name }), comment)
  );
  const messageSchemas: ZodType[] = [];
  const typeOf = (index: number): ZodType => {
    const named = [
      // Lazily, as they may have each other within them.
      ...messages.map((_, i) => z.lazy(() => messageSchemas[i]!)),
      ...enumSchemas,
    ];
    // Half of all fields are of named types.
    return index % 2 === 0 ? pick(named, index >> 1) : pick(LEAVES, index >> 1)();
  };
  for (const { name, comment, members } of messages) {
    const fields = withoutClashes(members).map(({ key, type, label, comment }) =>
      [key, described(pick(LABELS, label)(typeOf(type)), comment)] as const
    );
    messageSchemas.push(
      described(z.object(Object.fromEntries(fields)).meta({ id: name }), comment),
    );
  }
  const wholes = [...messageSchemas, ...WHOLES.map((make) => make())];
  return services.map(({ name, comment, members }) => ({
    name: `${packageName}.${name}`,
    ...comment !== undefined && { description: comment },
    methods: members.map(({ name, kind, request, response, comment, idempotency }) => ({
      name,
      kind,
      request: pick(wholes, request),
      response: pick(wholes, response),
      ...comment !== undefined && { description: comment },
      ...idempotency !== undefined && { idempotency },
    })),
  }));
}

/** Any number, to pick by. */
export const PICK: fc.Arbitrary<number> = fc.nat(9999);

const COMMENT = fc.option(
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom(..."ab */\\\"'\n\r\t @`é🎉") }),
  ),
  { nil: undefined, freq: 1 },
);

/** A field. */
export const FIELD: fc.Arbitrary<FieldPlan> = fc.record({
  key: fc.constantFrom(...KEYS),
  type: PICK,
  label: PICK,
  comment: COMMENT,
});

const METHOD: fc.Arbitrary<MethodPlan> = fc.record({
  name: fc.constantFrom(...METHODS),
  kind: fc.constantFrom(...KINDS),
  request: PICK,
  response: PICK,
  idempotency: fc.constantFrom(...PROMISES),
  comment: COMMENT,
});

function named<T>(names: readonly string[], members: fc.Arbitrary<T[]>): fc.Arbitrary<Named<T>[]> {
  return fc.tuple(
    ...names.map((name) => fc.record({ name: fc.constant(name), comment: COMMENT, members })),
  );
}

/** Any package. */
export const PACKAGE: fc.Arbitrary<PackagePlan> = fc.record({
  messages: named(
    MESSAGE_NAMES,
    fc.uniqueArray(FIELD, { maxLength: 5, selector: ({ key }) => toSnakeCase(key) }),
  ),
  enums: named(
    ENUM_NAMES,
    fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, selector: toUpperSnakeCase }),
  ),
  services: named(
    SERVICE_NAMES,
    fc.uniqueArray(METHOD, { maxLength: 3, selector: ({ name }) => name }),
  ),
});
