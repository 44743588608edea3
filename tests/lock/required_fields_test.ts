import { assert, assertEquals, assertThrows } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { z, type ZodObject, type ZodRawShape } from "zod";
import {
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponse_ServingStatusSchema as StatusSchema,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { type AppliedLock, applyLock } from "../../src/lock/apply_lock.ts";
import { type CompiledServices, compileServices } from "../../src/schema/compile_services.ts";

const HINT = "requests of clients that do not know it become INVALID_ARGUMENT";
const CIRCLE = z.object({ type: z.literal("circle"), radius: z.number() }).meta({ id: "Circle" });
const SQUARE = z.object({ type: z.literal("square"), side: z.number() }).meta({ id: "Square" });
const SHAPE = z.discriminatedUnion("type", [CIRCLE, SQUARE]);
const ADDRESS = z.object({ city: z.string() }).meta({ id: "Address" });

/** Fields that are added, and whether requests of those that do not know them are refused. */
const FIELDS: Readonly<Record<string, readonly [z.ZodType, isRequired: boolean]>> = {
  "a text": [z.string(), false],
  "a number": [z.int32(), false],
  "a list": [z.array(ADDRESS), false],
  "a map": [z.record(z.string(), ADDRESS), false],
  "a message": [ADDRESS, true],
  "an optional message": [ADDRESS.optional(), false],
  "a nullable message": [ADDRESS.nullable(), false],
  "a message with a default": [ADDRESS.default({ city: "" }), false],
  "a message that is caught": [ADDRESS.catch({ city: "" }), false],
  "an empty message": [z.object({}), true],
  "a date": [z.date(), true],
  "an optional date": [z.date().optional(), false],
  "an enum": [z.enum(["red"]), true],
  "an enum with a zero value": [z.enum(["unspecified", "red"]), false],
  "an enum with a default": [z.enum(["red"]).default("red"), false],
  "a generated enum": [z.enum(Status).meta({ proto: StatusSchema }), false],
  "JSON": [z.json(), true],
  "anything": [z.unknown(), true],
  "a oneof": [SHAPE, true],
  "an optional oneof": [SHAPE.optional(), false],
};

function compile(request: ZodObject, lock?: AppliedLock) {
  let applied: AppliedLock | undefined;
  const compiled: CompiledServices = compileServices([{
    name: "demo.v1.Echo",
    methods: [{ name: "Say", kind: "unary", request, response: z.void() }],
  }], {
    fileName: "demo/v1/demo.proto",
    number: (model) => (applied = applyLock(model, lock?.lock)).numbers,
  });
  return { ...compiled, applied: applied! };
}

const ask = (shape: ZodRawShape) => z.object({ name: z.string(), ...shape }).meta({ id: "Ask" });

/** What is said of the fields of `Ask`. */
function hintsOf({ changes }: AppliedLock): string[] {
  return changes.filter(({ path }) => path.startsWith("demo.v1.Ask."))
    .map(({ text }) => text.split("\n")[1] ?? "");
}

for (const [title, [type, isRequired]] of Object.entries(FIELDS)) {
  const says = isRequired ? "hints at what" : "says no more than that";
  Deno.test(`applyLock() ${says} ${title} that is added to a request ${isRequired ? "does" : "is new"}`, () => {
    const { applied, methods } = compile(ask({ type }), compile(ask({})).applied);
    const { desc, parse } = methods[0]!;
    const hints = hintsOf(applied);
    assert(hints.length > 0);
    for (const hint of hints) assertEquals(hint.startsWith(`  hint: ${HINT}`), isRequired, hint);
    // What it says is so.
    const old = create(desc.input, { name: "" } as never);
    if (isRequired) assertThrows(() => parse(old), ConnectError, "invalid_argument");
    else parse(old);
  });
}

Deno.test("applyLock() hints at nothing in replies, in new messages, and in variants of a oneof", () => {
  const first = compile(ask({ shape: z.discriminatedUnion("type", [CIRCLE]) })).applied;
  const more = compile(ask({ shape: SHAPE }), first).applied;
  assertEquals(hintsOf(more), [""]);
  assertEquals(more.changes.filter(({ text }) => text.includes("hint")), []);

  const reply = (shape: ZodRawShape, before?: AppliedLock) => {
    let applied: AppliedLock | undefined;
    compileServices([{
      name: "demo.v1.Echo",
      methods: [{ name: "Say", kind: "unary", request: z.void(), response: ask(shape) }],
    }], {
      fileName: "demo/v1/demo.proto",
      number: (model) => (applied = applyLock(model, before?.lock)).numbers,
    });
    return applied!;
  };
  assertEquals(hintsOf(reply({ date: z.date() }, reply({}))), [""]);
});
