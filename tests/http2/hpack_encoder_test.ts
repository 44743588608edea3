import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type FieldsToSend, HpackEncoder } from "../../src/http2/hpack_encoder.ts";
import { createDecoder, decodeBlock } from "../support/hpack_blocks.ts";

const HEADER = Object.freeze({ "content-type": "application/grpc+proto" });
const TRAILERS = Object.freeze({ "grpc-status": "0" });

Deno.test("HpackEncoder says what it has said before in a byte for each field", () => {
  const encoder = new HpackEncoder();
  assertEquals(encoder.encode(HEADER, 200).byteLength, 19);
  assertEquals(encoder.encode(TRAILERS).byteLength, 12);
  for (let call = 0; call < 3; call++) {
    assertEquals(encoder.encode(HEADER, 200).toHex(), "88bf");
    assertEquals(encoder.encode(TRAILERS).toHex(), "be");
  }
});

Deno.test("HpackEncoder encodes fields that are frozen once, until the table changes", () => {
  const encoder = new HpackEncoder();
  encoder.encode(HEADER, 200);
  const kept = encoder.encode(HEADER, 200);
  assertStrictEquals(encoder.encode(HEADER, 200), kept);
  assertEquals(encoder.encode(HEADER, 204).toHex(), "89be");
  assertStrictEquals(encoder.encode(HEADER, 200), kept);
  encoder.encode(TRAILERS);
  assertEquals(encoder.encode(HEADER, 200).toHex(), "88bf");
  encoder.limitTable(0);
  encoder.encode({});
  // Without indexing, an integer of 31 takes two bytes.
  assertEquals(encoder.encode(HEADER, 200).byteLength, 20);
});

Deno.test("HpackEncoder does not keep what may still change", () => {
  const encoder = new HpackEncoder();
  const fields: Record<string, string> = { "x-name": "a" };
  const before = encoder.encode(fields);
  fields["x-name"] = "b";
  assertNotEquals(encoder.encode(fields), before);
  assertEquals(decodeBlock(createDecoder(), encoder.encode(fields)).fields, ["x-name", "b"]);
});

Deno.test("HpackEncoder keeps the blocks of only so many fields", () => {
  const encoder = new HpackEncoder();
  const all = Array.from({ length: 100 }, (_, i) => Object.freeze({ "x-name": String(i) }));
  for (let round = 0; round < 2; round++) {
    for (const fields of all) {
      const list = decodeBlock(createDecoder(), encoder.encode(fields));
      assertEquals(list.fields, ["x-name", fields["x-name"]]);
    }
  }
});

Deno.test("HpackEncoder keeps what changes with each call out of the table", () => {
  const encoder = new HpackEncoder();
  encoder.encode(HEADER, 200);
  for (const name of ["x-request-id", "date", "etag", "content-length", "grpc-message"]) {
    encoder.encode({ [name]: "a value of its own" });
  }
  assertEquals(encoder.encode(HEADER, 200).toHex(), "88be");
});

/** RFC 7541, section 7.1.3: `0001` at first, and nothing of it in the table. */
const SENSITIVE: Readonly<Record<string, string>> = {
  "authorization": "1f08",
  "cookie": "1f11",
  "proxy-authorization": "1f22",
  "set-cookie": "1f28",
};

for (const [name, start] of Object.entries(SENSITIVE)) {
  Deno.test(`HpackEncoder never has ${name} indexed`, () => {
    const encoder = new HpackEncoder();
    const block = encoder.encode({ [name]: "secret" });
    assertEquals(block.subarray(0, 2).toHex(), start);
    assertEquals(encoder.encode({ [name]: "secret" }), block);
    assertEquals(decodeBlock(createDecoder(), block).fields, [name, "secret"]);
  });
}

Deno.test("HpackEncoder encodes a list as several fields, in their places", () => {
  const block = new HpackEncoder().encode({ "a": "1", "set-cookie": ["b=c", "d=e"], "f": [] });
  const { fields } = decodeBlock(createDecoder(), block);
  assertEquals(fields, ["a", "1", "set-cookie", "b=c", "set-cookie", "d=e"]);
});

Deno.test("HpackEncoder encodes any status before the fields", () => {
  const statuses: Readonly<Record<number, string>> = {
    200: "88",
    404: "8d",
    500: "8e",
    201: "08821003",
    418: "0803343138",
  };
  for (const [status, digits] of Object.entries(statuses)) {
    const block = new HpackEncoder().encode({ "a": "1" }, Number(status));
    assertEquals(block.toHex(), `${digits}0001610131`, status);
  }
});

Deno.test("HpackEncoder encodes a field that is larger than all it has room for", () => {
  const encoder = new HpackEncoder();
  encoder.encode(TRAILERS);
  for (const name of ["x-name", "content-type"]) {
    const value = "\xff".repeat(100_000);
    const list = decodeBlock(createDecoder(), encoder.encode({ "a": "1", [name]: value }));
    assertEquals(list.fields, ["a", "1", name, value]);
  }
  assertEquals(encoder.encode(TRAILERS).toHex(), "be", "it has driven nothing out");
});

/** What the peer sets between two blocks, and how the second one begins (section 4.2). */
const SIZES: readonly (readonly [sizes: readonly number[], begin: string])[] = [
  [[], "88"],
  [[4096], "88"],
  [[1 << 30], "88"],
  [[0], "2088"],
  [[100], "3f4588"],
  [[100, 4096], "3f453fe11f88"],
  [[0, 1 << 30], "203fe11f88"],
  [[100, 0, 50], "203f1388"],
  [[0, 0], "2088"],
];

for (const [sizes, begin] of SIZES) {
  Deno.test(`HpackEncoder begins a block with what became of ${sizes.join() || "no"} sizes`, () => {
    const encoder = new HpackEncoder();
    const decoder = createDecoder();
    for (const fields of [HEADER, TRAILERS]) decodeBlock(decoder, encoder.encode(fields, 200));
    for (const size of sizes) encoder.limitTable(size);
    decoder.limitTable(sizes.at(-1) ?? 4096);
    const block = encoder.encode(HEADER, 200);
    assertEquals(block.subarray(0, begin.length / 2).toHex(), begin);
    // Once is enough, and both tables are the same.
    for (const bytes of [block, encoder.encode(HEADER, 200), encoder.encode(HEADER, 200)]) {
      assertEquals(decodeBlock(decoder, bytes).fields, Object.entries(HEADER).flat());
    }
    assertEquals(encoder.encode(TRAILERS, 200)[0], 0x88);
  });
}

/** What nobody could receive, or would take for something else. */
const REFUSED: Readonly<Record<string, FieldsToSend>> = {
  "a pseudo-field of responses": { ":status": "200" },
  "a pseudo-field of requests": { ":path": "/" },
  "a name in capital letters": { "Content-Type": "a" },
  "an empty name": { "": "a" },
  "a name with a blank": { "x y": "a" },
  "a value with a line feed": { "x": "a\nb" },
  "a value with a carriage return": { "x": "a\rb" },
  "a value with NUL": { "x": "\0" },
  "a value that begins with a blank": { "x": " a" },
  "a value with a character that is no byte": { "x": "\u0100" },
  "a name with a character that is no byte": { "\u0161": "a" },
  "one of several values that may not be": { "x": ["a", "b\n"] },
  "a field about the connection": { "connection": "close" },
};

for (const [title, fields] of Object.entries(REFUSED)) {
  Deno.test(`HpackEncoder refuses ${title}, and goes on`, () => {
    const encoder = new HpackEncoder();
    assertThrows(() => encoder.encode({ ...HEADER, ...fields }, 200), TypeError, "Cannot send");
    const decoder = createDecoder();
    for (let call = 0; call < 2; call++) {
      const list = decodeBlock(decoder, encoder.encode(HEADER, 200));
      assertEquals(list.fields, Object.entries(HEADER).flat());
    }
  });
}

Deno.test("HpackEncoder gives blocks that later ones leave as they are", () => {
  const encoder = new HpackEncoder();
  const block = encoder.encode({ "x": "1" });
  const copy = block.slice();
  encoder.encode({ "y": "22" });
  assertEquals(block, copy);
  assert(block.byteLength > 0);
});
