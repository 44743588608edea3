/**
 * The encodings of messages: what `node:zlib` has, as Connect wants it. Unpacking stops at the limit
 * that a message may have, so that a small one cannot fill the memory.
 *
 * @module
 */

import { Buffer } from "node:buffer";
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
import { Code, type Compression, ConnectError } from "../deps.ts";

/** Brotli's own default, 11, takes seconds for a megabyte, and any client may ask for Brotli. */
const BROTLI_QUALITY = 4;

/** 8 MiB, the largest that an encoder may use for HTTP (RFC 9659, section 3). */
const ZSTD_WINDOW_LOG_MAX = 23;

/** A message has one frame; more may follow (RFC 8878, section 3.1), but each costs some work. */
const MAX_ZSTD_FRAMES = 16;

/** What unpacks some bytes, or fails as soon as the result would be longer than `maxOutputLength`. */
type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** In the order in which an error names them; which one is used for a response, the client says. */
export const COMPRESSIONS: readonly Compression[] = [
  createCompression("gzip", promisify(gzip), promisify(gunzip)),
  createCompression("deflate", promisify(deflate), promisify(inflate)),
  createCompression("br", packBrotli, unpackBrotli),
  createCompression("zstd", packZstd, unpackZstd),
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

/**
 * Deno 2.9 takes Brotli that breaks off for the whole, and a message cut short may be a valid one. But
 * it reads no further than the end: so of a byte that is added there it must have left just that.
 */
async function unpackBrotli(bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }) {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  const result = await promisify(brotliDecompress)(longer, { maxOutputLength, info: true });
  // What `info` brings, the types of node:zlib do not know.
  const { buffer, engine } = result as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  if (engine.bytesWritten === bytes.length) return buffer;
  throw new Error("the Brotli stream is not whole");
}

/** In one piece: at the end of each full one, Deno 2.9 would begin another frame, an empty one. */
function packZstd(bytes: Uint8Array): Promise<Buffer> {
  const chunkSize = bytes.length + (bytes.length >> 8) + 1024;
  return promisify(zstdCompress)(bytes, { chunkSize });
}

/**
 * Deno 2.9 takes zstd that breaks off for the whole, too, and may leave out what follows the first
 * frame. Its asynchronous function ends the process when it meets an error late, and does its work on
 * this very thread.
 */
// deno-lint-ignore require-await
async function unpackZstd(bytes: Uint8Array, { maxOutputLength }: { maxOutputLength: number }) {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  const contents: Buffer[] = [];
  let room = maxOutputLength;
  for (let at = 0; at < bytes.length;) {
    const end = at + lengthOfZstdFrame(bytes.subarray(at));
    if (end > bytes.length) throw new Error("the zstd frame is not whole");
    if (contents.length === MAX_ZSTD_FRAMES) throw new Error("there are too many zstd frames");
    // What is too much for no room at all is found by whoever reads the message.
    const options = { maxOutputLength: Math.max(room, 1), params };
    const content = zstdDecompressSync(bytes.subarray(at, end), options);
    contents.push(content);
    room -= content.length;
    at = end;
  }
  return contents.length === 1 ? contents[0]! : Buffer.concat(contents);
}

/** Adds up the parts of a frame, as it tells them itself (RFC 8878, section 3.1.1); its data may lie. */
function lengthOfZstdFrame(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = bytes[4] ?? 0;
  const isSingleSegment = (descriptor & 0b0010_0000) !== 0;
  const hasChecksum = (descriptor & 0b0000_0100) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 0b11]!;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  let at = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.length) return Infinity;
    const header = view.getUint16(at, true) | view.getUint8(at + 2) << 16;
    isLast = (header & 1) !== 0;
    const isOneByteRepeated = (header >> 1 & 0b11) === 1;
    at += 3 + (isOneByteRepeated ? 1 : header >> 3);
  }
  return hasChecksum ? at + 4 : at;
}
