/**
 * A connection of HTTP/2, the server's side (RFC 9113): frames in, streams out, and the other way
 * round. What one read brings is worked off before its requests are served, and what they have to send
 * leaves together.
 *
 * @module
 */

import { startTimer, stopTimer } from "../timer_heap.ts";
import { type FrameHandler, FrameReader, withoutPadding } from "./frame_reader.ts";
import { ERROR, FLAG, FRAME, Http2Error, MAX_WINDOW, readUint31, SETTING } from "./frames.ts";
import { HeaderBlock } from "./header_block.ts";
import type { HeaderList } from "./header_list.ts";
import { HpackDecoder } from "./hpack_decoder.ts";
import { HpackError } from "./hpack_error.ts";
import { type BufferPool, Output, type Wire } from "./output.ts";
import { Sender } from "./sender.ts";
import type { Carrier, Fields, ServerStream, StreamInit } from "./server_stream.ts";
import { DEFAULT_WINDOW, PeerSettings } from "./settings.ts";

/** What a session tells, and asks. */
export interface SessionHandler<S extends ServerStream> {
  /** Makes a stream. */
  createStream(carrier: Carrier, init: StreamInit): S;
  /** A request is to be served. */
  onStream(stream: S): void;
  /** A stream is over. */
  onStreamClosed(stream: S): void;
  /** A stream ended early, and not because the server wanted it to. */
  onReset(): void;
  /** The client has sent its first settings. */
  onReady(): void;
  /** The client broke a rule, and was told so: nothing more is read. */
  onFailed(error: Http2Error): void;
  /** Whether requests are still taken. */
  readonly takesStreams: boolean;
}

/** Options for {@linkcode Session}. */
export interface SessionOptions {
  /** How many streams may be open at a time. */
  readonly maxConcurrentStreams: number;
  /** The longest header list that is told to the client as the limit. */
  readonly maxHeaderListBytes: number;
  /** Shared by the connections of a server. */
  readonly pool: BufferPool;
}

/** How much a client may send on one stream, and on all, that is not read. */
const STREAM_WINDOW = 262_144;
const CONNECTION_WINDOW = 1_048_576;
/** Beyond this, header lists are not kept while they are decoded. */
const MAX_KEPT_HEADER_BYTES = 65_536;
/** How long the client may take to acknowledge the settings (section 6.5.3). */
const SETTINGS_MS = 10_000;
/** For how long the rest of a request may come in behind its answer. */
const REST_MS = 100;
/** How many frames that get nobody anywhere may come between two requests, and in how long. */
const MAX_IDLE_FRAMES = 10_000;
const IDLE_FRAMES_MS = 10_000;
/** So many streams are remembered that were reset here, while the client sends on. */
const MAX_RESET_STREAMS = 1000;

const PRIORITY_BYTES = 5;

/** A session. */
export class Session<S extends ServerStream = ServerStream> implements FrameHandler, Carrier {
  readonly #handler: SessionHandler<S>;
  readonly #options: SessionOptions;
  readonly #output: Output;
  readonly #reader: FrameReader = new FrameReader(this);
  readonly #decoder = new HpackDecoder({ maxListBytes: MAX_KEPT_HEADER_BYTES });
  readonly #peer = new PeerSettings();
  readonly #sender: Sender;
  readonly #streams = new Map<number, S>();
  readonly #resetIds = new Set<number>();
  #lastId = 0;
  #block: HeaderBlock | undefined;
  #hasSettings = false;
  #settingsTimer: ReturnType<typeof startTimer> | undefined;
  #window = CONNECTION_WINDOW;
  #credit = 0;
  #idleFrames = 0;
  #idleSince = 0;
  #isOver = false;
  #isFlushScheduled = false;
  /** Streams that were opened, and that were closed, in this turn. */
  #opened: S[] = [];
  #closed: S[] = [];
  readonly #pings: (() => void)[] = [];

  constructor(wire: Wire, handler: SessionHandler<S>, options: SessionOptions) {
    this.#handler = handler;
    this.#options = options;
    this.#output = new Output(wire, options.pool);
    this.#sender = new Sender(this.#output, this.#peer);
  }

  /** Number of streams in progress. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /** Whether nothing more is read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the server's settings, which is how its side begins (section 3.4). */
  start(): void {
    const { maxConcurrentStreams, maxHeaderListBytes } = this.#options;
    const settings: readonly (readonly [id: number, value: number])[] = [
      [SETTING.maxConcurrentStreams, maxConcurrentStreams],
      [SETTING.initialWindowSize, STREAM_WINDOW],
      [SETTING.maxHeaderListSize, maxHeaderListBytes],
    ];
    this.#output.frame(settings.length * 6, FRAME.settings, 0, 0);
    for (const [id, value] of settings) {
      this.#output.uint16(id);
      this.#output.uint32(value);
    }
    this.#sendWindowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW);
    this.#scheduleFlush();
    this.#settingsTimer = startTimer(performance.now() + SETTINGS_MS, () => {
      this.#fail(new Http2Error("SETTINGS were not acknowledged", ERROR.settingsTimeout));
    });
  }

  /** Takes what has come from the client. */
  receive(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(toHttp2Error(error));
    }
    if (this.#opened.length > 0) this.#serveOpened();
    this.#scheduleFlush();
  }

  /** The client takes more. */
  drain(): void {
    this.#scheduleFlush();
  }

  /** Whether the client takes what is sent. */
  get hasRoom(): boolean {
    return this.#sender.hasRoom;
  }

  /**
   * Says that requests beyond a stream will not be served (section 6.8).
   *
   * @param lastId The highest id for none is refused yet.
   */
  goaway(code: number = ERROR.noError, lastId: number = MAX_WINDOW): void {
    this.#output.frame(8, FRAME.goaway, 0, 0);
    this.#output.uint32(lastId);
    this.#output.uint32(code);
    this.#output.flush();
  }

  /** The real GOAWAY, of a session that is done. */
  finish(): void {
    this.goaway(ERROR.noError, this.#lastId);
    this.#end();
  }

  /** Asks for a sign of life, and calls back when the client has answered (section 6.7). */
  ping(onAnswer: () => void): void {
    this.#pings.push(onAnswer);
    this.#output.frame(8, FRAME.ping, 0, 0);
    this.#output.uint32(0);
    this.#output.uint32(this.#pings.length);
    this.#output.flush();
  }

  /** The connection is gone: ends what is in progress. */
  destroy(): void {
    this.#end();
    for (const stream of this.#streams.values()) this.#close(stream, ERROR.cancel);
    this.#tellClosed();
  }

  #end(): void {
    this.#isOver = true;
    if (this.#settingsTimer !== undefined) stopTimer(this.#settingsTimer);
  }

  #fail(error: Http2Error): void {
    if (this.#isOver) return;
    this.#end();
    this.goaway(error.code, this.#lastId);
    this.#handler.onFailed(error);
  }

  // What comes in.

  onData(streamId: number, bytes: Uint8Array, flowBytes: number, isEnd: boolean): void {
    this.#assertInTurn(FRAME.data, streamId);
    if (streamId === 0) throw new Http2Error("DATA of no stream", ERROR.protocolError);
    this.#window -= flowBytes;
    if (this.#window < 0) throw new Http2Error("too much DATA", ERROR.flowControlError);
    if (bytes.length === 0 && !isEnd) this.#noteIdleFrame();
    const padding = flowBytes - bytes.length;
    const stream = this.#streams.get(streamId);
    if (stream === undefined || stream.isRemoteEnded) {
      this.#giveConnectionCredit(flowBytes);
      return this.#refuseFrame(streamId, stream);
    }
    stream.receiveWindow -= flowBytes;
    if (stream.receiveWindow < 0) {
      this.#giveConnectionCredit(flowBytes);
      return this.#resetFor(streamId, ERROR.flowControlError);
    }
    if (padding > 0) this.giveCredit(stream, padding);
    if (!stream.push(bytes, isEnd)) this.#resetFor(streamId, ERROR.protocolError);
  }

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#assertInTurn(type, streamId);
    switch (type) {
      case FRAME.headers:
        return this.#onHeaders(flags, streamId, bytes, start, end);
      case FRAME.continuation:
        return this.#onContinuation(flags, bytes, start, end);
      case FRAME.windowUpdate:
        return this.#onWindowUpdate(streamId, bytes, start, end);
      case FRAME.rstStream:
        return this.#onRstStream(streamId, bytes, start, end);
      case FRAME.settings:
        return this.#onSettings(flags, streamId, bytes, start, end);
      case FRAME.ping:
        return this.#onPing(flags, streamId, bytes, start, end);
      case FRAME.priority:
        return this.#onPriority(streamId, bytes, start, end);
      case FRAME.goaway:
        return assertConnectionFrame(streamId, end - start >= 8);
      case FRAME.pushPromise:
        throw new Http2Error("a client cannot push", ERROR.protocolError);
      default:
        // Section 5.5: what is unknown is ignored.
        this.#noteIdleFrame();
    }
  }

  #assertInTurn(type: number, streamId: number): void {
    if (!this.#hasSettings && type !== FRAME.settings) {
      throw new Http2Error("the first frame is not SETTINGS", ERROR.protocolError);
    }
    if (this.#block === undefined) {
      if (type !== FRAME.continuation) return;
      throw new Http2Error("CONTINUATION of nothing", ERROR.protocolError);
    }
    if (type === FRAME.continuation && streamId === this.#block.streamId) return;
    throw new Http2Error("a frame within a header block", ERROR.protocolError);
  }

  /** Section 6.2. */
  #onHeaders(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
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
    // RFC 7540, section 5.3.1; RFC 9113 has priorities no more, but lets it be an error.
    if (dependsOnItself) this.#resetFor(streamId, ERROR.protocolError);
  }

  /** Section 6.10. */
  #onContinuation(flags: number, bytes: Uint8Array, start: number, end: number): void {
    const block = this.#block!;
    block.add(bytes.slice(start, end));
    if (!(flags & FLAG.endHeaders)) return;
    this.#block = undefined;
    const whole = block.join();
    this.#takeHeaders(block.streamId, block.isEnd, whole, 0, whole.length);
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
    if (streamId > this.#lastId) return this.#openStream(streamId, header, isEnd);
    this.#refuseFrame(streamId, undefined, true);
  }

  #openStream(streamId: number, header: HeaderList, isEnd: boolean): void {
    if (streamId % 2 === 0) throw new Http2Error("a stream of the server", ERROR.protocolError);
    this.#lastId = streamId;
    const { takesStreams } = this.#handler;
    if (!takesStreams || this.#streams.size >= this.#options.maxConcurrentStreams) {
      return this.#resetFor(streamId, ERROR.refusedStream);
    }
    if (header.requestFault !== undefined) return this.#resetFor(streamId, ERROR.protocolError);
    if (header.isTooLong) return this.#resetFor(streamId, ERROR.enhanceYourCalm);
    if (isEnd && (header.contentLength ?? 0) > 0) {
      return this.#resetFor(streamId, ERROR.protocolError);
    }
    this.#idleFrames = 0;
    const stream = this.#handler.createStream(this, {
      id: streamId,
      header,
      isRemoteEnded: isEnd,
      receiveWindow: STREAM_WINDOW,
      sendWindow: this.#peer.initialWindow,
    });
    this.#streams.set(streamId, stream);
    this.#opened.push(stream);
  }

  /** Section 8.1: trailers end the request. */
  #takeTrailers(stream: S, header: HeaderList, isEnd: boolean): void {
    if (stream.isRemoteEnded) return this.#refuseFrame(stream.id, stream);
    const isGood = isEnd && header.trailersFault === undefined && stream.endRemote();
    if (!isGood) this.#resetFor(stream.id, ERROR.protocolError);
  }

  /** A frame of a stream that is closed, or half-closed, or that has never been (section 5.1). */
  #refuseFrame(streamId: number, stream: S | undefined, isFatal = false): void {
    if (stream !== undefined) return this.#resetFor(streamId, ERROR.streamClosed);
    this.#assertNotIdle(streamId);
    // It was on its way when the stream was reset here.
    if (this.#resetIds.has(streamId)) return;
    if (isFatal) throw new Http2Error("HEADERS of a stream that is closed", ERROR.streamClosed);
    this.#resetFor(streamId, ERROR.streamClosed);
  }

  #assertNotIdle(streamId: number): void {
    if (streamId <= this.#lastId && streamId % 2 === 1) return;
    throw new Http2Error(`stream ${streamId} was never opened`, ERROR.protocolError);
  }

  /** Section 6.9. */
  #onWindowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== 4) throw new Http2Error("WINDOW_UPDATE is cut", ERROR.frameSizeError);
    const increment = readUint31(bytes, start);
    if (streamId === 0) {
      if (increment === 0) throw new Http2Error("a window update of 0", ERROR.protocolError);
      return this.#sender.widen(increment);
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#assertNotIdle(streamId);
    if (increment === 0) return this.#resetFor(streamId, ERROR.protocolError);
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW) return this.#resetFor(streamId, ERROR.flowControlError);
    if (stream.hasOutput) this.#sender.schedule(stream);
  }

  /** Section 6.4. */
  #onRstStream(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new Http2Error("RST_STREAM of no stream", ERROR.protocolError);
    if (end - start !== 4) throw new Http2Error("RST_STREAM is cut", ERROR.frameSizeError);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return this.#assertNotIdle(streamId);
    if (!stream.isLocalEnded) this.#handler.onReset();
    const code = bytes[start]! * 0x100_0000 + (readUint31(bytes, start) & 0xff_ffff);
    this.#close(stream, code);
  }

  /** Section 6.5. */
  #onSettings(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    assertConnectionFrame(streamId, !(flags & FLAG.ack) || start === end);
    if (flags & FLAG.ack) {
      if (this.#settingsTimer !== undefined) stopTimer(this.#settingsTimer);
      this.#settingsTimer = undefined;
      return;
    }
    const before = this.#peer.initialWindow;
    this.#peer.take(bytes, start, end);
    this.#sender.noteSettings();
    const change = this.#peer.initialWindow - before;
    if (change !== 0) this.#moveWindows(change);
    this.#output.frame(0, FRAME.settings, FLAG.ack, 0);
    this.#noteIdleFrame();
    if (this.#hasSettings) return;
    this.#hasSettings = true;
    this.#handler.onReady();
  }

  /** Section 6.9.2: the windows of all streams go with the setting, and may be below 0 then. */
  #moveWindows(change: number): void {
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW) {
        throw new Http2Error("a stream's window is too large", ERROR.flowControlError);
      }
      if (stream.hasOutput) this.#sender.schedule(stream);
    }
  }

  /** Section 6.7. */
  #onPing(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId !== 0) throw new Http2Error("PING of a stream", ERROR.protocolError);
    if (end - start !== 8) throw new Http2Error("PING has not 8 bytes", ERROR.frameSizeError);
    if (flags & FLAG.ack) return this.#pings.shift()?.();
    this.#noteIdleFrame();
    this.#output.frame(8, FRAME.ping, FLAG.ack, 0);
    this.#output.copy(bytes.subarray(start, end));
  }

  /** Section 6.3. */
  #onPriority(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (streamId === 0) throw new Http2Error("PRIORITY of no stream", ERROR.protocolError);
    this.#noteIdleFrame();
    if (end - start !== PRIORITY_BYTES) return this.#resetFor(streamId, ERROR.frameSizeError);
    if (readUint31(bytes, start) === streamId) this.#resetFor(streamId, ERROR.protocolError);
  }

  /** What costs the client nothing, and the server an answer or some time. */
  #noteIdleFrame(): void {
    if (!this.#sender.hasRoom) throw flood();
    this.#idleFrames++;
    if (this.#idleFrames < MAX_IDLE_FRAMES) return;
    const now = performance.now();
    if (now - this.#idleSince < IDLE_FRAMES_MS) throw flood();
    this.#idleSince = now;
    this.#idleFrames = 0;
  }

  // What goes out.

  sendHeaders(stream: ServerStream, status: number, fields: Fields, isEnd: boolean): void {
    this.#sender.headers(stream.id, fields, status, isEnd);
    this.#scheduleFlush();
  }

  sendWhole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean {
    this.#scheduleFlush();
    return this.#sender.whole(stream, fields, body, trailers);
  }

  schedule(stream: ServerStream): void {
    this.#sender.schedule(stream);
    this.#scheduleFlush();
  }

  giveCredit(stream: ServerStream, bytes: number): void {
    this.#giveConnectionCredit(bytes);
    if (stream.isRemoteEnded || stream.isClosed) return;
    stream.credit += bytes;
    if (stream.credit < STREAM_WINDOW / 2) return;
    stream.receiveWindow += stream.credit;
    this.#sendWindowUpdate(stream.id, stream.credit);
    stream.credit = 0;
  }

  #giveConnectionCredit(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit < CONNECTION_WINDOW / 2 || this.#isOver) return;
    this.#window += this.#credit;
    this.#sendWindowUpdate(0, this.#credit);
    this.#credit = 0;
  }

  #sendWindowUpdate(streamId: number, bytes: number): void {
    this.#output.frame(4, FRAME.windowUpdate, 0, streamId);
    this.#output.uint32(bytes);
    this.#scheduleFlush();
  }

  resetStream(stream: ServerStream, code: number): void {
    this.#sendReset(stream.id, code);
    this.#close(stream as S, code);
  }

  /** What the client did ends the stream. */
  #resetFor(streamId: number, code: number): void {
    if (code !== ERROR.refusedStream) this.#handler.onReset();
    this.#sendReset(streamId, code);
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#close(stream, code);
  }

  #sendReset(streamId: number, code: number): void {
    this.#output.frame(4, FRAME.rstStream, 0, streamId);
    this.#output.uint32(code);
    this.#resetIds.add(streamId);
    if (this.#resetIds.size > MAX_RESET_STREAMS) {
      this.#resetIds.delete(this.#resetIds.values().next().value!);
    }
    this.#scheduleFlush();
  }

  noteEnded(stream: ServerStream): void {
    if (stream.isClosed) return;
    if (stream.isRemoteEnded) return this.#close(stream as S);
    // Section 8.1: the client is told to stop. Not at once, for some lose the answer if they are told
    // while they still send.
    startTimer(performance.now() + REST_MS, () => {
      if (!stream.isClosed) this.resetStream(stream, ERROR.noError);
    });
  }

  #close(stream: S, code?: number): void {
    if (stream.isClosed) return;
    stream.close(code);
    this.#streams.delete(stream.id);
    this.#closed.push(stream);
    this.#scheduleFlush();
  }

  // The turn.

  /** Those that were reset in the same read are not served. */
  #serveOpened(): void {
    const opened = this.#opened;
    this.#opened = [];
    for (const stream of opened) {
      if (stream.isClosed) continue;
      this.#handler.onStream(stream);
      stream.compact();
    }
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    this.#sender.pump(this.#onSent);
    this.#output.flush();
    this.#tellClosed();
  };

  readonly #onSent = (stream: ServerStream): void => stream.noteLocalEnd();

  #tellClosed(): void {
    const closed = this.#closed;
    if (closed.length === 0) return;
    this.#closed = [];
    for (const stream of closed) {
      stream.tellClosed();
      this.#handler.onStreamClosed(stream);
    }
  }
}

function assertConnectionFrame(streamId: number, hasRightLength: boolean): void {
  if (streamId !== 0) throw new Http2Error("a connection's frame of a stream", ERROR.protocolError);
  if (!hasRightLength) throw new Http2Error("a frame has a wrong length", ERROR.frameSizeError);
}

function flood(): Http2Error {
  return new Http2Error("a flood of frames", ERROR.enhanceYourCalm);
}

function toHttp2Error(error: unknown): Http2Error {
  if (error instanceof Http2Error) return error;
  if (error instanceof HpackError) return new Http2Error(error.message, ERROR.compressionError);
  throw error;
}
