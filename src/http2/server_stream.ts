/**
 * One stream of HTTP/2 on the server's side (RFC 9113, section 5.1): a request that comes in as fast as
 * it is read, and a response that goes out as fast as the client takes it.
 *
 * @module
 */

import type { HeapTimer } from "../timer_heap.ts";
import { ByteQueue } from "./byte_queue.ts";
import { ERROR } from "./frames.ts";
import type { HeaderList } from "./header_list.ts";
import { ReceiveWindow } from "./receive_window.ts";
import { type BodyOwner, type Reader, RequestBody } from "./request_body.ts";
import { DEFAULT_WINDOW } from "./settings.ts";

/** Header fields to send: lower-case names. */
export type Fields = Record<string, string | string[]>;

/** What a stream needs of its connection. */
export interface Carrier {
  /** Sends a header. @throws {TypeError | RangeError} If it cannot be sent. */
  sendHeaders(stream: ServerStream, status: number, fields: Fields, isEnd: boolean): void;
  /** Has what the stream holds sent at the end of this turn. */
  schedule(stream: ServerStream): void;
  /** Has a whole response sent at once, if the windows let it. Tells whether they did. */
  sendWhole(stream: ServerStream, fields: Fields, body: Uint8Array, trailers: Fields): boolean;
  /** Ends the stream at once. */
  resetStream(stream: ServerStream, code: number): void;
  /** The request has ended, and its reader is to be told by {@linkcode ServerStream.tellEnd}. */
  noteRequestEnd(stream: ServerStream): void;
  /** So many bytes of the request were taken, and the client may send as many more. */
  giveCredit(stream: ServerStream, bytes: number): void;
  /** The response is sent; the request may have more to come. */
  noteEnded(stream: ServerStream): void;
}

/** What a stream begins with. */
export interface StreamInit {
  readonly id: number;
  readonly header: HeaderList;
  readonly isRemoteEnded: boolean;
  readonly sendWindow: number;
}

/** How much a client may send on a stream that is not read, once it has been read from. */
const MAX_STREAM_WINDOW = 1_048_576;
/** With more than this to send, whoever writes is to wait. */
const MAX_HELD_BYTES = 65_536;

const NOTHING = new Uint8Array();

/** A request and its response. */
export class ServerStream implements BodyOwner {
  readonly id: number;
  /** The request's header. */
  readonly header: HeaderList;

  // For the connection alone.

  /** How much the client may send yet. */
  readonly receiveWindow: ReceiveWindow = new ReceiveWindow(DEFAULT_WINDOW, MAX_STREAM_WINDOW);
  /** How much we may (section 6.9.1). */
  sendWindow: number;
  /** Whether it is among those that wait for their turn to send. */
  isScheduled = false;
  /** Ends it if the rest of the request does not come. */
  restTimer: HeapTimer | undefined;

  readonly #carrier: Carrier;
  readonly #body: RequestBody;
  #held: ByteQueue | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #hasEnd = false;
  #trailers: Fields | undefined;
  /** We have sent all (half-closed, local). */
  #isLocalEnded = false;

  #isClosed = false;
  #errorCode: number | undefined;
  #onClose: ((errorCode: number | undefined) => void) | undefined;
  #isTold = false;

  constructor(carrier: Carrier, init: StreamInit) {
    this.#carrier = carrier;
    this.id = init.id;
    this.header = init.header;
    this.sendWindow = init.sendWindow;
    this.#body = new RequestBody(this, init.header.contentLength ?? -1, init.isRemoteEnded);
  }

  /** Whether it is over: answered in full and read to its end, or reset by either side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the client has sent all. */
  get isRemoteEnded(): boolean {
    return this.#body.isEnded;
  }

  /** Whether we have sent all. */
  get isLocalEnded(): boolean {
    return this.#isLocalEnded;
  }

  // The request.

  /** As {@linkcode RequestBody.push}. */
  push(bytes: Uint8Array, isEnd: boolean): boolean {
    if (!this.#body.push(bytes, isEnd)) return false;
    if (isEnd && this.#isLocalEnded) this.#carrier.noteEnded(this);
    return true;
  }

  /** The trailers of the request have come, which end it. As {@linkcode push}. */
  pushEnd(): boolean {
    return this.push(NOTHING, true);
  }

  /** It was handed to whoever serves it. */
  noteServed(): void {
    this.#body.noteServed();
  }

  /** Some of the body was read. */
  noteRead(bytes: number): void {
    this.#carrier.giveCredit(this, bytes);
  }

  /** The end of the body has come. */
  noteEnd(): void {
    this.#carrier.noteRequestEnd(this);
  }

  /** Tells whoever reads the body of its end. */
  tellEnd(): void {
    this.#body.tellEnd();
  }

  /** Hands the body to a reader. It starts at once. */
  receive(reader: Reader): void {
    this.#body.receive(reader);
  }

  /** Reads no more for now. */
  pause(): void {
    this.#body.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#body.resume();
  }

  // The response.

  /** Sends the header. @throws {TypeError | RangeError} If it cannot be sent. */
  sendHeader(status: number, fields: Fields, isEnd: boolean): void {
    if (this.#isClosed || this.#isLocalEnded) return;
    this.#carrier.sendHeaders(this, status, fields, isEnd);
    if (isEnd) this.noteSent();
  }

  /** Sends bytes of the body; returns a promise to wait for if the client is slow to take them. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isClosed || this.#hasEnd || this.#isLocalEnded) return undefined;
    if (bytes.length > 0) {
      (this.#held ??= new ByteQueue()).push(bytes);
      this.#carrier.schedule(this);
    }
    if (this.#hasRoom) return undefined;
    return (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Ends the response, with trailers or without. */
  end(trailers?: Fields): void {
    if (this.#isClosed || this.#hasEnd || this.#isLocalEnded) return;
    this.#hasEnd = true;
    this.#trailers = trailers;
    this.#body.stop();
    this.#carrier.schedule(this);
  }

  /** Sends a response that is all there. @throws {TypeError | RangeError} If it cannot be sent. */
  respondWhole(fields: Fields, body: Uint8Array, trailers: Fields): void {
    if (this.#isClosed || this.#isLocalEnded) return;
    if (this.#carrier.sendWhole(this, fields, body, trailers)) return this.noteSent();
    this.sendHeader(200, fields, false);
    this.write(body);
    this.end(trailers);
  }

  /** Ends the stream now; what was not sent is dropped. */
  reset(code: number): void {
    if (!this.#isClosed) this.#carrier.resetStream(this, code);
  }

  /** What is held has to fit the window, so that little is made for a client that does not read. */
  get #hasRoom(): boolean {
    const { heldBytes } = this;
    return heldBytes === 0 || (heldBytes < MAX_HELD_BYTES && heldBytes <= this.sendWindow);
  }

  #giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  // What goes out, for the connection alone.

  /** Whether it has something to send. */
  get hasOutput(): boolean {
    return !this.#isClosed && !this.#isLocalEnded && (this.#hasEnd || this.heldBytes > 0);
  }

  /** How much of the body waits to be sent. */
  get heldBytes(): number {
    return this.#held === undefined ? 0 : this.#held.length;
  }

  /** Takes a piece of what waits to be sent, of at most so many bytes. */
  takeHeld(maxBytes: number): Uint8Array {
    return this.#held!.shift(maxBytes);
  }

  /** Some of what waited is on its way. */
  noteTaken(): void {
    if (this.#room !== undefined && this.#hasRoom) this.#giveRoom();
  }

  /** Whether the end is all that is left to send. */
  get isEnding(): boolean {
    return this.#hasEnd && !this.#isLocalEnded && this.heldBytes === 0;
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
  noteSent(): void {
    this.#isLocalEnded = true;
    this.#body.stop();
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
  close(errorCode: number | undefined): void {
    this.#isClosed = true;
    if (!this.#isLocalEnded) this.#errorCode = errorCode || ERROR.cancel;
    this.#held = undefined;
    this.#body.stop();
  }

  /** Tells that it is over, once. */
  tellClosed(): void {
    this.#isTold = true;
    const listener = this.#onClose;
    this.#onClose = undefined;
    listener?.(this.#errorCode);
    this.#giveRoom();
  }
}
