/**
 * Sessions of HPACK: blocks that one end of a connection sends to the other, and what the other says
 * in between of how large its table may be. The kit's encoder and decoder take part in them, and those
 * of others by `hpack_peer.ts`.
 *
 * @module
 */

import fc from "fast-check";
import { type FieldsToSend, HpackEncoder } from "../../src/http2/hpack_encoder.ts";
import { createDecoder, decodeBlock } from "./hpack_blocks.ts";

/** Names and values in turn. */
export type FieldList = readonly string[];

/** What happens next: the decoder's end limits the table, or the encoder's sends fields. */
export type Step = { readonly limit: number } | { readonly fields: FieldList };

/** What went over the wire: a limit, or a block in hexadecimal digits. */
export type WireStep = { readonly limit: number } | { readonly block: string };

/** Names that encoders treat differently, and some that they know nothing of. */
const NAME = fc.oneof(
  fc.constantFrom(
    ...["accept-encoding", "age", "authorization", "content-type", "grpc-encoding", "grpc-status"],
    ...["grpc-timeout", "user-agent", "vary", "x", "x-request-id"],
  ),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,40}[a-z]$/).map((name) => `z-${name}`),
);
/** Those that may come several times. */
const NAME_OF_MANY = fc.constantFrom("cookie", "set-cookie", "x-many");

const VALUE = fc.oneof(
  fc.constantFrom("", "0", "gzip", "gzip, deflate", "application/grpc+proto", "trailers", "5000m"),
  fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map(toVisible), maxLength: 60 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 200 }).map((text) => text.trim()),
);

/** Sizes of tables: few fields fit into the smaller ones. */
const LIMIT = fc.oneof(fc.constantFrom(0, 32, 4096, 65_536), fc.nat(300));

const FIELDS = fc.uniqueArray(
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(NAME, VALUE.map((value) => [value])) },
    fc.tuple(NAME_OF_MANY, fc.array(VALUE, { minLength: 1, maxLength: 3 })),
  ),
  { maxLength: 12, selector: ([name]) => name },
).map((fields) => fields.flatMap(([name, values]) => values.flatMap((value) => [name, value])));

/** Fields that come again, so that tables pay. */
const REPEATED = fc.array(FIELDS, { minLength: 1, maxLength: 3 });

/** Sessions whose fields any implementation takes. */
export const SESSION: fc.Arbitrary<Step[]> = REPEATED.chain((repeated) =>
  fc.array(
    fc.oneof(
      { weight: 1, arbitrary: LIMIT.map((limit) => ({ limit })) },
      { weight: 3, arbitrary: FIELDS.map((fields) => ({ fields })) },
      { weight: 6, arbitrary: fc.constantFrom(...repeated.map((fields) => ({ fields }))) },
    ),
    { minLength: 1, maxLength: 20 },
  )
);

/** DEL is none of the characters that values may have. */
function toVisible(code: number): string {
  return code === 0x7f ? "~" : String.fromCharCode(code);
}

/** The header lists of a session. */
export function listsOf(steps: readonly Step[]): FieldList[] {
  return steps.flatMap((step) => "fields" in step ? [step.fields] : []);
}

/** Has the kit's encoder send the fields. */
export function encodeSession(steps: readonly Step[], status?: number): WireStep[] {
  const encoder = new HpackEncoder();
  // The same fields are the same object, so that some blocks are not encoded twice.
  const known = new Map<FieldList, FieldsToSend>();
  return steps.map((step) => {
    if ("limit" in step) {
      encoder.limitTable(step.limit);
      return step;
    }
    const fields = known.get(step.fields) ?? byName(step.fields);
    known.set(step.fields, fields);
    return { block: encoder.encode(fields, status).toHex() };
  });
}

/** Has the kit's decoder read what somebody has sent; pseudo-fields are left out. */
export function decodeSession(wire: readonly WireStep[]): FieldList[] {
  const decoder = createDecoder();
  const lists: FieldList[] = [];
  for (const step of wire) {
    if ("limit" in step) decoder.limitTable(step.limit);
    else lists.push(decodeBlock(decoder, step.block).fields);
  }
  return lists;
}

function byName(fields: FieldList): FieldsToSend {
  const record: Record<string, string | string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i]!, fields[i + 1]!];
    const before = record[name];
    record[name] = before === undefined ? value : [before, value].flat();
  }
  return Object.freeze(record);
}
