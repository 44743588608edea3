/**
 * Bytes of a connection cut into frames, in place: what is copied is a frame's header, or a frame other
 * than DATA, that came in two pieces. DATA is handed on as it comes.
 *
 * @module
 */

import {
  DEFAULT_FRAME_BYTES,
  ERROR,
  FLAG,
  FRAME,
  FRAME_HEADER_BYTES,
  Http2Error,
  PREFACE,
  readUint31,
} from "./frames.ts";

/** Takes frames. */
export interface FrameHandler {
  /**
   * A piece of DATA.
   *
   * @param bytes Without padding.
   * @param flowBytes As flow control counts them, with padding (RFC 9113, section 6.9.1).
   * @param isEnd Whether it is the last of the stream.
   */
  onData(streamId: number, bytes: Uint8Array, flowBytes: number, isEnd: boolean): void;
  /** A whole frame of another type; its payload is `bytes` from `start` to `end`. */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
}

const EMPTY = new Uint8Array();

/** Cuts bytes into frames. */
export class FrameReader {
  readonly #handler: FrameHandler;
  #prefaceLeft = PREFACE.length;
  /** A frame's header that is not all there. */
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  /** The payload of such a frame, or of one whose payload is not all there. */
  #payload: Uint8Array | undefined;
  #payloadBytes = 0;
  /** DATA that is coming in. */
  #dataId = 0;
  #dataLeft = 0;
  #dataIsEnd = false;
  #isStopped = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** @throws {Http2Error} If the preface is another, or a frame too long. */
  push(chunk: Uint8Array): void {
    let at = this.#prefaceLeft > 0 ? this.#readPreface(chunk) : 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#dataLeft > 0) at = this.#readData(chunk, at);
      else if (this.#payload !== undefined) at = this.#fillPayload(this.#payload, chunk, at);
      else if (this.#headerBytes > 0 || chunk.length - at < FRAME_HEADER_BYTES) {
        at = this.#fillHeader(chunk, at);
      } else at = this.#readFrame(chunk, at);
    }
  }

  /** Hands on no frame any more. */
  stop(): void {
    this.#isStopped = true;
  }

  #readPreface(chunk: Uint8Array): number {
    const begin = PREFACE.length - this.#prefaceLeft;
    const length = Math.min(this.#prefaceLeft, chunk.length);
    for (let i = 0; i < length; i++) {
      if (chunk[i] === PREFACE[begin + i]) continue;
      throw new Http2Error("the preface is another", ERROR.protocolError);
    }
    this.#prefaceLeft -= length;
    return length;
  }

  /** The frame whose header is all there, at `at`. */
  #readFrame(chunk: Uint8Array, at: number): number {
    const length = chunk[at]! << 16 | chunk[at + 1]! << 8 | chunk[at + 2]!;
    const start = at + FRAME_HEADER_BYTES;
    const end = start + length;
    if (length > DEFAULT_FRAME_BYTES) throw tooLong(length);
    if (isStreamed(chunk, at)) {
      this.#startData(chunk, at, length);
      return start;
    }
    if (end <= chunk.length) {
      this.#take(chunk, at, chunk, start, end);
      return end;
    }
    this.#header.set(chunk.subarray(at, start));
    this.#payload = new Uint8Array(length);
    return start;
  }

  #fillHeader(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + FRAME_HEADER_BYTES - this.#headerBytes, chunk.length);
    this.#header.set(chunk.subarray(at, end), this.#headerBytes);
    this.#headerBytes += end - at;
    if (this.#headerBytes < FRAME_HEADER_BYTES) return end;
    this.#headerBytes = 0;
    this.#readFrame(this.#header, 0);
    return end;
  }

  #fillPayload(payload: Uint8Array, chunk: Uint8Array, at: number): number {
    const end = Math.min(at + payload.length - this.#payloadBytes, chunk.length);
    payload.set(chunk.subarray(at, end), this.#payloadBytes);
    this.#payloadBytes += end - at;
    if (this.#payloadBytes === payload.length) {
      this.#payload = undefined;
      this.#payloadBytes = 0;
      this.#take(this.#header, 0, payload, 0, payload.length);
    }
    return end;
  }

  #startData(header: Uint8Array, at: number, length: number): void {
    const isEnd = (header[at + 4]! & FLAG.endStream) !== 0;
    const streamId = readUint31(header, at + 5);
    if (length === 0) return this.#handler.onData(streamId, EMPTY, 0, isEnd);
    this.#dataId = streamId;
    this.#dataLeft = length;
    this.#dataIsEnd = isEnd;
  }

  #readData(chunk: Uint8Array, at: number): number {
    const end = Math.min(at + this.#dataLeft, chunk.length);
    this.#dataLeft -= end - at;
    const isEnd = this.#dataIsEnd && this.#dataLeft === 0;
    this.#handler.onData(this.#dataId, chunk.subarray(at, end), end - at, isEnd);
    return end;
  }

  #take(header: Uint8Array, at: number, payload: Uint8Array, start: number, end: number): void {
    const type = header[at + 3]!;
    const flags = header[at + 4]!;
    const streamId = readUint31(header, at + 5);
    if (type !== FRAME.data) {
      return this.#handler.onFrame(type, flags, streamId, payload, start, end);
    }
    const [from, to] = withoutPadding(payload, start, end);
    const isEnd = (flags & FLAG.endStream) !== 0;
    this.#handler.onData(streamId, payload.subarray(from, to), end - start, isEnd);
  }
}

/** DATA without padding needs not be all there. */
function isStreamed(header: Uint8Array, at: number): boolean {
  return header[at + 3] === FRAME.data && (header[at + 4]! & FLAG.padded) === 0;
}

/**
 * Where the payload of a padded frame begins and ends (RFC 9113, section 6.1).
 *
 * @throws {Http2Error} If the padding is longer than the frame.
 */
export function withoutPadding(
  bytes: Uint8Array,
  start: number,
  end: number,
): [from: number, to: number] {
  if (end === start) throw new Http2Error("a padded frame is empty", ERROR.frameSizeError);
  const to = end - bytes[start]!;
  if (to <= start) throw new Http2Error("a frame is all padding", ERROR.protocolError);
  return [start + 1, to];
}

function tooLong(length: number): Http2Error {
  return new Http2Error(`a frame has ${length} bytes`, ERROR.frameSizeError);
}
