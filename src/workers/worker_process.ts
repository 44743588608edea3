/**
 * A worker as its supervisor sees it: a process that is set up, is ready, and ends.
 *
 * @module
 */

import { writeSync } from "node:fs";
import type { ChildProcess, ProcessEnd } from "./child_process.ts";
import {
  formatToWorker,
  type FromWorker,
  readWorkerOutput,
  type Statuses,
  type ToWorker,
} from "./messages.ts";

const STDERR = 2;

/** How long the last words of a worker that has ended may take, in milliseconds. */
const LAST_WORDS_MS = 1000;

/** How long a worker may take to tell its metrics, in milliseconds. */
const METRICS_MS = 2000;

/** Gets what a worker says. */
export type OnWorkerMessage = (message: FromWorker, worker: WorkerProcess) => void;

/** A worker. */
export class WorkerProcess {
  /** Which one it is, counted from 1; the one that replaces it has the same number. */
  readonly number: number;
  readonly pid: number;
  /** Resolves when it has ended, and all that it said has been read. */
  readonly ended: Promise<ProcessEnd>;
  /** Resolves when it has opened the port, or will never do so. */
  readonly decided: Promise<void>;
  /** What the app in it says of its health, once it has said so. */
  statuses: Statuses | undefined;
  /** How long it may take to shut down, in milliseconds, once it has said so. */
  shutdownMs: number | undefined;
  /** Whether it is to end. */
  isRetired = false;
  /** Whether it has said that it cannot be set up. */
  hasFailed = false;

  readonly #child: ChildProcess;
  readonly #onMessage: OnWorkerMessage;
  readonly #decide: () => void;
  readonly #scrapes: ((text: string) => void)[] = [];
  #readyAt: number | undefined;
  #hasSpoken = false;
  #unanswered = 0;

  constructor(number: number, token: string, child: ChildProcess, onMessage: OnWorkerMessage) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.number = number;
    this.pid = child.pid;
    this.decided = promise;
    this.#decide = resolve;
    this.#child = child;
    this.#onMessage = onMessage;
    this.ended = this.#read(token);
  }

  /** Whether it has opened the port. */
  get isReady(): boolean {
    return this.#readyAt !== undefined;
  }

  /** For how many milliseconds it takes calls. */
  get readyForMs(): number {
    return this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt;
  }

  /** Says something to it. */
  send(message: ToWorker): void {
    this.#child.write(formatToWorker(message));
  }

  /**
   * Asks it whether it is there. Before it has come to `app.run()` it hears nothing.
   *
   * @returns How often it has been asked since it last said anything.
   */
  ping(): number {
    if (!this.#hasSpoken) return 0;
    this.send({ type: "ping" });
    return this.#unanswered++;
  }

  /** Its metrics in Prometheus' text format; none if it has none to tell in time. */
  metricsText(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#scrapes.push(resolve);
    this.send({ type: "metrics" });
    const timer = setTimeout(() => resolve(""), METRICS_MS);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Lets it shut down. */
  retire(isReplaced: boolean): void {
    this.isRetired = true;
    this.send({ type: "shutdown", isReplaced });
  }

  /** Ends it, whatever it does. */
  kill(): void {
    this.#child.kill();
  }

  async #read(token: string): Promise<ProcessEnd> {
    const { stderr, ended } = this.#child;
    const reader = stderr.getReader();
    const output = { onMessage: this.#note, onLog: writeLog };
    const read = readWorkerOutput(token, reader, output).catch(() => {});
    const end = await ended;
    // A process that it has started may hold its standard error open.
    const timer = setTimeout(() => void reader.cancel(), LAST_WORDS_MS);
    await read;
    clearTimeout(timer);
    this.#decide();
    for (const resolve of this.#scrapes) resolve("");
    return end;
  }

  readonly #note = (message: FromWorker) => {
    this.#hasSpoken = true;
    this.#unanswered = 0;
    if (message.type === "ready") {
      this.#readyAt = performance.now();
      this.shutdownMs = message.shutdownMs ?? Infinity;
    }
    if (message.type === "failed") this.hasFailed = true;
    if (message.type === "statuses") this.statuses = message.statuses;
    // Of several that ask, all get the first answer: one that was lost must not shift the later ones.
    if (message.type === "metrics") {
      return this.#scrapes.splice(0).forEach((resolve) => resolve(message.text));
    }
    this.#onMessage(message, this);
    if (message.type === "ready" || message.type === "failed") this.#decide();
  };
}

/** Passes on what a worker logs, at once and in whole lines. */
function writeLog(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(STDERR, bytes.subarray(at));
    } catch {
      // Nobody reads the log any more.
      return;
    }
  }
}
