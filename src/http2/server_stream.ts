/**
 * One stream of HTTP/2 on the server's side (RFC 9113, section 5.1): a request that comes in as fast as
 * it is read, and a response that goes out as fast as the client takes it.
 *
 * @module
 */

import { ERROR } from "./frames.ts";
import type { HeaderList } from "./header_list.ts";

/** Header fields to send: lower-case names. */
export type Fields = Record<string, string | string[]>;

/** Takes the body of a request as it comes. */
export interface Reader {
  /** Some bytes. */
  onBytes(bytes: Uint8Array): void;
  /** The client has sent all. */
  onEnd(): void;
}

/** What a stream needs of its connection. */
export interface Carrier {
  /** Sends a header, or trailers. */
  sendHeaders(stream: ServerStream, status: number, fields: Fields, isEnd: boolean): void;
  /** Has what the stream holds sent at the end of this turn. */
  schedule(stream: ServerStream): void;
  /** Has a whole response sent at once, if the windows let it. Tells whether they did. */
  sendWhole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean;
  /** Ends the stream at once. */
  resetStream(stream: ServerStream, code: number): void;
  /** So many bytes of the request were taken, and the client may send as many more. */
  giveCredit(stream: ServerStream, bytes: number): void;
  /** Both sides have ended, or we have and the client's rest is not wanted. */
  noteEnded(stream: ServerStream): void;
}

/** What a stream begins with. */
export interface StreamInit {
  readonly id: number;
  readonly header: HeaderList;
  readonly isRemoteEnded: boolean;
  readonly receiveWindow: number;
  readonly sendWindow: number;
}

/** More than this is not held for a client that does not take it. */
const MAX_HELD_BYTES = 65_536;

/** A request and its response. */
export class ServerStream {
  readonly id: number;
  /** The request's header. */
  readonly header: HeaderList;
  /** How much the client may send yet, and we may (section 6.9.1). The session's to change. */
  receiveWindow: number;
  sendWindow: number;
  /** Bytes taken of which the client was not told yet. */
  credit = 0;
  /** Whether the session has it in its list of streams with something to send. */
  isScheduled = false;

  readonly #carrier: Carrier;
  #reader: Reader | undefined;
  #isPaused = false;
  #received: Uint8Array[] | undefined;
  #receivedBytes = 0;
  /** The client has sent all (half-closed, remote). */
  #isRemoteEnded: boolean;
  #isEndTold = false;
  /** Length of the body as the header has it, less what has come. */
  #contentLeft: number;

  #held: Uint8Array[] | undefined;
  #heldBytes = 0;
  #hasEnd = false;
  #trailers: Fields | undefined;
  /** We have sent all (half-closed, local). */
  #isLocalEnded = false;
  #isClosed = false;
  #room: PromiseWithResolvers<void> | undefined;
  #onClose: ((errorCode: number | undefined) => void) | undefined;
  #errorCode: number | undefined;
  #isTold = false;

  constructor(carrier: Carrier, init: StreamInit) {
    this.#carrier = carrier;
    this.id = init.id;
    this.header = init.header;
    this.receiveWindow = init.receiveWindow;
    this.sendWindow = init.sendWindow;
    this.#isRemoteEnded = init.isRemoteEnded;
    this.#contentLeft = init.header.contentLength ?? -1;
  }

  /** Whether it is over: answered in full and read to its end, or reset by either side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the client has sent all. */
  get isRemoteEnded(): boolean {
    return this.#isRemoteEnded;
  }

  /** Whether we have sent all. */
  get isLocalEnded(): boolean {
    return this.#isLocalEnded;
  }

  /** Whether it has something to send. */
  get hasOutput(): boolean {
    return !this.#isClosed && !this.#isLocalEnded && (this.#heldBytes > 0 || this.#hasEnd);
  }

  // The request.

  /**
   * Some of the body has come.
   *
   * @returns Whether it is as long as the header says (section 8.1.1).
   */
  push(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#contentLeft >= 0) {
      this.#contentLeft -= bytes.length;
      if (this.#contentLeft < 0 || (isEnd && this.#contentLeft > 0)) return false;
    }
    if (isEnd) this.#isRemoteEnded = true;
    if (bytes.length > 0) {
      if (this.#isDiscarding) this.#carrier.giveCredit(this, bytes.length);
      else if (this.#reader !== undefined && !this.#isPaused && this.#receivedBytes === 0) {
        this.#reader.onBytes(bytes);
        this.#carrier.giveCredit(this, bytes.length);
      } else {
        (this.#received ??= []).push(bytes);
        this.#receivedBytes += bytes.length;
      }
    }
    if (isEnd) this.#noteRemoteEnd();
    return true;
  }

  /** The trailers of the request have come, which end it. Tells whether its length is right. */
  endRemote(): boolean {
    return this.push(NOTHING, true);
  }

  /** Copies what waits to be read and is small beside the bytes that it came in. */
  compact(): void {
    const { length } = this.#received ?? [];
    for (let i = 0; i < length!; i++) {
      const bytes = this.#received![i]!;
      if (bytes.length < bytes.buffer.byteLength / 2) this.#received![i] = bytes.slice();
    }
  }

  /** Hands the body to a reader. It starts at once. */
  receive(reader: Reader): void {
    this.#reader = reader;
    this.#deliver();
  }

  /** Reads no more for now. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads on. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliver();
  }

  /** Reads nothing any more; what comes is dropped. */
  discard(): void {
    this.#reader = undefined;
    this.#isPaused = false;
    this.#drop();
  }

  get #isDiscarding(): boolean {
    return this.#isClosed || this.#isLocalEnded;
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    while (this.#receivedBytes > 0 && !this.#isPaused && !this.#isDiscarding) {
      const bytes = this.#received!.shift()!;
      this.#receivedBytes -= bytes.length;
      reader.onBytes(bytes);
      this.#carrier.giveCredit(this, bytes.length);
    }
    this.#noteRemoteEnd();
  }

  #noteRemoteEnd(): void {
    if (this.#reader !== undefined && this.#isRemoteEnded && !this.#isEndTold) {
      if (this.#receivedBytes > 0 || this.#isPaused || this.#isDiscarding) return;
      this.#isEndTold = true;
      this.#reader.onEnd();
    }
    if (this.#isLocalEnded && this.#isRemoteEnded) this.#carrier.noteEnded(this);
  }

  #drop(): void {
    const bytes = this.#receivedBytes;
    this.#received = undefined;
    this.#receivedBytes = 0;
    if (bytes > 0) this.#carrier.giveCredit(this, bytes);
  }

  // The response.

  /** Sends the header. */
  sendHeader(status: number, fields: Fields, isEnd: boolean): void {
    if (this.#isClosed || this.#isLocalEnded) return;
    this.#carrier.sendHeaders(this, status, fields, isEnd);
    if (isEnd) this.noteLocalEnd();
  }

  /** Sends bytes of the body; returns a promise to wait for if the client is slow to take them. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed || this.#isLocalEnded) return undefined;
    if (bytes.length > 0) {
      (this.#held ??= []).push(bytes);
      this.#heldBytes += bytes.length;
      this.#carrier.schedule(this);
    }
    if (this.#heldBytes < MAX_HELD_BYTES || this.#isClosed) return undefined;
    return (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Ends the response, with trailers or without. */
  end(trailers?: Fields): void {
    if (this.#isClosed || this.#isLocalEnded || this.#hasEnd) return;
    this.#hasEnd = true;
    this.#trailers = trailers;
    this.#carrier.schedule(this);
  }

  /** Sends a response that is all there. */
  respondWhole(fields: Fields, body: Uint8Array, trailers: Fields): void {
    if (this.#isClosed || this.#isLocalEnded) return;
    if (this.#carrier.sendWhole(this, fields, body, trailers)) return this.noteLocalEnd();
    this.sendHeader(200, fields, false);
    this.write(body);
    this.end(trailers);
  }

  /** Ends the stream now; what was not sent is dropped. */
  reset(code: number): void {
    if (!this.#isClosed) this.#carrier.resetStream(this, code);
  }

  /** How much of the body waits to be sent. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Takes at most so many bytes of what waits to be sent, in the pieces that they came in. */
  takeHeld(maxBytes: number, take: (piece: Uint8Array) => void): void {
    let left = Math.min(maxBytes, this.#heldBytes);
    this.#heldBytes -= left;
    const held = this.#held!;
    let i = 0;
    while (left > 0) {
      const piece = held[i]!;
      if (piece.length > left) {
        take(piece.subarray(0, left));
        held[i] = piece.subarray(left);
        left = 0;
      } else {
        take(piece);
        left -= piece.length;
        i++;
      }
    }
    if (i === held.length) this.#held = undefined;
    else held.splice(0, i);
    if (this.#heldBytes < MAX_HELD_BYTES) this.#giveRoom();
  }

  /** Whether the end is all that is left to send. */
  get isEnding(): boolean {
    return this.#hasEnd && this.#heldBytes === 0;
  }

  /** Whether the last bytes of the body are the end as well, for there are no trailers. */
  get isEndedByData(): boolean {
    return this.#hasEnd && this.#trailers === undefined;
  }

  /** What comes behind the body. */
  get trailers(): Fields | undefined {
    return this.#trailers;
  }

  /** The last frame is on its way. */
  noteLocalEnd(): void {
    this.#isLocalEnded = true;
    this.#reader = undefined;
    this.#drop();
    this.#carrier.noteEnded(this);
  }

  // The end.

  /**
   * Calls back when the stream is over.
   *
   * @param listener Gets the error code if it ended before the response did.
   */
  onClose(listener: (errorCode: number | undefined) => void): void {
    const previous = this.#onClose;
    this.#onClose = previous === undefined ? listener : (code) => (previous(code), listener(code));
    if (this.#isTold) this.tellClosed();
  }

  /** It is over. The listener is told later, by {@linkcode tellClosed}. */
  close(errorCode?: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (errorCode !== undefined) {
      this.#errorCode = this.#isLocalEnded && errorCode === ERROR.noError ? undefined : errorCode ||
        ERROR.cancel;
    }
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#drop();
  }

  /** Tells that it is over, once. */
  tellClosed(): void {
    this.#isTold = true;
    const listener = this.#onClose;
    this.#onClose = undefined;
    listener?.(this.#errorCode);
    this.#giveRoom();
  }

  #giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

const NOTHING = new Uint8Array();
