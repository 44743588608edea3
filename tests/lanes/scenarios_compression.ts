/**
 * Messages that are compressed, both ways, in all encodings that there are; and what is wrong with it.
 *
 * @module
 */

import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { forKinds, repliesOf, type Scenario, SERVER_STREAM, UNARY } from "./scenario.ts";

const ENCODINGS = {
  "gzip": { pack: gzipSync, unpack: gunzipSync },
  "deflate": { pack: deflateSync, unpack: inflateSync },
  "br": { pack: brotliCompressSync, unpack: brotliDecompressSync },
  "zstd": { pack: zstdCompressSync, unpack: zstdDecompressSync },
} as const;

const LONG = "long ".repeat(800);
/** Four times as long as a message may be. */
const BOMB = gzipSync(new Uint8Array(16 * 1024 * 1024));

export const COMPRESSION: readonly Scenario[] = [
  ...Object.entries(ENCODINGS).flatMap(([encoding, { pack, unpack }]) =>
    forKinds((kind) => ({
      what: `messages go both ways as ${encoding}`,
      call: {
        kind,
        names: kind.sendsMany ? [LONG, "short"] : [LONG],
        wire: { encoding, pack, unpack, accept: `snappy, ${encoding}, identity` },
      },
      expect: {
        replies: kind.sendsMany
          ? repliesOf(kind, `Hello ${LONG}`, "Hello short")
          : [`Hello ${LONG}`],
        encoding: kind.sendsMany && kind.getsMany ? `${encoding} 1 0` : `${encoding} 1`,
      },
    }))
  ),
  ...forKinds((kind) => ({
    what: "short messages are not compressed, though they could be",
    call: { kind, names: ["a"], wire: { accept: "gzip", unpack: gunzipSync } },
    expect: { replies: ["Hello a"], encoding: "gzip 0" },
    ...(kind === UNARY && {
      differs: {
        connect: {
          why: "a unary answer has no flag: its encoding is left out",
          expect: { encoding: "none 0" },
        },
      },
    }),
  })),
  ...forKinds((kind) => ({
    what: "messages are not compressed for a client that takes none of our encodings",
    call: { kind, names: [LONG], wire: { accept: "identity, snappy" } },
    expect: { replies: [`Hello ${LONG}`], encoding: "none 0" },
  })),
  ...forKinds((kind) => ({
    what: "a message may be sent as it is, whatever encoding is named",
    call: { kind, names: ["a"], wire: { encoding: "gzip", flags: 0 } },
    // What a client packs by it can unpack, unless it says otherwise.
    expect: { replies: ["Hello a"], encoding: "gzip 0" },
    ...(kind === UNARY && { differs: { connect: { why: "a unary request has no flag" } } }),
  })),
  ...forKinds((kind) => ({
    what: "an encoding that is unknown is refused, with those that are known",
    handle: async function* ({ names }) {
      yield* names;
    },
    call: {
      kind,
      names: [LONG],
      wire: { encoding: "snappy", flags: 1, accept: "gzip", unpack: gunzipSync },
    },
    expect: {
      code: "unimplemented",
      message: 'unknown compression "snappy": supported encodings are gzip,deflate,br,zstd',
    },
  })),
  ...forKinds((kind) => ({
    what: "a flag of compression without an encoding is the client's fault",
    call: { kind, wire: { flags: 1 } },
    expect: {
      code: "internal",
      message: "received compressed envelope, but do not know how to decompress",
      logged: ["warning received compressed envelope, but do not know how to decompress"],
    },
    ...(kind === UNARY && { differs: { connect: { why: "a unary request has no flag" } } }),
  })),
  ...forKinds((kind) => ({
    what: "identity is no compression",
    call: { kind, wire: { encoding: "identity", accept: "identity" } },
    expect: { replies: ["Hello a"], encoding: "none 0" },
  })),
  ...forKinds((kind) => ({
    what: "what cannot be unpacked is the client's fault",
    call: { kind, wire: { encoding: "gzip", pack: (bytes) => gzipSync(bytes).subarray(0, -1) } },
    expect: { code: "invalid_argument", message: "decompression failed" },
  })),
  ...forKinds((kind) => ({
    what: "nothing is unpacked beyond the limit",
    call: { kind, wire: { encoding: "gzip", pack: () => BOMB } },
    expect: {
      code: "resource_exhausted",
      message: "message is larger than configured readMaxBytes 4194304 after decompression",
    },
  })),
  ...forKinds((kind) => ({
    what: "a compressed message of no bytes is the empty one",
    call: { kind, wire: { encoding: "gzip", pack: () => new Uint8Array() } },
    expect: { replies: ["Hello "] },
  })),
  ...[UNARY, SERVER_STREAM].map((kind): Scenario => ({
    what: `an error is told, and logged, whatever encoding its client takes (${kind.name})`,
    // deno-lint-ignore require-yield
    handle: async function* () {
      throw new ConnectError(LONG, Code.NotFound);
    },
    call: { kind, wire: { accept: "gzip", unpack: gunzipSync } },
    expect: { code: "not_found", message: LONG },
  })),
];
