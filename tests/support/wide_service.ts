/**
 * A service in code that has everything: all four kinds of method, all types that schemas can be, with
 * comments and with names that need care, generated messages, and messages that are but a value.
 *
 * @module
 */

import { z } from "zod";
import { SayHelloRequestSchema, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { FastGRPC } from "../../mod.ts";
import { message } from "../../src/generated_message.ts";

/** The name of the service. */
export const WIDE_SERVICE = "wide.v1.Wide2Service";

/** The name of its file. */
export const WIDE_FILE = "wide/v1/wide.proto";

/** What it imports, besides files of `google/protobuf/`. */
export const WIDE_IMPORT = "greeter/v1/greeter.proto";

const LONG =
  "A comment that is longer than a line of a file is wide, as people write them who have " +
  'much to say about a field.\n\nIt has a second paragraph, with `code`, "quotes", */ and // in it,\n' +
  "  a line that is indented, and é and 🎉.";

const int32 = () => z.int32();
const int64 = () => z.int64();

/** A number of every kind, and the other scalars. */
const Scalars = z.object({
  double: z.number().describe("of 64 bits"),
  float: z.float32().describe("of 32 bits"),
  int32: z.int32(),
  int64: z.int64(),
  uint32: z.uint32(),
  uint64: z.uint64(),
  sint32: int32().meta({ proto: "sint32", description: "zigzag" }),
  sint64: int64().meta({ proto: "sint64" }),
  fixed32: z.uint32().meta({ proto: "fixed32" }),
  fixed64: z.uint64().meta({ proto: "fixed64" }),
  sfixed32: int32().meta({ proto: "sfixed32" }),
  sfixed64: int64().meta({ proto: "sfixed64" }),
  safe: z.int().describe("what JavaScript counts exactly"),
  bool: z.boolean(),
  string: z.string().describe(LONG),
  bytes: z.instanceof(Uint8Array),
}).meta({ id: "Scalars", description: LONG });

/** Values with names that protobuf would not take as they are. */
const Color = z.enum(["red", "dark-red", "lightBlue"]).meta({
  id: "Color",
  description: "What it looks like.",
});

/** A tree. */
const Tree = z.object({
  label: z.string(),
  get left() {
    return Tree.optional();
  },
  get children() {
    return z.array(Tree);
  },
}).meta({ id: "Tree", description: "It has itself within it." });

/** A message that is a oneof. */
const Shape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("circle"), radius: z.number().describe("from its middle") }),
  z.object({ kind: z.literal("square"), side: z.number() }),
  z.object({ kind: z.literal("nothing") }),
]).meta({ id: "Shape", description: "One of some." });

/** Presence, lists, maps, messages of google.protobuf, messages of others. */
const Wide = z.object({
  scalars: Scalars.describe("all of them"),
  nick: z.string().optional().describe("may be left out"),
  nothing: z.string().nullable(),
  times: z.int32().default(3),
  names: z.array(z.string()),
  numbers: z.array(z.int32().meta({ proto: "sint32" })),
  parts: z.array(z.object({ sku: z.string(), count: z.uint32() })).describe("without a name"),
  labels: z.record(z.string(), z.string()),
  byNumber: z.map(z.int32(), Tree),
  byFlag: z.map(z.boolean(), Color),
  color: Color,
  colors: z.array(Color),
  tree: Tree.optional(),
  payment: z.discriminatedUnion("by", [
    z.object({ by: z.literal("cash") }),
    z.object({ by: z.literal("card"), number: z.string().describe("as embossed") }),
  ]).describe("how it is paid"),
  shape: Shape.optional(),
  shapes: z.array(Shape),
  at: z.date().describe("in milliseconds"),
  atText: z.iso.datetime().meta({ proto: "google.protobuf.Timestamp" }).optional(),
  wait: z.number().meta({ proto: "google.protobuf.Duration" }).optional(),
  json: z.json().optional(),
  object: z.record(z.string(), z.json()).optional(),
  wrapped: z.string().meta({ proto: "google.protobuf.StringValue" }).optional(),
  wrappedCount: z.int64().meta({ proto: "google.protobuf.Int64Value" }).optional(),
  hello: message(SayHelloRequestSchema).optional().describe("a generated one"),
  // Words of protobuf, names of its types, and what case and digits make hard.
  message: z.string(),
  optional: z.boolean(),
  rpc: z.int32(),
  HTTPCode2: z.uint32(),
  _hidden: z.string(),
  toJSON: z.string(),
  timestamp: z.object({ google: z.string() }).optional(),
}).meta({ id: "Wide", description: "Everything." });

/**
 * Makes an app with the service.
 *
 * @param onEcho Called with what the handler of `Echo` gets.
 */
export function createWideApp(onEcho: (wide: object) => void = () => {}): FastGRPC {
  const app = new FastGRPC({
    name: WIDE_SERVICE,
    description: "Has everything.\n\nIn two paragraphs.",
  });
  app.unaryUnary(
    "Echo",
    {
      request: Wide,
      response: Wide,
      description: "Gives back what it gets.",
      idempotency: "NO_SIDE_EFFECTS",
    },
    (wide) => {
      onEcho(wide);
      return wide;
    },
  );
  app.unaryStream(
    "Count",
    {
      request: z.object({ to: z.uint32().max(100), color: Color }),
      response: z.object({ number: z.uint32(), color: Color }).describe("one of them"),
    },
    async function* ({ to, color }) {
      for (let number = 1; number <= to; number++) yield { number, color };
    },
  );
  app.streamUnary(
    "Sum",
    { request: z.object({ value: z.int64() }), response: z.int64(), description: "Adds up." },
    async (requests) => {
      let sum = 0n;
      for await (const { value } of requests) sum += value;
      return sum;
    },
  );
  app.streamStream("Turn", { request: Tree, response: Tree }, async function* (trees) {
    for await (const { label, children } of trees) {
      yield { label: label.toUpperCase(), children: children.toReversed() };
    }
  });
  app.unaryUnary(
    "SayHello",
    { request: SayHelloRequestSchema, response: SayHelloResponseSchema },
    ({ name }) => ({ message: `Hello ${name}` }),
  );
  app.unaryUnary("Scale", { request: Shape, response: Shape }, (shape) => {
    return shape.kind === "circle" ? { ...shape, radius: shape.radius * 2 } : shape;
  });
  app.unaryUnary(
    "Ping",
    { request: z.void(), response: z.object({}), idempotency: "IDEMPOTENT" },
    () => ({}),
  );
  return app;
}
