/**
 * What `frame_client.ts` has received on one stream, as far as its tests look at it: the end, the
 * size of the body, and the two numbers in the headers that need no decoder of HPACK.
 *
 * @module
 */

import { bytesOf } from "./http2_frames.ts";

/** `grpc-status` in Huffman coding, with its length. Values of digits are sent as they are. */
const GRPC_STATUS = bytesOf("\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f").join();
/** Values of `:status` in the static table (RFC 7541, appendix A), from index 8. */
const INDEXED_STATUS = [200, 204, 206, 304, 400, 404, 500];

/** A response that is coming in. */
export class FrameResponse {
  /** HTTP status, `undefined` if there was no header. */
  status: number | undefined;
  /** `grpc-status`, of the header or the trailers. */
  grpcStatus: number | undefined;
  /** Size of the body. */
  bytes = 0;
  /** Whether the server ended it in good order. */
  ended = false;
  /** Error code of RST_STREAM. */
  resetCode: number | undefined;

  /** Finds the two numbers in a header. */
  readHeaderBlock(block: Uint8Array): void {
    this.status ??= statusIn(block);
    const [, after] = block.join().split(`${GRPC_STATUS},`);
    if (after === undefined) return;
    const [length, ...digits] = after.split(",").map(Number);
    this.grpcStatus = Number(String.fromCharCode(...digits.slice(0, length)));
  }
}

function statusIn(block: Uint8Array): number | undefined {
  // The first block on a connection may begin with an update of the table's size.
  const isUpdate = (byte: number) => byte >> 5 === 1;
  const [first, length, ...digits] = block.subarray(block.findIndex((byte) => !isUpdate(byte)));
  const isLiteral = length === 3 && [0x08, 0x18, 0x48].includes(first!);
  if (isLiteral) return Number(String.fromCharCode(...digits.slice(0, 3)));
  return INDEXED_STATUS[first! - 0x88];
}
