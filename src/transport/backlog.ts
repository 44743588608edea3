/**
 * What waits on a connection for its client to take it. The flow control of HTTP/2 does not bound
 * it: a client may open its windows wide and read nothing, and Deno queues all of it on the socket.
 *
 * @module
 */

import type { Socket } from "node:net";

/** How many bytes may wait for the client to take them, before nothing more is made for it. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** The bytes that a connection's socket has queued. */
export class Backlog {
  #socket: Socket;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#giveRoom());
  }

  /** Bytes go through another socket now, such as that of TLS above the first one. */
  moveTo(socket: Socket): void {
    this.#socket = socket;
    socket.on("drain", () => this.#giveRoom());
  }

  /** Whether the client has bytes to take yet. */
  get isPending(): boolean {
    return this.#socket.writableLength > 0;
  }

  /**
   * Tells whether the client takes what is sent.
   *
   * @returns `undefined` if it does, or a promise that resolves when it has caught up; never, if it
   *   leaves before.
   */
  waitForRoom(): Promise<void> | undefined {
    if (!this.#isFull) return undefined;
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  get #isFull(): boolean {
    return this.#socket.writableLength >= MAX_QUEUED_BYTES && !this.#socket.destroyed;
  }

  /** To one after the other: what each sends may fill the queue again. */
  async #giveRoom(): Promise<void> {
    for (const resolve of this.#waiting) {
      if (this.#isFull || this.#socket.destroyed) return;
      this.#waiting.delete(resolve);
      resolve();
      await new Promise((resume) => setImmediate(resume));
    }
  }
}
