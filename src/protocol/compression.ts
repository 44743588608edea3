/**
 * The encodings of messages: what `node:zlib` has, as Connect wants it. Unpacking stops at the limit
 * that a message may have, so that a small one cannot fill the memory.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { promisify } from "node:util";
import {
  brotliCompress,
  brotliDecompress,
  constants,
  deflate,
  gunzip,
  gzip,
  inflate,
  zstdCompress,
  zstdDecompressSync,
} from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";

/** Brotli's own default, 11, takes seconds for a megabyte, and any client may ask for Brotli. */
const BROTLI_QUALITY = 4;

/** 8 MiB, the largest that an encoder may use for HTTP (RFC 9659, section 3). */
const ZSTD_WINDOW_LOG_MAX = 23;

/** What unpacks some bytes, or fails as soon as the result would be longer than `maxOutputLength`. */
type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** In the order in which an error names them; which one is used for a response, the client says. */
export const COMPRESSIONS: readonly Compression[] = [
  createCompression("gzip", promisify(gzip), promisify(gunzip)),
  createCompression("deflate", promisify(deflate), promisify(inflate)),
  createCompression("br", packBrotli, unpackBrotli),
  createCompression("zstd", promisify(zstdCompress), unpackZstd),
];

function createCompression(
  name: string,
  pack: (bytes: Uint8Array) => Promise<Buffer>,
  unpack: Unpack,
): Compression {
  return {
    name,
    compress: async (bytes) => toBytes(await pack(bytes)),
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) return new Uint8Array();
      try {
        return toBytes(await unpack(bytes, { maxOutputLength: readMaxBytes }));
      } catch (cause) {
        throw toConnectError(cause, readMaxBytes);
      }
    },
  };
}

function toConnectError(cause: unknown, readMaxBytes: number): ConnectError {
  const isTooLarge = (cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
  return isTooLarge
    ? new ConnectError(
      `message is larger than configured readMaxBytes ${readMaxBytes} after decompression`,
      Code.ResourceExhausted,
    )
    : new ConnectError("decompression failed", Code.InvalidArgument, undefined, [], cause);
}

/** Not as a `Buffer`, which protobuf-es would hand on in each field of type `bytes`. */
function toBytes({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}

function packBrotli(bytes: Uint8Array): Promise<Buffer> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  return promisify(brotliCompress)(bytes, { params });
}

async function unpackBrotli(bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }) {
  const options = { maxOutputLength, info: true };
  return whole(bytes, await promisify(brotliDecompress)(withOneMore(bytes), options));
}

/** Without waiting: an error that comes late, in asynchronous zstd of Deno 2.9, ends the process. */
// deno-lint-ignore require-await
async function unpackZstd(bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }) {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  const options = { maxOutputLength, info: true, params };
  return whole(bytes, zstdDecompressSync(withOneMore(bytes), options));
}

/**
 * Deno 2.9 takes Brotli and zstd that break off for the whole, and a message cut short may be a valid
 * one. But it reads no further than the end: so of a byte added there it must have left just that.
 */
function whole(bytes: Uint8Array, result: unknown): Buffer {
  const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
  if (engine.bytesWritten === bytes.length) return buffer;
  throw new Error("the compressed data breaks off, or goes on after its end");
}

function withOneMore(bytes: Uint8Array): Uint8Array {
  const more = new Uint8Array(bytes.length + 1);
  more.set(bytes);
  return more;
}
