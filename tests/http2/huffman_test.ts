import fc from "fast-check";
import { assertEquals } from "@std/assert";
import {
  huffmanDecode,
  huffmanEncode,
  huffmanLength,
  maxDecodedLength,
} from "../../src/http2/huffman.ts";
import { fromHex } from "../support/hpack_blocks.ts";
import { checkProperty } from "../support/properties.ts";

/** A text of the characters that a byte can be. */
const TEXT = fc.oneof(
  fc.string({ unit: fc.nat(0xff).map((code) => String.fromCharCode(code)), maxLength: 200 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 200 }),
);

/** From RFC 7541, Appendix C. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "www.example.com": "f1e3 c2e5 f23a 6ba0 ab90 f4ff",
  "no-cache": "a8eb 1064 9cbf",
  "custom-key": "25a8 49e9 5ba9 7d7f",
  "custom-value": "25a8 49e9 5bb8 e8b4 bf",
  "302": "6402",
  "private": "aec3 771a 4b",
  "Mon, 21 Oct 2013 20:13:21 GMT": "d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff",
  "https://www.example.com": "9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3",
  "307": "640e ff",
  "gzip": "9bd9 ab",
  "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1":
    "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 " +
    "03ed 4ee5 b106 3d50 07",
};

/** Section 5.2: what comes after the last symbol, and EOS itself. */
const FAULTS: Readonly<Record<string, string>> = {
  "zeros as padding": "18",
  "padding that is not all ones": "1e",
  "padding of 8 bits": "a8eb 1064 9cbf ff",
  "nothing but padding of 8 bits": "ff",
  "EOS": "ffff ffff",
  "EOS after a text": "a8eb 1064 9cbf ffff fffc",
  "EOS before a text": "ffff fffc ff",
  "a code that is cut off": "ffff fe",
};

function encode(text: string): Uint8Array {
  const out = new Uint8Array(huffmanLength(text) + 2);
  assertEquals(huffmanEncode(text, out, 1), out.byteLength - 1);
  assertEquals([out[0], out.at(-1)], [0, 0], "nothing is written beside it");
  return out.slice(1, -1);
}

function decode(bytes: Uint8Array): string | undefined {
  const out = new Uint8Array(maxDecodedLength(bytes.byteLength));
  const length = huffmanDecode(bytes, 0, bytes.byteLength, out);
  return length < 0 ? undefined : String.fromCharCode(...out.subarray(0, length));
}

Deno.test("Huffman coding is that of the examples of the RFC", () => {
  for (const [text, digits] of Object.entries(EXAMPLES)) {
    assertEquals(encode(text), fromHex(digits), text);
    assertEquals(decode(fromHex(digits)), text);
  }
});

Deno.test("huffmanDecode() reads what huffmanEncode() made of each two bytes", () => {
  for (let code = 0; code < 0x10000; code++) {
    const text = String.fromCharCode(code >> 8, code & 0xff);
    assertEquals(decode(encode(text)), text);
  }
});

Deno.test("huffmanDecode() reads what huffmanEncode() made of any text", () => {
  checkProperty(fc.property(TEXT, (text) => assertEquals(decode(encode(text)), text)));
});

Deno.test("huffmanDecode() takes any bytes for one text at most", () => {
  const encodings = fc.uint8Array({ maxLength: 12 });
  checkProperty(
    fc.property(encodings, (bytes) => {
      const text = decode(bytes);
      if (text !== undefined) assertEquals(encode(text), bytes);
    }),
    20_000,
  );
});

for (const [title, digits] of Object.entries(FAULTS)) {
  Deno.test(`huffmanDecode() refuses ${title}`, () => {
    assertEquals(decode(fromHex(digits)), undefined);
  });
}

Deno.test("huffmanDecode() takes padding of up to 7 bits", () => {
  // Codes have 5 to 30 bits: between them they leave each number of bits over.
  for (const text of ["0", "00", "000", "0000", "00000", "000000", "0000000", "00000000"]) {
    assertEquals(decode(encode(text)), text);
  }
});
