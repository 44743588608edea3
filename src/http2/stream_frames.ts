/**
 * Frames of streams, as they come in: requests (RFC 9113, section 8.1), and what clients say of them.
 * What breaks a rule ends its stream, or the connection, as the section of the rule has it.
 *
 * @module
 */

import { withoutPadding } from "./frame_reader.ts";
import { ERROR, FLAG, Http2Error, MAX_WINDOW, readUint31, readUint32 } from "./frames.ts";
import type { FloodGuard } from "./flood_guard.ts";
import { HeaderBlock } from "./header_block.ts";
import type { HeaderList } from "./header_list.ts";
import { HpackDecoder } from "./hpack_decoder.ts";
import type { ConnectionWindow } from "./receive_window.ts";
import type { Sender } from "./sender.ts";
import type { ServerStream } from "./server_stream.ts";
import type { Streams } from "./streams.ts";

/** Longer header lists are not kept while they are decoded. */
export const MAX_KEPT_HEADER_BYTES = 65_536;

const PRIORITY_BYTES = 5;

/** What a connection does for its {@linkcode StreamFrames}. */
export interface StreamFramesHost<S extends ServerStream> {
  /** Whether requests are still taken. */
  readonly takesStreams: boolean;
  /** How many streams may be open at a time. */
  readonly maxConcurrentStreams: number;
  /** Opens a stream. */
  open(streamId: number, header: HeaderList, isEnd: boolean): S;
  /** The client has reset a stream, or made us reset it. */
  onReset(): void;
}

/** What {@linkcode StreamFrames} are made from. */
export interface StreamFramesInit<S extends ServerStream> {
  readonly host: StreamFramesHost<S>;
  readonly streams: Streams<S>;
  readonly sender: Sender;
  readonly guard: FloodGuard;
  readonly window: ConnectionWindow;
}

/** Takes the frames of streams. */
export class StreamFrames<S extends ServerStream> {
  readonly #host: StreamFramesHost<S>;
  readonly #streams: Streams<S>;
  readonly #sender: Sender;
  readonly #guard: FloodGuard;
  readonly #window: ConnectionWindow;
  readonly #decoder = new HpackDecoder({ maxListBytes: MAX_KEPT_HEADER_BYTES });
  #block: HeaderBlock | undefined;

  constructor({ host, streams, sender, guard, window }: StreamFramesInit<S>) {
    this.#host = host;
    this.#streams = streams;
    this.#sender = sender;
    this.#guard = guard;
    this.#window = window;
  }

  /** The stream of the header block of which more has to come, before anything else may. */
  get blockId(): number | undefined {
    return this.#block?.streamId;
  }

  /** Section 6.1. */
  onData(streamId: number, bytes: Uint8Array, flowBytes: number, isEnd: boolean): void {
    if (streamId === 0) throw new Http2Error("DATA of no stream", ERROR.protocolError);
    this.#window.take(flowBytes);
    if (bytes.length === 0 && !isEnd) this.#guard.noteIdleFrame();
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.isRemoteEnded) {
      this.#window.give(flowBytes);
      return this.#refuseFrame(streamId);
    }
    if (!stream.receiveWindow.take(flowBytes)) {
      this.#window.give(flowBytes);
      return this.#end(streamId, ERROR.flowControlError);
    }
    if (flowBytes > bytes.length) stream.noteRead(flowBytes - bytes.length);
    if (stream.push(bytes, isEnd)) return;
    this.#window.give(bytes.length);
    this.#end(streamId, ERROR.protocolError);
  }

  /** Section 6.2. */
  onHeaders(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new Http2Error("HEADERS of no stream", ERROR.protocolError);
    let [from, to] = flags & FLAG.padded ? withoutPadding(bytes, start, end) : [start, end];
    let dependsOnItself = false;
    if (flags & FLAG.priority) {
      if (to - from < PRIORITY_BYTES) throw new Http2Error("HEADERS are cut", ERROR.frameSizeError);
      dependsOnItself = readUint31(bytes, from) === streamId;
      from += PRIORITY_BYTES;
    }
    const isEnd = (flags & FLAG.endStream) !== 0;
    if (flags & FLAG.endHeaders) this.#takeHeaders(streamId, isEnd, bytes, from, to);
    else {
      this.#block = new HeaderBlock(streamId, isEnd);
      this.#block.add(bytes.slice(from, to));
    }
    // RFC 7540, section 5.3.1. RFC 9113 has no priorities any more, and lets it be an error.
    if (dependsOnItself) this.#end(streamId, ERROR.protocolError);
  }

  /** Section 6.10. */
  onContinuation(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const block = this.#block!;
    block.add(bytes.slice(start, end));
    if (!(flags & FLAG.endHeaders)) return;
    this.#block = undefined;
    const whole = block.join();
    this.#takeHeaders(block.streamId, block.isEnd, whole, 0, whole.length);
  }

  /** Section 6.3. */
  onPriority(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new Http2Error("PRIORITY of no stream", ERROR.protocolError);
    this.#guard.noteIdleFrame();
    if (end - start !== PRIORITY_BYTES) this.#end(streamId, ERROR.frameSizeError);
    else if (readUint31(bytes, start) === streamId) this.#end(streamId, ERROR.protocolError);
  }

  /** Section 6.4. */
  onRstStream(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new Http2Error("RST_STREAM of no stream", ERROR.protocolError);
    if (end - start !== 4) throw new Http2Error("RST_STREAM is cut", ERROR.frameSizeError);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#passOver(streamId);
    if (!stream.isLocalEnded) this.#host.onReset();
    this.#streams.close(stream, readUint32(bytes, start));
  }

  /** Section 6.9. */
  onWindowUpdate(streamId: number, increment: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#passOver(streamId);
    if (increment === 0) return this.#end(streamId, ERROR.protocolError);
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW) return this.#end(streamId, ERROR.flowControlError);
    if (stream.hasOutput) this.#sender.schedule(stream);
  }

  /**
   * Section 6.9.2: the windows of all streams go with the setting, and may be below 0 then.
   *
   * @throws {Http2Error} If one gets too large.
   */
  moveWindows(change: number): void {
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW) {
        throw new Http2Error("a stream's window is too large", ERROR.flowControlError);
      }
      if (stream.hasOutput) this.#sender.schedule(stream);
    }
  }

  #takeHeaders(
    streamId: number,
    isEnd: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    // Decoded in any case: the tables of both ends must stay the same (section 4.3).
    const header = this.#decoder.decode(bytes, start, end);
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) return this.#takeTrailers(stream, header, isEnd);
    if (streamId > this.#streams.lastId) return this.#takeRequest(streamId, header, isEnd);
    if (streamId % 2 === 1 && !this.#streams.wasReset(streamId)) {
      throw new Http2Error("HEADERS of a stream that is closed", ERROR.streamClosed);
    }
    this.#refuseFrame(streamId);
  }

  #takeRequest(streamId: number, header: HeaderList, isEnd: boolean): void {
    this.#streams.noteId(streamId);
    const { takesStreams, maxConcurrentStreams } = this.#host;
    if (!takesStreams || this.#streams.size >= maxConcurrentStreams) {
      this.#guard.noteRefused();
      return this.#streams.reset(streamId, ERROR.refusedStream);
    }
    const lacksBody = isEnd && (header.contentLength ?? 0) > 0;
    if (header.requestFault !== undefined || lacksBody) {
      return this.#end(streamId, ERROR.protocolError);
    }
    if (header.isTooLong) return this.#end(streamId, ERROR.enhanceYourCalm);
    this.#guard.noteRequest();
    this.#streams.add(this.#host.open(streamId, header, isEnd));
  }

  /** Section 8.1: trailers end the request. */
  #takeTrailers(stream: S, header: HeaderList, isEnd: boolean): void {
    if (stream.isRemoteEnded) return this.#refuseFrame(stream.id);
    if (header.isTooLong) return this.#end(stream.id, ERROR.enhanceYourCalm);
    const isGood = isEnd && header.trailersFault === undefined && stream.pushEnd();
    if (!isGood) this.#end(stream.id, ERROR.protocolError);
  }

  /** A frame of a stream that is closed, or that the client has ended (section 5.1). */
  #refuseFrame(streamId: number): void {
    this.#assertNotIdle(streamId);
    // It was on its way when the stream was reset here.
    if (this.#streams.wasReset(streamId)) this.#guard.noteIdleFrame();
    else this.#end(streamId, ERROR.streamClosed);
  }

  /** A frame of a stream that has been closed in the meantime, which has nothing to say any more. */
  #passOver(streamId: number): void {
    this.#assertNotIdle(streamId);
    this.#guard.noteIdleFrame();
  }

  /** Ends a stream for what the client did. */
  #end(streamId: number, code: number): void {
    this.#assertNotIdle(streamId, code);
    this.#host.onReset();
    this.#streams.reset(streamId, code);
  }

  /** Section 5.1: of a stream that was never opened there is nothing to say, nor can it be reset. */
  #assertNotIdle(streamId: number, code: number = ERROR.protocolError): void {
    if (!this.#streams.isIdle(streamId)) return;
    throw new Http2Error(`stream ${streamId} was never opened`, code);
  }
}
