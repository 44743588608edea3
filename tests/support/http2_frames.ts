/**
 * Frames of HTTP/2 (RFC 9113) written by hand, so that a test can send what no library would.
 * `frame_client.ts` sends them.
 *
 * @module
 */

/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. An acknowledgement has the bit of `endStream`. */
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const;

/** Names and values, in the order in which they are sent. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** What a client sends before its first frame. */
export const PREFACE: Uint8Array = bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Bytes that are no HTTP at all. */
export const GARBAGE: Uint8Array = bytesOf("\x16\xff\x00garbage ".repeat(64));

const MAX_FRAME_BYTES = 16_384;
const EMPTY = new Uint8Array();

/** Any frame; `length` may lie. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = EMPTY,
  length: number = payload.byteLength,
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length << 8 | type);
  view.setUint8(4, flags);
  view.setUint32(5, streamId);
  bytes.set(payload, 9);
  return bytes;
}

/** SETTINGS, as pairs of identifier and value. */
export function settings(...pairs: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const payload = new DataView(new ArrayBuffer(6 * pairs.length));
  pairs.forEach(([id, value], index) => {
    payload.setUint16(index * 6, id);
    payload.setUint32(index * 6 + 2, value);
  });
  return frame(FRAME.settings, 0, 0, new Uint8Array(payload.buffer));
}

/** HEADERS, with CONTINUATION where they are long. */
export function headers(streamId: number, fields: HeaderFields, endStream = false): Uint8Array {
  return headerBlock(streamId, concat(...fields.map(encodeField)), endStream);
}

/** HEADERS with a block of HPACK that is encoded already. */
export function headerBlock(streamId: number, block: Uint8Array, endStream = false): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < block.byteLength; at += MAX_FRAME_BYTES) {
    const isLast = at + MAX_FRAME_BYTES >= block.byteLength;
    const flags = (isLast ? FLAG.endHeaders : 0) | (at === 0 && endStream ? FLAG.endStream : 0);
    const type = at === 0 ? FRAME.headers : FRAME.continuation;
    frames.push(frame(type, flags, streamId, block.subarray(at, at + MAX_FRAME_BYTES)));
  }
  return concat(...frames);
}

/** DATA, as many frames as the bytes need. */
export function data(streamId: number, bytes: Uint8Array, endStream = false): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.byteLength; at += MAX_FRAME_BYTES) {
    const isLast = at + MAX_FRAME_BYTES >= bytes.byteLength;
    const flags = isLast && endStream ? FLAG.endStream : 0;
    frames.push(frame(FRAME.data, flags, streamId, bytes.subarray(at, at + MAX_FRAME_BYTES)));
  }
  return concat(...frames);
}

/** RST_STREAM. */
export function rstStream(streamId: number, errorCode: number): Uint8Array {
  return frame(FRAME.rstStream, 0, streamId, uint32(errorCode));
}

/** GOAWAY. */
export function goaway(lastStreamId = 0, errorCode = 0): Uint8Array {
  return frame(FRAME.goaway, 0, 0, concat(uint32(lastStreamId), uint32(errorCode)));
}

/** WINDOW_UPDATE; stream 0 is the connection. */
export function windowUpdate(streamId: number, increment: number): Uint8Array {
  return frame(FRAME.windowUpdate, 0, streamId, uint32(increment));
}

/**
 * Header fields of a gRPC request.
 *
 * @param changes fields to add or replace; `undefined` leaves one out
 */
export function grpcFields(
  path: string,
  changes: Readonly<Record<string, string | undefined>> = {},
): HeaderFields {
  const fields: Record<string, string | undefined> = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    "content-type": "application/grpc",
    "te": "trailers",
    ...changes,
  };
  return Object.entries(fields).filter((field): field is [string, string] =>
    field[1] !== undefined
  );
}

/** Puts bytes together. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

/** Each character as the byte of its number. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Literal field that is not indexed, its strings without Huffman coding (RFC 7541, 6.2.2). */
function encodeField([name, value]: readonly [string, string]): Uint8Array {
  return concat(Uint8Array.of(0), encodeString(name), encodeString(value));
}

function encodeString(text: string): Uint8Array {
  const length = text.length < 127 ? [text.length] : [127, ...varint(text.length - 127)];
  return concat(Uint8Array.from(length), bytesOf(text));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

function uint32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return new Uint8Array(view.buffer);
}
