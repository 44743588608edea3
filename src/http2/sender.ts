/**
 * What streams have to send, as frames in their turn: each gets one frame of DATA after the other, as
 * far as the windows of the stream and of the connection go (RFC 9113, section 5.2), and as fast as the
 * client takes it.
 *
 * @module
 */

import { DEFAULT_FRAME_BYTES, ERROR, FLAG, FRAME, Http2Error, MAX_WINDOW } from "./frames.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import type { Output } from "./output.ts";
import type { Fields, ServerStream } from "./server_stream.ts";
import { DEFAULT_WINDOW } from "./settings.ts";

/** With so much that the client does not take, nothing more is made for it. */
const MAX_PENDING_BYTES = 1_048_576;
/** However large the frames that the peer takes: streams take turns. */
const MAX_FRAME_BYTES = DEFAULT_FRAME_BYTES;
/** Longer header lists make some clients end the connection, with all calls that are on it. */
const MAX_HEADER_BYTES = 65_536;
/** What a field costs besides its name and value (section 6.5.2). */
const FIELD_BYTES = 32;

/** What a {@linkcode Sender} tells of. */
export interface SenderHandler {
  /** There is something to {@linkcode Sender.pump}. */
  onPending(): void;
  /** The last frame of a stream is on its way. */
  onSent(stream: ServerStream): void;
  /** The trailers of a stream cannot be sent: see {@linkcode Sender.headers}. */
  onUnsendable(stream: ServerStream, error: unknown): void;
}

/** Sends for the streams of a connection. */
export class Sender {
  readonly #output: Output;
  readonly #handler: SenderHandler;
  readonly #encoder = new HpackEncoder();
  #window: number = DEFAULT_WINDOW;
  #queue: ServerStream[] = [];

  constructor(output: Output, handler: SenderHandler) {
    this.#output = output;
    this.#handler = handler;
  }

  /** Whether the client takes what is sent. */
  get hasRoom(): boolean {
    return this.#output.pendingBytes < MAX_PENDING_BYTES;
  }

  /** The client has set how large the table of HPACK may be. */
  limitTable(bytes: number): void {
    this.#encoder.limitTable(bytes);
  }

  /** The client lets more be sent on the connection. @throws {Http2Error} If that is too much. */
  widen(bytes: number): void {
    const wasClosed = this.#window <= 0;
    this.#window += bytes;
    if (this.#window > MAX_WINDOW) {
      throw new Http2Error("the connection's window is too large", ERROR.flowControlError);
    }
    if (wasClosed && this.#queue.length > 0) this.#handler.onPending();
  }

  /** Has a stream take part in the next {@linkcode pump}. */
  schedule(stream: ServerStream): void {
    if (stream.isScheduled) return;
    stream.isScheduled = true;
    this.#queue.push(stream);
    this.#handler.onPending();
  }

  /**
   * Sends a header, or trailers.
   *
   * @throws {TypeError} If HTTP/2 does not allow a field.
   * @throws {RangeError} If there is too much of it.
   */
  headers(streamId: number, fields: Fields, status: number | undefined, isEnd: boolean): void {
    // Those that are frozen are the kit's own, and known.
    if (!Object.isFrozen(fields)) assertShort(fields);
    const block = this.#encoder.encode(fields, status);
    const { length } = block;
    const end = isEnd ? FLAG.endStream : 0;
    if (length <= MAX_FRAME_BYTES) {
      this.#output.frame(length, FRAME.headers, FLAG.endHeaders | end, streamId);
      this.#output.copy(block);
      return;
    }
    for (let at = 0; at < length; at += MAX_FRAME_BYTES) {
      const piece = block.subarray(at, at + MAX_FRAME_BYTES);
      const type = at === 0 ? FRAME.headers : FRAME.continuation;
      const endHeaders = at + piece.length === length ? FLAG.endHeaders : 0;
      this.#output.frame(piece.length, type, endHeaders | (at === 0 ? end : 0), streamId);
      this.#output.copy(piece);
    }
  }

  /**
   * Sends a whole response now, if it fits into one frame and the windows. Tells whether it did.
   *
   * @throws {TypeError | RangeError} As {@linkcode headers}.
   */
  whole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean {
    const { length } = body;
    const fits = length <= MAX_FRAME_BYTES && length <= this.#window &&
      length <= stream.sendWindow && this.hasRoom;
    if (!fits) return false;
    this.headers(stream.id, fields, 200, false);
    this.#startData(stream, length, 0);
    this.#output.bytes(body);
    this.headers(stream.id, trailers, undefined, true);
    return true;
  }

  /** Sends what may be sent. */
  pump(): void {
    let waiting: ServerStream[] | undefined;
    while (this.#queue.length > 0 && this.hasRoom) {
      const stream = this.#queue.shift()!;
      if (this.#window <= 0 && stream.heldBytes > 0) (waiting ??= []).push(stream);
      else if (this.#step(stream)) this.#queue.push(stream);
      else stream.isScheduled = false;
    }
    // They were first.
    if (waiting !== undefined) this.#queue = [...waiting, ...this.#queue];
  }

  /** Sends one frame of a stream. Tells whether it can send another. */
  #step(stream: ServerStream): boolean {
    if (!stream.hasOutput) return false;
    const length = Math.min(stream.heldBytes, stream.sendWindow, this.#window, MAX_FRAME_BYTES);
    if (length > 0) {
      const isLast = length === stream.heldBytes && stream.isEndedByData;
      this.#startData(stream, length, isLast ? FLAG.endStream : 0);
      for (let left = length; left > 0;) {
        const piece = stream.takeHeld(left);
        left -= piece.length;
        this.#output.bytes(piece);
      }
      stream.noteTaken();
      if (isLast) this.#handler.onSent(stream);
    }
    if (stream.heldBytes > 0) return stream.sendWindow > 0;
    if (stream.isEnding) this.#end(stream);
    return false;
  }

  /** Sends the end behind the body. */
  #end(stream: ServerStream): void {
    const { trailers } = stream;
    try {
      if (trailers === undefined) this.#startData(stream, 0, FLAG.endStream);
      else this.headers(stream.id, trailers, undefined, true);
    } catch (error) {
      return this.#handler.onUnsendable(stream, error);
    }
    this.#handler.onSent(stream);
  }

  #startData(stream: ServerStream, length: number, flags: number): void {
    this.#output.frame(length, FRAME.data, flags, stream.id);
    stream.sendWindow -= length;
    this.#window -= length;
  }
}

function assertShort(fields: Fields): void {
  let bytes = 0;
  for (const name in fields) {
    const value = fields[name]!;
    if (typeof value === "string") bytes += FIELD_BYTES + name.length + value.length;
    else for (const each of value) bytes += FIELD_BYTES + name.length + each.length;
  }
  if (bytes <= MAX_HEADER_BYTES) return;
  throw new RangeError(`Cannot send ${bytes} bytes of header fields: it is more than clients take`);
}
