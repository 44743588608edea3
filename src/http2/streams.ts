/**
 * The streams of a connection: which are open, which have been, and how they end (RFC 9113, section 5.1).
 *
 * @module
 */

import { startTimer, stopTimer } from "../timer_heap.ts";
import { writeReset } from "./control_frames.ts";
import { ERROR, Http2Error } from "./frames.ts";
import type { Output } from "./output.ts";
import { StreamMap } from "./stream_map.ts";
import type { ServerStream } from "./server_stream.ts";

/** For how long the rest of a request may come in behind its answer. */
const REST_MS = 100;
/** So many streams are remembered that were reset here, while the client sends on. */
const MAX_RESET_STREAMS = 1000;

/** Open streams by their ids. */
export class Streams<S extends ServerStream> {
  readonly #output: Output;
  readonly #onClosed: () => void;
  readonly #open = new StreamMap<S>();
  readonly #resetIds = new Set<number>();
  #lastId = 0;
  #closed: S[] = [];

  /** @param onClosed Called when there are streams for {@linkcode takeClosed}. */
  constructor(output: Output, onClosed: () => void) {
    this.#output = output;
    this.#onClosed = onClosed;
  }

  /** Number of streams that are open. */
  get size(): number {
    return this.#open.size;
  }

  /** The highest id that the client has used. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Whether a stream has never been. */
  isIdle(id: number): boolean {
    return id > this.#lastId || id % 2 === 0;
  }

  /**
   * A client uses a new id (section 5.1.1).
   *
   * @throws {Http2Error} If it is one of the server's.
   */
  noteId(id: number): void {
    if (id % 2 === 0) throw new Http2Error("a stream of the server", ERROR.protocolError);
    this.#lastId = id;
  }

  /** Whether a stream was reset here a short time ago, and what comes for it was on its way. */
  wasReset(id: number): boolean {
    return this.#resetIds.has(id);
  }

  /** A stream that is open. */
  get(id: number): S | undefined {
    return this.#open.get(id);
  }

  /** All that are open. */
  values(): Iterable<S> {
    return this.#open.values();
  }

  /** Adds a stream. */
  add(stream: S): void {
    this.#open.add(stream);
  }

  /** Resets a stream, which may have been refused or be closed already (section 5.4.2). */
  reset(id: number, code: number): void {
    writeReset(this.#output, id, code);
    this.#resetIds.add(id);
    if (this.#resetIds.size > MAX_RESET_STREAMS) {
      const [first] = this.#resetIds;
      this.#resetIds.delete(first!);
    }
    const stream = this.#open.get(id);
    if (stream !== undefined) this.close(stream, code);
  }

  /** A response has gone out: the stream is over, or its request is cut off. */
  noteEnded(stream: S): void {
    if (stream.isClosed) return;
    if (stream.isRemoteEnded) return this.close(stream);
    // Section 8.1: the client is told to stop. Not at once, for some lose the answer if they are told
    // while they still send.
    stream.restTimer = startTimer(
      performance.now() + REST_MS,
      () => this.reset(stream.id, ERROR.noError),
    );
  }

  /** A stream is over. */
  close(stream: S, code?: number): void {
    if (stream.isClosed) return;
    if (stream.restTimer !== undefined) stopTimer(stream.restTimer);
    this.#open.delete(stream.id);
    stream.close(code);
    if (this.#closed.push(stream) === 1) this.#onClosed();
  }

  /** All are over. */
  closeAll(code: number): void {
    for (const stream of this.#open.values()) this.close(stream, code);
  }

  /** Those that are over and whose listeners do not know yet. */
  takeClosed(): readonly S[] {
    const closed = this.#closed;
    if (closed.length > 0) this.#closed = [];
    return closed;
  }
}
