/**
 * What streams have to send, as frames in their turn: each gets one frame of DATA after the other, as
 * far as the windows of the stream and of the connection go (RFC 9113, section 5.2), and as fast as the
 * client takes it.
 *
 * @module
 */

import { ERROR, FLAG, FRAME, Http2Error, MAX_WINDOW } from "./frames.ts";
import { HpackEncoder } from "./hpack_encoder.ts";
import type { Output } from "./output.ts";
import type { Fields, ServerStream } from "./server_stream.ts";
import { DEFAULT_WINDOW, type PeerSettings } from "./settings.ts";

/** With so much that the client does not take, nothing more is made for it. */
const MAX_PENDING_BYTES = 1_048_576;
/** However large the frames that the peer takes: streams take turns. */
const MAX_DATA_BYTES = 16_384;

/** Sends for the streams of a connection. */
export class Sender {
  readonly #output: Output;
  readonly #peer: PeerSettings;
  readonly #encoder = new HpackEncoder();
  #window: number = DEFAULT_WINDOW;
  #queue: ServerStream[] = [];

  constructor(output: Output, peer: PeerSettings) {
    this.#output = output;
    this.#peer = peer;
  }

  /** Whether the client takes what is sent. */
  get hasRoom(): boolean {
    return this.#output.pendingBytes < MAX_PENDING_BYTES;
  }

  /** The peer's settings have changed. */
  noteSettings(): void {
    this.#encoder.limitTable(this.#peer.headerTableSize);
  }

  /** The client lets more be sent on the connection. @throws {Http2Error} If that is too much. */
  widen(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW) {
      throw new Http2Error("the connection's window is too large", ERROR.flowControlError);
    }
  }

  /** Has a stream take part in the next {@linkcode pump}. */
  schedule(stream: ServerStream): void {
    if (stream.isScheduled) return;
    stream.isScheduled = true;
    this.#queue.push(stream);
  }

  /** @throws {TypeError} If HTTP/2 does not allow a field. */
  headers(streamId: number, fields: Fields, status: number | undefined, isEnd: boolean): void {
    const block = this.#encoder.encode(fields, status);
    const max = this.#peer.maxFrameBytes;
    const end = isEnd ? FLAG.endStream : 0;
    if (block.length <= max) {
      this.#output.frame(block.length, FRAME.headers, FLAG.endHeaders | end, streamId);
      this.#output.copy(block);
      return;
    }
    this.#output.frame(max, FRAME.headers, end, streamId);
    this.#output.copy(block.subarray(0, max));
    for (let at = max; at < block.length; at += max) {
      const piece = block.subarray(at, at + max);
      const flags = at + max >= block.length ? FLAG.endHeaders : 0;
      this.#output.frame(piece.length, FRAME.continuation, flags, streamId);
      this.#output.copy(piece);
    }
  }

  /** Sends a whole response now, if it fits into one frame and the windows. */
  whole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean {
    const { length } = body;
    const fits = length <= MAX_DATA_BYTES && length <= this.#window &&
      length <= stream.sendWindow && !stream.hasOutput && this.hasRoom;
    if (!fits) return false;
    this.headers(stream.id, fields, 200, false);
    this.#data(stream, length, 0);
    this.#output.bytes(body);
    this.headers(stream.id, trailers, undefined, true);
    return true;
  }

  /**
   * Sends what may be sent.
   *
   * @param onEnded Gets each stream whose last frame has gone out.
   */
  pump(onEnded: (stream: ServerStream) => void): void {
    const waiting: ServerStream[] = [];
    while (this.#queue.length > 0 && this.hasRoom) {
      const stream = this.#queue.shift()!;
      if (this.#window <= 0 && stream.heldBytes > 0) {
        waiting.push(stream);
        continue;
      }
      stream.isScheduled = false;
      if (this.#step(stream, onEnded)) this.schedule(stream);
    }
    if (waiting.length > 0) this.#queue = [...waiting, ...this.#queue];
  }

  /** Sends one frame of a stream. Tells whether it can send another. */
  #step(stream: ServerStream, onEnded: (stream: ServerStream) => void): boolean {
    if (!stream.hasOutput) return false;
    const length = Math.min(stream.heldBytes, stream.sendWindow, this.#window, MAX_DATA_BYTES);
    if (length > 0) {
      const isLast = length === stream.heldBytes && stream.isEndedByData;
      this.#data(stream, length, isLast ? FLAG.endStream : 0);
      stream.takeHeld(length, (piece) => this.#output.bytes(piece));
      if (isLast) {
        onEnded(stream);
        return false;
      }
    }
    if (stream.heldBytes > 0) return stream.sendWindow > 0;
    if (!stream.isEnding) return false;
    const { trailers } = stream;
    if (trailers === undefined) this.#data(stream, 0, FLAG.endStream);
    else this.headers(stream.id, trailers, undefined, true);
    onEnded(stream);
    return false;
  }

  #data(stream: ServerStream, length: number, flags: number): void {
    this.#output.frame(length, FRAME.data, flags, stream.id);
    stream.sendWindow -= length;
    this.#window -= length;
  }
}
