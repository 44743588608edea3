import { assertEquals, assertThrows } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createDecoder } from "../../../src/protocol/protobuf/decoder.ts";
import { SayHelloRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";
import { describeAllFields } from "../../support/all_fields.ts";

const ALL = describeAllFields("proto3");

/** Counts how often bytes are asked for their memory, as protobuf-es does for each message. */
function watch(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly count: () => number } {
  const { buffer } = bytes;
  let count = 0;
  const get = () => {
    count++;
    return buffer;
  };
  return { bytes: Object.defineProperty(bytes, "buffer", { get }), count: () => count };
}

const USUAL: Readonly<Record<string, object>> = {
  "of texts and numbers": { stringSingle: "é🎉", int32Single: -1, sint64Single: -(2n ** 63n) },
  "of lists, packed and not": { int32Repeated: [1, -1], int32Unpacked: [3], stringRepeated: ["a"] },
  "of maps": { stringMap: { 1: "a" }, uint32Map: { 2: 5 }, anyMap: { 3: { typeUrl: "b" } } },
  "of messages": { allSingle: { allSingle: { stringSingle: "deep" } }, allRepeated: [{}, {}] },
  "with a oneof": { one: { case: "allInOneof", value: { boolSingle: true } } },
  "with a known type": { timestampSingle: { seconds: 5n, nanos: 6 }, anyRepeated: [{}] },
};

for (const [name, init] of Object.entries(USUAL)) {
  Deno.test(`createDecoder() decodes a message ${name} without protobuf-es`, () => {
    const encoded = toBinary(ALL, create(ALL, init as never));
    const expected = fromBinary(ALL, encoded);
    const { bytes, count } = watch(encoded);
    assertEquals(createDecoder(ALL)(bytes), expected);
    assertEquals(count(), 0);
    fromBinary(ALL, bytes);
    assertEquals(count() > 0, true, "nothing would show that protobuf-es was asked");
  });
}

Deno.test("createDecoder() drops fields that the schema does not know, without protobuf-es", () => {
  const known = [0x0a, 1, 0x61];
  const unknown = [0x78, 0x80, 1, 0x7a, 2, 1, 2, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8];
  const { bytes, count } = watch(new Uint8Array([...unknown, ...known, ...unknown]));
  const message = createDecoder(SayHelloRequestSchema)(bytes);
  assertEquals(count(), 0);
  assertEquals(message, create(SayHelloRequestSchema, { name: "a" }) as never);
});

Deno.test("createDecoder() gives each message lists, maps and oneofs of its own", () => {
  const decode = createDecoder(ALL);
  const nothing = new Uint8Array();
  const [first, second] = [decode(nothing), decode(nothing)] as never as Record<string, unknown>[];
  for (const name of ["stringRepeated", "stringMap", "one"]) {
    assertEquals(first![name] === second![name], false, name);
  }
});

Deno.test("createDecoder() takes any key of a map", () => {
  const doubleMap = JSON.parse('{ "__proto__": 1, "constructor": 2, "": 3 }');
  const bytes = toBinary(ALL, create(ALL, { doubleMap } as never));
  const message = createDecoder(ALL)(bytes) as never as { doubleMap: object };
  assertEquals(Object.entries(message.doubleMap).sort(), Object.entries(doubleMap).sort());
});

Deno.test("createDecoder() bounds how many messages are within each other", () => {
  const tag = ALL.field["allSingle"]!.number << 3 | 2;
  let bytes = new Uint8Array();
  for (let depth = 0; depth < 99; depth++) bytes = wrap(tag, bytes);
  createDecoder(ALL)(bytes);
  bytes = wrap(tag, bytes);
  assertThrows(() => createDecoder(ALL)(bytes), Error, "recursion depth");
});

function wrap(tag: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = [bytes.length & 0x7f | 0x80, bytes.length >>> 7 & 0x7f];
  return new Uint8Array([tag & 0x7f | 0x80, tag >>> 7, ...length, ...bytes]);
}
