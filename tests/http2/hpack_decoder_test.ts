import { assert, assertEquals, assertLess, assertStrictEquals, assertThrows } from "@std/assert";
import { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import { HpackError } from "../../src/http2/hpack_error.ts";
import { references, remembered } from "../support/attack_hpack.ts";
import { createDecoder, decodeBlock, fromHex } from "../support/hpack_blocks.ts";
import { concat } from "../support/http2_frames.ts";

const MAX_LIST_BYTES = 8192;

/** Blocks that end a connection, the first of it. */
const MALFORMED: Readonly<Record<string, string>> = {
  "index 0": "80",
  "an index beyond the static table while the dynamic one is empty": "be",
  "an index far beyond the tables": "ff ff ff ff 0f",
  "a name with an index that is not there": "7f 00 01 61",
  "a name without indexing that is not there": "0f 2f 01 61",
  "an integer that is cut off": "ff",
  "an integer that goes on without end": "ff 80 80 80 80 80 80 80 80 00",
  "an integer above 2^32": "ff ff ff ff ff ff 7f",
  "an integer above what there can be": "ff 80 ff ff ff 7f",
  "a literal that ends after its first byte": "40",
  "a literal without a value": "40 01 61",
  "a literal that never gets an index and has no value": "10 01 61",
  "a name that is cut off": "40 02 61",
  "a value that is cut off": "40 01 61 02 61",
  "a value whose length is cut off": "40 01 61 7f",
  "a value longer than any block": "40 01 61 7f ff ff ff 7f",
  "a text of Huffman that is cut off": "40 01 61 82 1c",
  "a text of Huffman with EOS": "40 01 61 84 ff ff ff ff",
  "a text of Huffman with padding of zeros": "40 01 61 81 18",
  "a text of Huffman with 8 bits of padding": "40 01 61 82 1f ff",
  "a size above the limit": "3f e2 1f",
  "a size after a field": "82 3f e1 1f",
  "a size after a field, which would do as a literal": "82 21 01 61",
  "three sizes": "20 21 22",
  "a size that is cut off": "3f",
};

for (const [title, digits] of Object.entries(MALFORMED)) {
  Deno.test(`HpackDecoder refuses ${title}`, () => {
    assertThrows(() => decodeBlock(createDecoder(), digits), HpackError);
  });
}

Deno.test("HpackDecoder takes an empty block", () => {
  const list = decodeBlock(createDecoder(), "");
  assertEquals([list.fields, list.bytes], [[], 0]);
});

Deno.test("HpackDecoder reads nothing that comes after a block", () => {
  const bytes = fromHex("20 20 82 84");
  assertEquals(createDecoder().decode(bytes, 0, 0).bytes, 0);
  assertEquals(createDecoder().decode(bytes, 0, 1).bytes, 0);
  const list = createDecoder().decode(bytes, 1, 3);
  assertEquals([list.method, list.path], ["GET", undefined]);
});

Deno.test("HpackDecoder takes integers with needless bytes", () => {
  assertEquals(decodeBlock(createDecoder(), "00 7f 80 80 80 00" + "61".repeat(127) + "00").fields, [
    "a".repeat(127),
    "",
  ]);
});

Deno.test("HpackDecoder takes two sizes before the fields, up to the limit", () => {
  const list = decodeBlock(createDecoder(), "20 3f e1 1f 82");
  assertEquals(list.method, "GET");
});

Deno.test("HpackDecoder forgets what a smaller table has no room for", () => {
  const decoder = createDecoder();
  decodeBlock(decoder, concat(remembered("a", "1"), remembered("b", "2")));
  // 34 bytes each: the older one has to go.
  assertEquals(decodeBlock(decoder, "3f 15 be").fields, ["b", "2"]);
  assertThrows(() => decodeBlock(decoder, "bf"), HpackError);
});

Deno.test("HpackDecoder forgets all when a field is larger than the table", () => {
  const decoder = createDecoder();
  const large = "x".repeat(4096);
  const list = decodeBlock(decoder, concat(remembered("a", "1"), remembered("b", large)));
  assertEquals(list.fields, ["a", "1", "b", large]);
  assertThrows(() => decodeBlock(decoder, "be"), HpackError);
});

Deno.test("HpackDecoder keeps a field whose name is of an entry that it drives out", () => {
  const decoder = createDecoder({ maxTableSize: 64 });
  decodeBlock(decoder, remembered("name", "1".repeat(28)));
  // Section 4.4: the name is read before its entry goes.
  assertEquals(decodeBlock(decoder, "7e 01 32").fields, ["name", "2"]);
  assertEquals(decodeBlock(decoder, "be").fields, ["name", "2"]);
});

Deno.test("HpackDecoder wants a smaller table once a smaller limit is acknowledged", () => {
  for (const [digits, isTaken] of [["82", false], ["20 82", true], ["3f 45 82", true]] as const) {
    const decoder = createDecoder();
    for (let time = 0; time < 2; time++) decodeBlock(decoder, digits);
    decoder.limitTable(100);
    if (isTaken) assertEquals(decodeBlock(decoder, digits).method, "GET");
    else assertThrows(() => decodeBlock(decoder, digits), HpackError, "smaller");
  }
});

Deno.test("HpackDecoder allows a larger table once a larger limit is acknowledged", () => {
  const decoder = createDecoder();
  decoder.limitTable(8192);
  const large = "x".repeat(5000);
  decodeBlock(decoder, concat(fromHex("3f e1 3f"), remembered("a", large)));
  assertEquals(decodeBlock(decoder, "be").fields, ["a", large]);
});

Deno.test("HpackDecoder decodes the same block once, as long as the table is the same", () => {
  const decoder = createDecoder();
  decodeBlock(decoder, remembered("a", "1"));
  const first = decodeBlock(decoder, "82 be");
  assertStrictEquals(decodeBlock(decoder, "82 be"), first);
  assertEquals(decodeBlock(decoder, "82 be 82").fields, ["a", "1"]);
  assertEquals(decodeBlock(decoder, "83 be").method, "POST");
  assertStrictEquals(decodeBlock(decoder, "82 be"), first);

  decodeBlock(decoder, remembered("b", "2"));
  assertEquals(decodeBlock(decoder, "82 be").fields, ["b", "2"]);
  assertEquals(first.fields, ["a", "1"]);
  decodeBlock(decoder, "20");
  assertThrows(() => decodeBlock(decoder, "82 be"), HpackError);
});

Deno.test("HpackDecoder reads names of the dynamic table anew each time", () => {
  const decoder = createDecoder();
  for (const name of ["a", "b", "a"]) {
    decodeBlock(decoder, remembered(name, "1"));
    assertEquals(decodeBlock(decoder, "0f 2f 01 32").fields, [name, "2"]);
    assertEquals(decodeBlock(decoder, "1f 2f 01 32").fields, [name, "2"]);
  }
});

Deno.test("HpackDecoder gives a block of a size alone its effect each time", () => {
  const decoder = createDecoder();
  const empties = "20 3f e1 1f";
  for (let round = 0; round < 3; round++) {
    decodeBlock(decoder, remembered("a", "1"));
    assertEquals(decodeBlock(decoder, "be").fields, ["a", "1"]);
    decodeBlock(decoder, empties);
    assertThrows(() => decodeBlock(decoder, "be"), HpackError);
  }
});

Deno.test("HpackDecoder tells blocks apart that are the same but for one byte", () => {
  const decoder = createDecoder();
  for (let round = 0; round < 2; round++) {
    for (let code = 0; code < 256; code++) {
      const block = Uint8Array.of(0x00, 1, 0x61, 1, code);
      assertEquals(decodeBlock(decoder, block).fields, ["a", String.fromCharCode(code)]);
    }
  }
});

Deno.test("HpackDecoder keeps no more fields than a list may be long, and goes on", () => {
  const decoder = createDecoder({ maxListBytes: 100 });
  const block = concat(remembered("a", "1"), remembered("b", "2"), remembered("c", "3"));
  const list = decodeBlock(decoder, block);
  assertEquals(list.fields, ["a", "1", "b", "2"]);
  assertEquals([list.bytes, list.isTooLong], [102, true]);
  // The table has it all.
  const next = decodeBlock(decoder, "be");
  assertEquals([next.fields, next.isTooLong], [["c", "3"], false]);
});

Deno.test("HpackDecoder keeps little of a block that is small and stands for much", () => {
  const decoder = createDecoder({ maxListBytes: MAX_LIST_BYTES });
  decodeBlock(decoder, remembered("a", "x".repeat(4000)));
  const start = performance.now();
  const list = decodeBlock(decoder, references(1_000_000));
  assertLess(performance.now() - start, 1000);
  assertEquals(list.bytes, 4033 * 1_000_000);
  assert(list.isTooLong);
  assertEquals(list.fields.length, 4);
});

Deno.test("HpackDecoder takes texts that are longer than it is prepared for", () => {
  const text = "0".repeat(100_000);
  // A zero is 00000.
  const block = concat(fromHex("00 01 61 ff a5 e7 03"), new Uint8Array(62_500));
  const decoder = new HpackDecoder({ maxListBytes: MAX_LIST_BYTES });
  const list = decodeBlock(decoder, block);
  assertEquals([list.bytes, list.fields], [text.length + 33, []]);
  assertEquals(decodeBlock(createDecoder(), block).fields, ["a", text]);
});
