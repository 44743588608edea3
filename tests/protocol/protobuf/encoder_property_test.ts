import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createEncoder } from "../../../src/protocol/protobuf/encoder.ts";
import { describeAllFields, SYNTAXES, valueOf } from "../../support/all_fields.ts";
import { checkProperty } from "../../support/properties.ts";

/** Memory that many messages share is more than any of them takes. */
const SLAB_BYTES = 16_384;

for (const syntax of SYNTAXES) {
  const desc = describeAllFields(syntax);

  Deno.test(`createEncoder() encodes what fits as protobuf-es does, in ${syntax}`, () => {
    const encode = createEncoder(desc);
    checkProperty(fc.property(valueOf(desc, { odd: false }), (init) => {
      const expected = toBinary(desc, create(desc, init));
      for (const value of [init, create(desc, init), fromBinary(desc, expected)]) {
        const bytes = encode(value, 5);
        assertEquals(bytes.subarray(5), expected);
        assertEquals(bytes.buffer.byteLength >= SLAB_BYTES, true, "protobuf-es has encoded it");
      }
    }));
  });

  Deno.test(`createEncoder() makes of what does not fit what protobuf-es does, in ${syntax}`, () => {
    const encode = createEncoder(desc);
    checkProperty(fc.property(valueOf(desc, { odd: true }), (init) => {
      assertEquals(outcomeOf(() => encode(init, 0)), outcomeOf(() => reference(desc, init)));
      const message = outcomeOf(() => create(desc, init));
      if (typeof message === "string") return;
      assertEquals(outcomeOf(() => encode(message, 0)), outcomeOf(() => reference(desc, message)));
    }));
  });

  Deno.test(`createEncoder() leaves to protobuf-es what is no message in TypeScript, in ${syntax}`, () => {
    const odd = describeAllFields(syntax, { isOdd: true });
    const encode = createEncoder(odd);
    checkProperty(
      fc.property(valueOf(odd, { odd: false }), (init) => {
        assertEquals(encode(init, 1).subarray(1), reference(odd, init));
      }),
      200,
    );
  });
}

function reference(desc: DescMessage, value: Record<string, unknown>): Uint8Array {
  return toBinary(desc, create(desc, value));
}

function outcomeOf<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
