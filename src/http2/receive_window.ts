/**
 * Flow control of what comes in (RFC 9113, sections 5.2 and 6.9): how much the client may send before
 * what it has sent is read.
 *
 * @module
 */

import { writeWindowUpdate } from "./control_frames.ts";
import { ERROR, Http2Error } from "./frames.ts";
import type { Output } from "./output.ts";
import { DEFAULT_WINDOW } from "./settings.ts";

/**
 * How much a client may send on all streams that is not read: above what the windows of some hundred
 * streams are at first, so that calls which do not read do not keep others from being read.
 */
const CONNECTION_WINDOW = 16_777_216;

/** The window of a stream, or of a connection. */
export class ReceiveWindow {
  /** How much may come yet. */
  #left: number;
  /** How much was read without the client being told. */
  #credit = 0;
  #size: number;
  readonly #maxSize: number;

  /** @param maxSize As large it becomes once its reader has shown that it reads. */
  constructor(size: number, maxSize: number = size) {
    this.#left = size;
    this.#size = size;
    this.#maxSize = maxSize;
  }

  /** Notes that bytes have come. Tells whether they were allowed. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * Notes that bytes were read.
   *
   * @returns By how much the client's window is to be widened now; 0 as long as it has plenty.
   */
  give(bytes: number): number {
    this.#credit += bytes;
    // Half of what it may have at a time, and not of the size: other bytes may wait for long.
    if (this.#credit <= this.#left) return 0;
    const update = this.#credit + this.#maxSize - this.#size;
    this.#left += update;
    this.#size = this.#maxSize;
    this.#credit = 0;
    return update;
  }
}

/** The window of a connection, which tells the client how wide it is. */
export class ConnectionWindow {
  readonly #output: Output;
  readonly #window = new ReceiveWindow(CONNECTION_WINDOW);

  constructor(output: Output) {
    this.#output = output;
  }

  /** Opens it: no setting says how wide it is at first. */
  open(): void {
    writeWindowUpdate(this.#output, 0, CONNECTION_WINDOW - DEFAULT_WINDOW);
  }

  /** Notes that bytes have come. @throws {Http2Error} If they were not allowed. */
  take(bytes: number): void {
    if (this.#window.take(bytes)) return;
    throw new Http2Error("too much DATA", ERROR.flowControlError);
  }

  /** Notes that they were read, or are not wanted. */
  give(bytes: number): void {
    const update = this.#window.give(bytes);
    if (update > 0) writeWindowUpdate(this.#output, 0, update);
  }
}
