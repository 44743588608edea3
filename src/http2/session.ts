/**
 * A connection of HTTP/2, the server's side (RFC 9113): bytes in, streams out, and the other way round.
 * What one read brings is worked off before its requests are served, and what they have to send leaves
 * together, at the end of the turn.
 *
 * @module
 */

import { writeGoaway, writeSettings, writeWindowUpdate } from "./control_frames.ts";
import { FloodGuard } from "./flood_guard.ts";
import { FrameReader } from "./frame_reader.ts";
import { ERROR, Http2Error, MAX_WINDOW, SETTING } from "./frames.ts";
import type { HeaderList } from "./header_list.ts";
import { HpackError } from "./hpack_error.ts";
import { Liveness } from "./liveness.ts";
import { type BufferPool, Output, type Wire } from "./output.ts";
import { ConnectionWindow } from "./receive_window.ts";
import { Receiver, type ReceiverHost } from "./receiver.ts";
import { Sender, type SenderHandler } from "./sender.ts";
import type { Carrier, Fields, ServerStream, StreamInit } from "./server_stream.ts";
import { PeerSettings } from "./settings.ts";
import { MAX_KEPT_HEADER_BYTES, StreamFrames, type StreamFramesHost } from "./stream_frames.ts";
import { Streams } from "./streams.ts";

/** What a session tells, and asks. */
export interface SessionHandler<S extends ServerStream> {
  /** Whether requests are still taken. */
  readonly takesStreams: boolean;
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
  /**
   * The client has said GOAWAY: what it has begun is all that it wants, or not even that, if the code is
   * an error (section 5.4.1).
   */
  onGoaway(code: number): void;
  /** The client broke a rule, and was told so: nothing more is read, and nothing written. */
  onFailed(error: Http2Error): void;
  /** A stream's trailers cannot be sent: as {@linkcode Sender.headers} says. */
  onUnsendable(stream: S, error: unknown): void;
}

/** Options for {@linkcode Session}. */
export interface SessionOptions {
  /** How many streams may be open at a time. */
  readonly maxConcurrentStreams: number;
  /** Shared by the connections of a server. */
  readonly pool: BufferPool;
}

/** A session. */
export class Session<S extends ServerStream = ServerStream>
  implements Carrier, ReceiverHost, SenderHandler, StreamFramesHost<S> {
  readonly maxConcurrentStreams: number;
  readonly #handler: SessionHandler<S>;
  readonly #output: Output;
  readonly #sender: Sender;
  readonly #streams: Streams<S>;
  readonly #liveness: Liveness;
  readonly #peer = new PeerSettings();
  readonly #window: ConnectionWindow;
  readonly #reader: FrameReader;
  /** Streams that the bytes at hand have opened, and those whose requests they have ended. */
  #opened: S[] = [];
  #ended: ServerStream[] = [];
  /** The code of a client's GOAWAY that was not told yet. */
  #goawayCode: number | undefined;
  #isFlushScheduled = false;
  #isOver = false;

  constructor(wire: Wire, handler: SessionHandler<S>, options: SessionOptions) {
    this.maxConcurrentStreams = options.maxConcurrentStreams;
    this.#handler = handler;
    const scheduleFlush = () => this.#scheduleFlush();
    this.#output = new Output(wire, options.pool, scheduleFlush);
    this.#sender = new Sender(this.#output, this);
    this.#streams = new Streams(this.#output, scheduleFlush);
    this.#liveness = new Liveness(this.#output);
    this.#window = new ConnectionWindow(this.#output);
    const parts = {
      ...{ host: this, guard: new FloodGuard(), output: this.#output, sender: this.#sender },
      ...{ streams: this.#streams, window: this.#window },
      ...{ peer: this.#peer, liveness: this.#liveness },
    };
    const streamFrames = new StreamFrames<S>(parts);
    this.#reader = new FrameReader(new Receiver({ ...parts, streamFrames }));
  }

  /** Whether nothing more is read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the server's settings, which is how its side begins (section 3.4). */
  start(): void {
    writeSettings(this.#output, [
      [SETTING.maxConcurrentStreams, this.maxConcurrentStreams],
      // What is longer is reset. What is shorter, and longer than an app wants, gets a proper answer.
      [SETTING.maxHeaderListSize, MAX_KEPT_HEADER_BYTES],
    ]);
    this.#window.open();
    this.#liveness.expectSettingsAck(() => {
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
    if (this.#ended.length > 0) this.#tellEnded();
    this.#tellClosed();
    const code = this.#goawayCode;
    if (code === undefined || this.#isOver) return;
    this.#goawayCode = undefined;
    this.#handler.onGoaway(code);
  }

  /** The client takes more. */
  drain(): void {
    this.#flush();
  }

  /**
   * Says that requests beyond a stream will not be served (section 6.8).
   *
   * @param lastId The highest id for none is refused yet.
   */
  goaway(code: number = ERROR.noError, lastId: number = MAX_WINDOW): void {
    writeGoaway(this.#output, lastId, code);
    this.#output.flush();
  }

  /** Says GOAWAY for good: nothing more is read, and nothing written. */
  finish(code: number = ERROR.noError): void {
    if (this.#isOver) return;
    this.goaway(code, this.#streams.lastId);
    this.#end();
  }

  /** Asks for a sign of life, and calls back when the client has answered (section 6.7). */
  ping(onAnswer: () => void): void {
    this.#liveness.ping(onAnswer);
    this.#output.flush();
  }

  /** The connection is gone: ends what is in progress. */
  destroy(): void {
    this.#end();
    this.#streams.closeAll(ERROR.cancel);
    this.#tellClosed();
  }

  #end(): void {
    this.#isOver = true;
    this.#reader.stop();
    this.#liveness.stop();
    this.#output.close();
  }

  #fail(error: Http2Error): void {
    if (this.#isOver) return;
    this.finish(error.code);
    this.#handler.onFailed(error);
  }

  // For frames that come in.

  get takesStreams(): boolean {
    return this.#handler.takesStreams;
  }

  open(id: number, header: HeaderList, isRemoteEnded: boolean): S {
    const sendWindow = this.#peer.initialWindow;
    const stream = this.#handler.createStream(this, { id, header, isRemoteEnded, sendWindow });
    this.#opened.push(stream);
    return stream;
  }

  onReset(): void {
    this.#handler.onReset();
  }

  onReady(): void {
    this.#handler.onReady();
  }

  onGoaway(code: number): void {
    this.#goawayCode = code;
  }

  // For streams.

  sendHeaders(stream: ServerStream, status: number, fields: Fields, isEnd: boolean): void {
    this.#sender.headers(stream.id, fields, status, isEnd);
  }

  sendWhole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean {
    return this.#sender.whole(stream, fields, body, trailers);
  }

  schedule(stream: ServerStream): void {
    this.#sender.schedule(stream);
  }

  noteRequestEnd(stream: ServerStream): void {
    this.#ended.push(stream);
  }

  giveCredit(stream: ServerStream, bytes: number): void {
    this.#window.give(bytes);
    if (stream.isRemoteEnded || stream.isClosed) return;
    const update = stream.receiveWindow.give(bytes);
    if (update > 0) writeWindowUpdate(this.#output, stream.id, update);
  }

  resetStream(stream: ServerStream, code: number): void {
    this.#streams.reset(stream.id, code);
  }

  noteEnded(stream: ServerStream): void {
    this.#streams.noteEnded(stream as S);
  }

  // For the sender.
  onPending(): void {
    this.#scheduleFlush();
  }

  onSent(stream: ServerStream): void {
    stream.noteSent();
  }

  onUnsendable(stream: ServerStream, error: unknown): void {
    this.#handler.onUnsendable(stream as S, error);
  }

  // The turn.
  /** Those that were reset by the same read are not served. */
  #serveOpened(): void {
    const opened = this.#opened;
    this.#opened = [];
    for (const stream of opened) {
      if (stream.isClosed) continue;
      this.#handler.onStream(stream);
      stream.noteServed();
    }
  }

  /** Many clients end a request that they reset, and it must not be taken for whole. */
  #tellEnded(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const stream of ended) stream.tellEnd();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(this.#onTurnEnd);
  }

  readonly #onTurnEnd = (): void => {
    this.#isFlushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    this.#sender.pump();
    this.#output.flush();
    this.#tellClosed();
  }

  #tellClosed(): void {
    for (const stream of this.#streams.takeClosed()) {
      stream.tellClosed();
      this.#handler.onStreamClosed(stream);
    }
  }
}

function toHttp2Error(error: unknown): Http2Error {
  if (error instanceof Http2Error) return error;
  if (error instanceof HpackError) return new Http2Error(error.message, ERROR.compressionError);
  // A fault of ours shall end one connection, and not the process.
  return new Http2Error("internal error", ERROR.internalError, { cause: error });
}
