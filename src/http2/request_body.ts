/**
 * The body of a request on its way in, which is handed on as fast as it is read.
 *
 * @module
 */

import { ByteQueue } from "./byte_queue.ts";

/** Takes a body as it comes. */
export interface Reader {
  /** Some bytes. */
  onBytes(bytes: Uint8Array): void;
  /** The client has sent all. */
  onEnd(): void;
}

/** Whose body it is. */
export interface BodyOwner {
  /** So many bytes were read, or dropped: the client may send as many more. */
  noteRead(bytes: number): void;
  /** The end has come to a reader, who is to be told by {@linkcode RequestBody.tellEnd}. */
  noteEnd(): void;
}

/** The body of one request. */
export class RequestBody {
  readonly #owner: BodyOwner;
  /** How much has to come yet, if the header says how long it is; -1 if not. */
  #contentLeft: number;
  #isEnded: boolean;
  #reader: Reader | undefined;
  #isPaused = false;
  #isStopped = false;
  #isEndTold = false;
  #waiting: ByteQueue | undefined;
  /** Whether what waits may wait for long. */
  #isServed = false;

  /** @param contentLength What the header says of it, -1 for nothing. */
  constructor(owner: BodyOwner, contentLength: number, isEnded: boolean) {
    this.#owner = owner;
    this.#contentLeft = contentLength;
    this.#isEnded = isEnded;
  }

  /** Whether the client has sent all. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Some of it has come, or its end, or both.
   *
   * @returns Whether it is as long as the header says (RFC 9113, section 8.1.1); nothing is done if not.
   */
  push(bytes: Uint8Array, isEnd: boolean): boolean {
    if (this.#contentLeft >= 0) {
      this.#contentLeft -= bytes.length;
      if (this.#contentLeft < 0 || (isEnd && this.#contentLeft > 0)) return false;
    }
    this.#isEnded = isEnd;
    if (bytes.length > 0) this.#take(bytes);
    if (isEnd && this.#reader !== undefined) this.#owner.noteEnd();
    return true;
  }

  /** Whoever serves the request has it. What was not read by now may have to wait. */
  noteServed(): void {
    this.#isServed = true;
    this.#waiting?.compact();
  }

  /** Hands it to a reader. It starts at once. */
  receive(reader: Reader): void {
    if (this.#isStopped) return;
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

  /** Nobody wants the rest: what waits is dropped, and whatever comes. */
  stop(): void {
    const { length = 0 } = this.#waiting ?? {};
    this.#isStopped = true;
    this.#reader = undefined;
    this.#waiting = undefined;
    if (length > 0) this.#owner.noteRead(length);
  }

  /** Tells the reader of the end, unless there is something to be read before. */
  tellEnd(): void {
    if (!this.#isEnded || this.#isEndTold || !this.#isReading || this.#isWaiting) return;
    this.#isEndTold = true;
    this.#reader!.onEnd();
  }

  get #isReading(): boolean {
    return this.#reader !== undefined && !this.#isPaused;
  }

  get #isWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.length > 0;
  }

  #take(bytes: Uint8Array): void {
    if (this.#isStopped) return this.#owner.noteRead(bytes.length);
    if (this.#isReading && !this.#isWaiting) return this.#hand(bytes);
    this.#waiting ??= new ByteQueue();
    if (this.#isServed) this.#waiting.store(bytes);
    else this.#waiting.push(bytes);
  }

  #deliver(): void {
    while (this.#isReading && this.#isWaiting) this.#hand(this.#waiting!.shift());
    this.tellEnd();
  }

  #hand(bytes: Uint8Array): void {
    this.#reader!.onBytes(bytes);
    this.#owner.noteRead(bytes.length);
  }
}
