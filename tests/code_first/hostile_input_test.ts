import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { fromBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { FastGRPC, Service } from "../../mod.ts";
import { envelope } from "../support/envelopes.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bytesOf } from "../support/http2_frames.ts";
import { nestedTree, nestedTreeJson, nestedValueJson, varint } from "../support/nested_messages.ts";
import { compileEcho } from "../support/schemas.ts";
import { readStatus, type WireStatus } from "../support/wire_formats.ts";

const Tree = z.object({
  get child() {
    return Tree.optional();
  },
  numbers: z.array(z.uint32()),
}).meta({ id: "Tree" });

const Text = z.object({ text: z.string() });

const Maps = z.object({
  texts: z.record(z.string(), z.string()),
  objects: z.record(z.string(), z.object({ a: z.string() })),
  map: z.map(z.string(), z.string()),
  json: z.json().optional(),
  any: z.looseObject({}).optional(),
});

const Values = z.object({
  int: z.int32(),
  double: z.number(),
  float: z.float32(),
  long: z.int64(),
  uint: z.uint32(),
  safe: z.int(),
  choice: z.enum(["a", "b"]).optional(),
  date: z.date().optional(),
  bytes: z.instanceof(Uint8Array).optional(),
  duration: z.instanceof(Temporal.Duration).optional(),
});

const hostile = new Service("demo.v1.Hostile")
  .unaryUnary("Trees", { request: Tree, response: z.void() }, () => {})
  .unaryUnary("Maps", { request: Maps, response: Text }, (maps) => {
    const isPlain = [maps.texts, maps.objects].every((each) =>
      Object.getPrototypeOf(each) === Object.prototype
    );
    const entries = [maps.texts, maps.objects, maps.json, maps.any].map((each) =>
      Object.entries(each ?? {})
    );
    return { text: JSON.stringify([isPlain, ...entries, [...maps.map]]) };
  })
  .unaryUnary("Values", { request: Values, response: Text }, (values) => ({
    text: JSON.stringify(values, (_, value) => typeof value === "bigint" ? `${value}n` : value),
  }))
  .unaryUnary(
    "Lists",
    { request: z.object({ names: z.array(z.string().min(1)) }), response: z.void() },
    () => {},
  )
  .unaryUnary(
    "Few",
    { request: z.object({ names: z.array(z.string()).max(3) }), response: z.void() },
    () => {},
  );

/** Content types, by the lane that serves them. */
const JSON_TYPE = "application/json";
const BINARY = ["application/grpc", "application/GRPC"];

async function serve(options?: ConstructorParameters<typeof FastGRPC>[0]) {
  const server = await new FastGRPC(options).addService(hostile)
    .serve({ port: 0, hostname: "127.0.0.1" });
  return {
    async call(
      method: string,
      contentType: string,
      body: Uint8Array,
    ): Promise<WireStatus & { readonly text: string }> {
      using client = connectHttp2(`http://127.0.0.1:${server.addr.port}`);
      const isGrpc = contentType !== JSON_TYPE;
      const response = await client.request(
        `/demo.v1.Hostile/${method}`,
        { "content-type": contentType },
        isGrpc ? envelope(body) : body,
      );
      return { ...readStatus(response), text: new TextDecoder().decode(response.body) };
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A field with bytes. */
function field(number: number, bytes: Uint8Array): number[] {
  return [...varint(number << 3 | 2), ...varint(bytes.length), ...bytes];
}

function entry(key: string, value: Uint8Array): Uint8Array {
  return Uint8Array.from([...field(1, bytesOf(key)), ...field(2, value)]);
}

Deno.test("messages nested 10,000 levels deep are refused, and the server goes on", async () => {
  await using server = await serve();
  for (const levels of [10, 40, 101, 3000, 10_000]) {
    const json = bytesOf(`{"json":${new TextDecoder().decode(nestedValueJson(levels))}}`);
    const answers = [
      ...await Promise.all(BINARY.map((type) => server.call("Trees", type, nestedTree(levels)))),
      await server.call("Trees", JSON_TYPE, nestedTreeJson(levels)),
      await server.call("Maps", JSON_TYPE, json),
    ];
    const [binary, inJson] = levels > 100 ? ["internal", "invalid_argument"] : ["ok", "ok"];
    assertEquals(answers.map(({ code }) => code), [binary, binary, inJson, inJson], `${levels}`);
    for (const { message } of answers) {
      assert(!/call stack|\bat |\.ts|file:/.test(message), message);
    }
  }
});

Deno.test("keys such as __proto__ in JSON pollute no prototype", async () => {
  await using server = await serve();
  const request = `{
    "__proto__": { "polluted": 1 },
    "constructor": { "prototype": { "polluted": 1 } },
    "texts": { "__proto__": "x", "constructor": "y", "toString": "z" },
    "objects": { "__proto__": { "a": "x" }, "constructor": { "a": "y" } },
    "map": { "__proto__": "x" },
    "json": { "__proto__": { "polluted": 1 }, "a": 1 },
    "any": { "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }
  }`;
  const { code, text } = await server.call("Maps", JSON_TYPE, bytesOf(request));
  assertEquals(code, "ok");
  assertEquals(JSON.parse(JSON.parse(text).text), [
    true,
    [["constructor", "y"], ["toString", "z"]],
    [["constructor", { a: "y" }]],
    [["a", 1]],
    [["constructor", { prototype: { polluted: 1 } }]],
    [["__proto__", "x"]],
  ]);
  assertEquals("polluted" in {}, false);
});

Deno.test("keys such as __proto__ in maps on the wire pollute no prototype", async () => {
  await using server = await serve();
  const request = Uint8Array.from([
    ...field(1, entry("__proto__", bytesOf("x"))),
    ...field(1, entry("constructor", bytesOf("y"))),
    ...field(2, entry("__proto__", Uint8Array.from(field(1, bytesOf("x"))))),
    ...field(3, entry("__proto__", bytesOf("x"))),
  ]);
  for (const type of BINARY) {
    const { code, text } = await server.call("Maps", type, request);
    assertEquals(code, "ok");
    const json = text.slice(text.indexOf("[true"));
    assertEquals(JSON.parse(json), [true, [["constructor", "y"]], [], [], [], [[
      "__proto__",
      "x",
    ]]]);
  }
  assertEquals("polluted" in {}, false);
});

/** Values in JSON, with the code, and what the message or what the handler got has in it. */
const IN_JSON: readonly (readonly [json: string, code: string, has: string])[] = [
  ['{"double":"NaN"}', "invalid_argument", "double: Invalid input: expected number, received NaN"],
  ['{"double":"-Infinity"}', "invalid_argument", "double: Invalid input"],
  ['{"float":"NaN"}', "invalid_argument", "float: Invalid input"],
  ['{"float":1e300}', "invalid_argument", "out of range"],
  ['{"int":1e10}', "invalid_argument", "out of range"],
  ['{"int":1.5}', "invalid_argument", "got 1.5"],
  ['{"int":true}', "invalid_argument", "got true"],
  ['{"int":"12"}', "ok", '"int":12'],
  ['{"int":null}', "ok", '"int":0'],
  ['{"uint":-1}', "invalid_argument", "out of range"],
  ['{"long":"9223372036854775807"}', "ok", '"long":"9223372036854775807n"'],
  ['{"long":"9223372036854775808"}', "invalid_argument", "out of range"],
  ['{"safe":"9007199254740993"}', "invalid_argument", "safe: Too big"],
  ['{"choice":7}', "invalid_argument", "choice: Invalid option"],
  ['{"choice":"VALUES_REQUEST_CHOICE_B"}', "ok", '"choice":"b"'],
  ['{"date":"nope"}', "invalid_argument", "invalid RFC 3339 string"],
  ['{"duration":"315576000001s"}', "invalid_argument", ""],
  ['{"bytes":"!!"}', "invalid_argument", "invalid base64"],
  ['{"unknown":1}', "ok", '"int":0'],
  ["[]", "invalid_argument", "demo.v1.ValuesRequest"],
  ["null", "invalid_argument", "demo.v1.ValuesRequest"],
  ["{", "invalid_argument", "demo.v1.ValuesRequest"],
];

for (const [json, wanted, has] of IN_JSON) {
  Deno.test(`a request in JSON is ${wanted}: ${json}`, async () => {
    await using server = await serve();
    const { code, message, text } = await server.call("Values", JSON_TYPE, bytesOf(json));
    assertEquals(code, wanted, message);
    const shown = code === "ok" ? JSON.parse(text).text : message;
    assert(shown.includes(has), shown);
  });
}

function double(number: number, value: number): number[] {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [number << 3 | 1, ...bytes];
}

const LARGEST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

/** Fields on the wire, with the code and what the message has in it. */
const ON_THE_WIRE: Readonly<Record<string, readonly [bytes: number[], code: string, has: string]>> =
  {
    "NaN": [double(2, NaN), "invalid_argument", "double: Invalid input: expected number"],
    "Infinity": [double(2, Infinity), "invalid_argument", "double: Invalid input"],
    "an integer that is not safe": [[6 << 3, ...LARGEST], "invalid_argument", "safe: Too big"],
    "a number that is not in an enum": [[7 << 3, 99], "invalid_argument", "choice: Invalid option"],
    "a negative number in an enum": [
      [7 << 3, ...Array(9).fill(0xff), 1],
      "invalid_argument",
      "choice: Invalid option",
    ],
    "a date that is none": [
      field(8, Uint8Array.from([8, ...LARGEST])),
      "invalid_argument",
      "date: Invalid input",
    ],
    "a duration that is none": [
      field(10, Uint8Array.from([8, ...LARGEST])),
      "invalid_argument",
      "duration: Invalid input: expected a duration",
    ],
    "a field that is unknown": [[...varint(50 << 3), 7], "ok", ""],
    "a field of another type": [field(1, bytesOf("x")), "internal", "parse binary"],
    "a message that ends too early": [[9 << 3 | 2, 50, 1], "internal", "parse binary"],
  };

for (const [what, [bytes, wanted, has]] of Object.entries(ON_THE_WIRE)) {
  Deno.test(`a request on the wire is ${wanted}: ${what}`, async () => {
    await using server = await serve();
    for (const type of BINARY) {
      const { code, message } = await server.call("Values", type, Uint8Array.from(bytes));
      assertEquals(code, wanted, message);
      assert(message.includes(has), message);
    }
  });
}

/** So many texts of no length. */
function emptyTexts(count: number): Uint8Array {
  return Uint8Array.from({ length: 2 * count }, (_, i) => i % 2 === 0 ? 0x0a : 0);
}

Deno.test("a huge list that is all wrong is refused", async () => {
  await using server = await serve();
  const { code, message } = await server.call("Lists", BINARY[0]!, emptyTexts(100_000));
  assertEquals(code, "invalid_argument");
  assert(message.startsWith("invalid request: names["), message);
});

Deno.test("a huge list that is all wrong is refused in less time than it takes to decode", () => {
  const { method } = compileEcho(z.object({ names: z.array(z.string().min(1)) }));
  const startedAt = performance.now();
  const message = fromBinary(method.desc.input, emptyTexts(500_000));
  const decodedAt = performance.now();
  assertThrows(() => method.parse(message), ConnectError, "invalid request: names[");
  assertLess(performance.now() - decodedAt, decodedAt - startedAt);
});

Deno.test("a message over maxReceiveBytes is not read, and its schema does not see it", async () => {
  await using server = await serve({ maxReceiveBytes: 100 });
  const list = Uint8Array.from(Array.from({ length: 40 }, () => [0x0a, 1, 65]).flat());
  for (const type of BINARY) {
    assertEquals((await server.call("Few", type, list)).code, "resource_exhausted");
    assertEquals((await server.call("Few", type, list.slice(0, 60))).code, "invalid_argument");
    assertEquals((await server.call("Few", type, list.slice(0, 9))).code, "ok");
  }
});
