import { Buffer } from "node:buffer";
import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import * as fc from "fast-check";
import { EnvelopeParser } from "../../../src/protocol/grpc/envelope_parser.ts";
import { envelope } from "../../support/envelopes.ts";
import { concat } from "../../support/http2_frames.ts";
import { checkProperty, cut, PLACES } from "../../support/properties.ts";

const MAX_BYTES = 100_000;
const MESSAGES = fc.array(
  fc.record({ flags: fc.nat(255), data: fc.uint8Array({ maxLength: 10_000 }) }),
  { maxLength: 8 },
);

/** Gives pieces to a parser, and notes what it makes of them. */
function parse(pieces: readonly Uint8Array[], maxBytes = MAX_BYTES) {
  const messages: { flags: number; data: Uint8Array }[] = [];
  const parser = new EnvelopeParser(maxBytes, {
    onEnvelope: (flags, data) => messages.push({ flags, data }),
  });
  for (const piece of pieces) parser.push(piece);
  return { messages, isAmid: parser.isAmid };
}

Deno.test("EnvelopeParser makes the same of messages wherever they are cut", () => {
  checkProperty(
    fc.property(MESSAGES, PLACES, (messages, places) => {
      const bytes = concat(...messages.map(({ flags, data }) => envelope(data, { flags })));
      assertEquals(parse(cut(bytes, places)), { messages, isAmid: false });
    }),
    300,
  );
});

Deno.test("EnvelopeParser takes messages byte by byte", () => {
  const data = crypto.getRandomValues(new Uint8Array(20_000));
  const bytes = concat(envelope(data), envelope(new Uint8Array()), envelope(data));
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(parse(pieces).messages.map(({ data }) => data), [data, new Uint8Array(), data]);
});

Deno.test("EnvelopeParser tells of a message that breaks off", () => {
  const bytes = envelope(new Uint8Array(10));
  for (let length = 0; length <= bytes.byteLength; length++) {
    const isWhole = length === 0 || length === bytes.byteLength;
    assertEquals(parse([bytes.subarray(0, length)]).isAmid, !isWhole, `${length} bytes`);
  }
});

Deno.test("EnvelopeParser refuses a message by what it says of its length", () => {
  parse([envelope(new Uint8Array(1000))], 1000);
  for (const length of [1001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    const header = new Uint8Array(5);
    new DataView(header.buffer).setUint32(1, length);
    for (const pieces of [[header], [header.subarray(0, 2), header.subarray(2)]]) {
      const error = assertThrows(() => parse(pieces, 1000), ConnectError);
      assertEquals(error.code, Code.ResourceExhausted);
    }
  }
});

Deno.test("EnvelopeParser does not copy a message that lies in one piece", () => {
  const bytes = concat(envelope(Uint8Array.of(1)), envelope(Uint8Array.of(2)));
  for (const { data } of parse([bytes]).messages) assertEquals(data.buffer, bytes.buffer);
});

Deno.test("EnvelopeParser gives plain arrays, whatever it is given", () => {
  const [message] = parse([Buffer.from(envelope(Uint8Array.of(1)))]).messages;
  assertEquals(Object.getPrototypeOf(message!.data), Uint8Array.prototype);
});

Deno.test("EnvelopeParser makes the same of large messages, however small the pieces are", () => {
  // Around the sizes at which what is held grows, with and without the prefix.
  const length = fc.tuple(fc.nat(8), fc.integer({ min: -6, max: 6 }))
    .map(([power, more]) => 4096 * 2 ** power + more);
  const piece = fc.constantFrom(1021, 4096, 16_384, 65_536);
  checkProperty(
    fc.property(fc.array(length, { maxLength: 3 }), piece, (lengths, piece) => {
      const messages = lengths.map((length, i) => ({ flags: i, data: patternOf(length, i) }));
      const bytes = concat(...messages.map(({ flags, data }) => envelope(data, { flags })));
      const places = Array.from({ length: bytes.byteLength / piece }, (_, i) => (i + 1) * piece);
      const parsed = parse(cut(bytes, places), 2 ** 21);
      assert(parsed.messages.every(({ data }, i) => areEqual(data, messages[i]!.data)));
      assertEquals(parsed.messages.map(({ flags }) => flags), messages.map(({ flags }) => flags));
      assertEquals(parsed.isAmid, false);
    }),
    40,
  );
});

Deno.test("EnvelopeParser sets little aside for a message that has only begun", () => {
  const before = Deno.memoryUsage().external;
  const parsers = Array.from({ length: 100 }, () => {
    const parser = new EnvelopeParser(2 ** 22, { onEnvelope: () => {} });
    parser.push(envelope(Uint8Array.of(1), { length: 2 ** 22 }));
    return parser;
  });
  assertLess(Deno.memoryUsage().external - before, 2 ** 20);
  assert(parsers.every((parser) => parser.isAmid));
});

/** Bytes that are not as those of another seed, nor as their neighbours. */
function patternOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff);
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
