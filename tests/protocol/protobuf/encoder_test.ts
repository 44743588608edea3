import { assertEquals } from "@std/assert";
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { createEncoder } from "../../../src/protocol/protobuf/encoder.ts";
import { SayHelloResponseSchema } from "../../../gen/greeter/v1/greeter_pb.ts";
import { describeAllFields } from "../../support/all_fields.ts";

const ALL = describeAllFields("proto3");
const messageOf = (init: object, more: object) => Object.assign(create(ALL, init as never), more);

const ODD_VALUES: Record<string, unknown> = {
  "nothing": undefined,
  "a text": "x",
  "a list": [],
  "a function": () => {},
  "fields that the schema does not know": { $unknown: [{ no: 9999, wireType: 0, data: [1] }] },
  "a message with unknown fields": fromBinary(ALL, new Uint8Array([0xf8, 0xff, 0x7f, 1])),
  "a message within a message that is none": messageOf({}, { allSingle: {} }),
  "a message of another type within one": messageOf({}, { allSingle: { $typeName: "x.X" } }),
  "a message without a value that it has to have": messageOf({}, { stringSingle: undefined }),
  "a message without its list": messageOf({}, { stringRepeated: undefined }),
  "a message without its map": messageOf({}, { stringMap: undefined }),
  "a message without its oneof": messageOf({}, { one: undefined }),
  "a message with null for its oneof": messageOf({}, { one: null }),
  "a oneof of a case that there is not": { one: { case: "other", value: 1 } },
  "an object with inherited fields": Object.create({ stringSingle: "x", int32Optional: 0 }),
  "a message with inherited fields": Object.create(create(ALL, { int32Optional: 1 } as never)),
  "numbers as texts": { int32Single: "1", int64Single: "2", doubleSingle: "3" },
  "numbers for long ones": { int64Single: 1, uint64Repeated: [1] },
  "long numbers that are too long": { int64Single: 2n ** 63n },
  "zeros of other types": { int32Single: false, boolSingle: 0, int64Single: 0, bytesSingle: [] },
  "a list with a hole": { int32Repeated: [1, , 2] },
  "bytes as numbers": { bytesSingle: [1, 2], bytesRepeated: [[3]] },
  "a number that a float cannot be": { floatSingle: 3.5e38 },
  "half a character": { stringSingle: "\ud800", stringRepeated: ["a\udc00b"] },
};
const maps = ALL.fields.filter((field) => field.fieldKind === "map");
for (const { localName } of maps) {
  for (const key of ["", "x", "1", "-1", "1.5", "1e3", "true", "4294967296", "__proto__"]) {
    const map = JSON.parse(`{"${key}": 1}`);
    ODD_VALUES[`the key "${key}" in ${localName}`] = { [localName]: map };
  }
}

for (const [name, value] of Object.entries(ODD_VALUES)) {
  Deno.test(`createEncoder() makes of ${name} what protobuf-es does`, () => {
    const encode = createEncoder(ALL);
    assertEquals(outcomeOf(() => encode(value, 0)), outcomeOf(() => reference(ALL, value)));
  });
}

Deno.test("createEncoder() encodes for a getter of what is encoded", () => {
  const encode = createEncoder(ALL);
  const value = {
    stringSingle: "before",
    get stringRepeated() {
      return [new TextDecoder().decode(encode({ stringSingle: "within" }, 0))];
    },
    int32Repeated: [1, 2, 3],
  };
  assertEquals(encode(value, 0), reference(ALL, value));
});

Deno.test("createEncoder() leaves alone what it returned before, however much follows", () => {
  const encode = createEncoder(SayHelloResponseSchema);
  const messages = Array.from({ length: 5000 }, (_, i) => ({ message: `${i} `.repeat(i % 50) }));
  const encoded = messages.map((message) => encode(message, 5).fill(firstByte(message), 0, 5));
  messages.forEach((message, index) => {
    assertEquals(encoded[index]!.subarray(0, 5), new Uint8Array(5).fill(firstByte(message)));
    assertEquals(encoded[index]!.subarray(5), reference(SayHelloResponseSchema, message));
  });
});

Deno.test("createEncoder() gives a long message memory of its own", () => {
  const encode = createEncoder(SayHelloResponseSchema);
  const long = { message: "é".repeat(500_000) };
  const encoded = encode(long, 5);
  assertEquals(encoded.subarray(5), reference(SayHelloResponseSchema, long));
  const short = encode({ message: "x" }, 5);
  assertEquals(short.buffer === encoded.buffer, false);
});

Deno.test("createEncoder() goes on after what cannot be encoded", () => {
  const encode = createEncoder(ALL);
  for (let round = 0; round < 3; round++) {
    outcomeOf(() => encode({ stringSingle: "x".repeat(20_000), int32Single: 1.5 }, 5));
    assertEquals(encode({ stringSingle: "y" }, 0), reference(ALL, { stringSingle: "y" }));
  }
});

function firstByte({ message }: { message: string }): number {
  return message.length % 256;
}

function reference(desc: DescMessage, value: unknown): Uint8Array {
  return toBinary(desc, create(desc, value as Message));
}

function outcomeOf<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
