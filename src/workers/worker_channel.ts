/**
 * What a worker hears from its supervisor and says to it.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { Readable } from "node:stream";
import { formatFromWorker, type FromWorker, readWorkerInput, type ToWorker } from "./messages.ts";

const STDERR = 2;

/** A worker's way to talk to its supervisor. */
export class WorkerChannel implements AsyncDisposable {
  readonly #token: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #read: Promise<void>;
  #isClosed = false;

  /**
   * Listens to the standard input from now on.
   *
   * @param onMessage Gets what the supervisor says.
   * @param onGone Called when the supervisor is no more.
   */
  constructor(token: string, onMessage: (message: ToWorker) => void, onGone: () => void) {
    this.#token = token;
    this.#reader = standardInput().getReader();
    this.#read = readWorkerInput(this.#reader, onMessage).catch(() => {}).then(() => {
      if (!this.#isClosed) onGone();
    });
  }

  /** Says something to the supervisor, if it is still there. */
  send(message: FromWorker): void {
    try {
      writeSync(STDERR, formatFromWorker(this.#token, message));
    } catch {
      // It is gone, and the end of the standard input tells that.
    }
  }

  /** Listens no more, so that nothing keeps the process alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#reader.cancel();
    await this.#read;
  }
}

function standardInput(): ReadableStream<Uint8Array> {
  if ("Deno" in globalThis) return Deno.stdin.readable;
  return Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>;
}
