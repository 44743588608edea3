/**
 * What comes in on a connection: frames in the order in which they may come, and those that are about
 * the connection (RFC 9113, sections 3.4, 4.3 and 6).
 *
 * @module
 */

import { writePingAck, writeSettingsAck } from "./control_frames.ts";
import type { FloodGuard } from "./flood_guard.ts";
import type { FrameHandler } from "./frame_reader.ts";
import { ERROR, FLAG, FRAME, Http2Error, readUint31, readUint32 } from "./frames.ts";
import type { Liveness } from "./liveness.ts";
import type { Output } from "./output.ts";
import type { Sender } from "./sender.ts";
import type { ServerStream } from "./server_stream.ts";
import type { PeerSettings } from "./settings.ts";
import type { StreamFrames } from "./stream_frames.ts";

const [PING_BYTES, GOAWAY_BYTES, WINDOW_UPDATE_BYTES] = [8, 8, 4] as const;

/** What a connection does for its {@linkcode Receiver}. */
export interface ReceiverHost {
  /** The client has sent its first settings. */
  onReady(): void;
  /** The client will open no more streams; with a code that is an error, it gives up on all. */
  onGoaway(code: number): void;
}

/** What a {@linkcode Receiver} is made from. */
export interface ReceiverInit {
  readonly host: ReceiverHost;
  readonly streamFrames: StreamFrames<ServerStream>;
  readonly peer: PeerSettings;
  readonly sender: Sender;
  readonly output: Output;
  readonly liveness: Liveness;
  readonly guard: FloodGuard;
}

/** Takes frames. */
export class Receiver implements FrameHandler {
  readonly #host: ReceiverHost;
  readonly #streamFrames: StreamFrames<ServerStream>;
  readonly #peer: PeerSettings;
  readonly #sender: Sender;
  readonly #output: Output;
  readonly #liveness: Liveness;
  readonly #guard: FloodGuard;
  #hasSettings = false;

  constructor(init: ReceiverInit) {
    this.#host = init.host;
    this.#streamFrames = init.streamFrames;
    this.#peer = init.peer;
    this.#sender = init.sender;
    this.#output = init.output;
    this.#liveness = init.liveness;
    this.#guard = init.guard;
  }

  onData(streamId: number, bytes: Uint8Array, flowBytes: number, isEnd: boolean): void {
    this.#assertInTurn(FRAME.data, streamId);
    this.#streamFrames.onData(streamId, bytes, flowBytes, isEnd);
  }

  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#assertInTurn(type, streamId, flags);
    switch (type) {
      case FRAME.headers:
        return this.#streamFrames.onHeaders(flags, streamId, bytes, start, end);
      case FRAME.continuation:
        return this.#streamFrames.onContinuation(flags, bytes, start, end);
      case FRAME.windowUpdate:
        return this.#onWindowUpdate(streamId, bytes, start, end);
      case FRAME.rstStream:
        return this.#streamFrames.onRstStream(streamId, bytes, start, end);
      case FRAME.settings:
        return this.#onSettings(flags, streamId, bytes, start, end);
      case FRAME.ping:
        return this.#onPing(flags, streamId, bytes, start, end);
      case FRAME.priority:
        return this.#streamFrames.onPriority(streamId, bytes, start, end);
      case FRAME.goaway:
        assertConnectionFrame(streamId, end - start >= GOAWAY_BYTES);
        this.#guard.noteIdleFrame();
        return this.#host.onGoaway(readUint32(bytes, start + 4));
      case FRAME.pushPromise:
        throw new Http2Error("a client cannot push", ERROR.protocolError);
      default:
        // Section 5.5: what is unknown is ignored.
        this.#guard.noteIdleFrame();
    }
  }

  /** Sections 3.4 and 4.3. */
  #assertInTurn(type: number, streamId: number, flags: number = 0): void {
    if (!this.#hasSettings && (type !== FRAME.settings || flags & FLAG.ack)) {
      throw new Http2Error("the first frame is not SETTINGS", ERROR.protocolError);
    }
    const { blockId } = this.#streamFrames;
    if (blockId === undefined) {
      if (type !== FRAME.continuation) return;
      throw new Http2Error("CONTINUATION of nothing", ERROR.protocolError);
    }
    if (type === FRAME.continuation && streamId === blockId) return;
    throw new Http2Error("a frame within a header block", ERROR.protocolError);
  }

  /** Section 6.5. */
  #onSettings(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const isAck = (flags & FLAG.ack) !== 0;
    assertConnectionFrame(streamId, !isAck || start === end);
    if (isAck) {
      if (!this.#liveness.noteSettingsAck()) this.#guard.noteIdleFrame();
      return;
    }
    this.#guard.noteAnswer(this.#sender.hasRoom);
    const before = this.#peer.initialWindow;
    this.#peer.take(bytes, start, end);
    this.#sender.limitTable(this.#peer.headerTableSize);
    const change = this.#peer.initialWindow - before;
    if (change !== 0) this.#streamFrames.moveWindows(change);
    writeSettingsAck(this.#output);
    if (this.#hasSettings) return;
    this.#hasSettings = true;
    this.#host.onReady();
  }

  /** Section 6.7. */
  #onPing(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    assertConnectionFrame(streamId, end - start === PING_BYTES);
    const payload = bytes.subarray(start, end);
    if (flags & FLAG.ack) {
      if (!this.#liveness.notePingAck(payload)) this.#guard.noteIdleFrame();
      return;
    }
    this.#guard.noteAnswer(this.#sender.hasRoom);
    writePingAck(this.#output, payload);
  }

  /** Section 6.9. */
  #onWindowUpdate(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== WINDOW_UPDATE_BYTES) {
      throw new Http2Error("WINDOW_UPDATE is cut", ERROR.frameSizeError);
    }
    const increment = readUint31(bytes, start);
    if (streamId !== 0) return this.#streamFrames.onWindowUpdate(streamId, increment);
    if (increment === 0) throw new Http2Error("a window update of 0", ERROR.protocolError);
    this.#sender.widen(increment);
  }
}

function assertConnectionFrame(streamId: number, hasRightLength: boolean): void {
  if (streamId !== 0) throw new Http2Error("a connection's frame of a stream", ERROR.protocolError);
  if (!hasRightLength) throw new Http2Error("a frame has a wrong length", ERROR.frameSizeError);
}
