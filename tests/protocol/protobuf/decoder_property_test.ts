import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createDecoder } from "../../../src/protocol/protobuf/decoder.ts";
import { describeAllFields, SYNTAXES, valueOf } from "../../support/all_fields.ts";
import { checkProperty } from "../../support/properties.ts";

/** What may be done to the bytes of a message. */
const DAMAGE = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "insert", "delete", "cut"),
    at: fc.nat(),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  }),
  { minLength: 1, maxLength: 4 },
);

for (const syntax of SYNTAXES) {
  for (const isOdd of [false, true]) {
    const desc = describeAllFields(syntax, { isOdd });
    const title = `in ${syntax}${isOdd ? ", with what is no message in TypeScript" : ""}`;
    const decode = createDecoder(desc);
    const encoded = valueOf(desc, { odd: false }).map((init) => toBinary(desc, create(desc, init)));

    Deno.test(`createDecoder() decodes as protobuf-es does, ${title}`, () => {
      checkProperty(fc.property(encoded, (bytes) => {
        assertSame(decode(bytes), reference(desc, bytes));
      }));
    });

    Deno.test(`createDecoder() merges as protobuf-es does, ${title}`, () => {
      checkProperty(fc.property(encoded, encoded, (first, second) => {
        const bytes = new Uint8Array([...first, ...second]);
        assertSame(decode(bytes), reference(desc, bytes));
      }));
    });

    Deno.test(`createDecoder() makes of damaged bytes what protobuf-es does, ${title}`, () => {
      checkProperty(
        fc.property(encoded, DAMAGE, (bytes, damage) => {
          const damaged = damageOf(bytes, damage);
          assertSame(outcomeOf(() => decode(damaged)), outcomeOf(() => reference(desc, damaged)));
        }),
        3000,
      );
    });

    Deno.test(`createDecoder() makes of any bytes what protobuf-es does, ${title}`, () => {
      checkProperty(
        fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
          assertSame(outcomeOf(() => decode(bytes)), outcomeOf(() => reference(desc, bytes)));
        }),
        3000,
      );
    });
  }
}

function damageOf(
  bytes: Uint8Array,
  damage: readonly { kind: string; at: number; byte: number }[],
): Uint8Array {
  const damaged = [...bytes.subarray(0, 2000)];
  for (const { kind, at, byte } of damage) {
    const index = at % (damaged.length + 1);
    if (kind === "cut") damaged.length = index;
    else damaged.splice(index, kind === "insert" ? 0 : 1, ...kind === "delete" ? [] : [byte]);
  }
  return new Uint8Array(damaged);
}

/** Equal, and with the same properties in the same order. */
function assertSame(actual: unknown, expected: unknown): void {
  assertEquals(actual, expected);
  if (typeof actual === "object" && typeof expected === "object") {
    assertEquals(Object.keys(actual!), Object.keys(expected!));
  }
}

function reference(desc: DescMessage, bytes: Uint8Array): object {
  return fromBinary(desc, bytes, { readUnknownFields: false });
}

function outcomeOf<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
