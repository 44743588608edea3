/**
 * What header blocks cost: `deno run --allow-read --allow-run=node --allow-env bench/http2/hpack.ts`.
 * The blocks are those that clients send, call after call; each figure is the best of several rounds,
 * in nanoseconds a block.
 *
 * @module
 */

import { HpackDecoder } from "../../src/http2/hpack_decoder.ts";
import { type FieldsToSend, HpackEncoder } from "../../src/http2/hpack_encoder.ts";
import { fromHex } from "../../tests/support/hpack_blocks.ts";
import { startNghttp2 } from "../../tests/support/hpack_peer.ts";
import { isInstalled } from "../../tests/support/program.ts";
import { RECORDED_BLOCKS, type RecordedBlocks } from "../../tests/support/recorded_blocks.ts";
import { type Table, toMarkdown } from "../../tests/support/report.ts";

const ROUNDS = 25;
const BLOCKS = 5000;
const MAX_LIST_BYTES = 65_536;
/** A size of the table, what it is: to decoders the table is another one then. */
const SAME_SIZE = fromHex("3fe11f");

/** Takes part in what is measured, so that nothing of it is left out. */
let bytesSeen = 0;

console.log(toMarkdown(repeatedBlocks()));
console.log(`\n${toMarkdown(await changingBlocks())}`);
console.log(`\n${toMarkdown(encodedBlocks())}`);
if (bytesSeen === 0) throw new Error("nothing was measured");

/** Blocks that are the same for each call. */
function repeatedBlocks(): Table {
  const rows = Object.entries(RECORDED_BLOCKS).flatMap(([client, recorded]) => {
    const blocks = recorded.blocks.map(fromHex);
    const last = blocks.at(-1)!;
    if (recorded.timeouts !== undefined || blocks.length === 1) return [];
    const decoder = createDecoder();
    for (const block of blocks) decode(decoder, block);
    const again = measure(() => decode(decoder, last));
    const unknown = Uint8Array.of(...SAME_SIZE, ...last);
    const decoded = measure(() => decode(decoder, unknown));
    const first = measure(() => decode(createDecoder(), blocks[0]!));
    return [[client, last.byteLength, again, decoded, first]];
  });
  return { head: ["client", "bytes", "again", "decoded", "first of a connection"], rows };
}

/** Blocks with a timeout that is another for each call, and goes into the table. */
async function changingBlocks(): Promise<Table> {
  const head = ["client", "bytes", "decoded"];
  if (!await isInstalled("node")) return { head, rows: [] };
  await using peer = startNghttp2();
  const rows: (string | number)[][] = [];
  for (const [client, recorded] of Object.entries(RECORDED_BLOCKS)) {
    if (recorded.timeouts === undefined) continue;
    const wire = await peer.encode(stepsWithTimeouts(recorded));
    const blocks = wire.flatMap((step) => "block" in step ? [fromHex(step.block)] : []);
    let decoder = createDecoder();
    let next = 0;
    const decoded = measure(() => {
      if (next === 0) decoder = createDecoder();
      decode(decoder, blocks[next]!);
      next = (next + 1) % blocks.length;
    });
    rows.push([`${client}, by nghttp2`, blocks.at(-1)!.byteLength, decoded]);
  }
  return { head, rows };
}

function stepsWithTimeouts({ fields }: RecordedBlocks): { fields: string[] }[] {
  const steady = Object.entries(fields).flat();
  return Array.from({ length: BLOCKS }, (_, call) => {
    return { fields: [...steady, "grpc-timeout", `${4_999_000 + call * 37 % 1000}u`] };
  });
}

/** Responses and trailers. */
function encodedBlocks(): Table {
  const header = { "content-type": "application/grpc+proto" };
  const cases: readonly (readonly [title: string, make: () => FieldsToSend, status?: number])[] = [
    ["header of gRPC, frozen", constant(header), 200],
    ["trailers of gRPC, frozen", constant({ "grpc-status": "0" })],
    ["header of gRPC", () => ({ ...header }), 200],
    ["header of gRPC, and two fields", () => ({ ...header, "x-a": "7f3c9a", "x-b": "eu-17" }), 200],
    ["an error", () => ({ ...header, "grpc-status": "5", "grpc-message": "no such thing" }), 200],
  ];
  const rows = cases.map(([title, make, status]) => {
    const encoder = new HpackEncoder();
    const first = encoder.encode(make(), status).byteLength;
    const nanoseconds = measure(() => bytesSeen += encoder.encode(make(), status).byteLength);
    return [title, first, encoder.encode(make(), status).byteLength, nanoseconds];
  });
  return { head: ["fields", "bytes at first", "then", "encoded"], rows };
}

function constant(fields: FieldsToSend): () => FieldsToSend {
  const frozen = Object.freeze({ ...fields });
  return () => frozen;
}

function createDecoder(): HpackDecoder {
  return new HpackDecoder({ maxListBytes: MAX_LIST_BYTES });
}

function decode(decoder: HpackDecoder, block: Uint8Array): void {
  bytesSeen += decoder.decode(block, 0, block.byteLength).bytes;
}

/** The nanoseconds that an action takes. */
function measure(action: () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < BLOCKS; i++) action();
    best = Math.min(best, performance.now() - start);
  }
  return Math.round(best * 1e6 / BLOCKS);
}
