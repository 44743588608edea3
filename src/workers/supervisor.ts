/**
 * Keeps so many workers running on one port: starts them, lets them open the port, starts others for
 * those that end or do not answer, and stops them all. How they are replaced is `replacement.ts`'s.
 *
 * @module
 */

import { serverLog } from "../log.ts";
import type { NetAddress } from "../transport/listener.ts";
import { describeEnd, type ProcessEnd } from "./child_process.ts";
import type { FromWorker, Statuses } from "./messages.ts";
import { type Place, Replacement } from "./replacement.ts";
import { CRASH_LOOP, RestartPolicy } from "./restart_policy.ts";
import { toError } from "./set_up_error.ts";
import { mergeStatuses } from "./whole_health.ts";
import type { OnWorkerMessage, WorkerProcess } from "./worker_process.ts";

/** With it the command line ends where something is wrong with the set-up. */
const SET_UP_CODE = 2;

/** How long a worker may take to end besides what its calls and their last answers may, in milliseconds. */
const END_MS = 5500;

/**
 * How often workers are asked whether they are there, in milliseconds, and how often one may leave that
 * unanswered. It is counted, for time passes for a machine that sleeps as well.
 */
const PING_MS = 5000;
const MAX_UNANSWERED = 6;

/** The longest time that a timer of JavaScript knows. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a {@linkcode Supervisor} is made from. */
export interface SupervisorInit {
  /** How many workers to keep running. */
  readonly count: number;
  /** How long a worker may take to shut down that has not said so itself, in milliseconds. */
  readonly shutdownMs: number;
  /** Starts the worker of a number. */
  readonly start: (number: number, onMessage: OnWorkerMessage) => WorkerProcess;
  /**
   * Makes sure that nobody listens on the port, the one that is given or that which is wanted.
   *
   * @returns The port.
   */
  readonly claimPort: (port?: number) => Promise<number>;
  /** Hears of the health of the whole, as statuses while it takes calls. */
  readonly onHealth?: (statuses: Statuses | undefined) => void;
  /** When to start a worker again. */
  readonly createPolicy?: () => RestartPolicy;
  /** How often to ask workers whether they are there, in milliseconds. */
  readonly pingMs?: number;
}

/** The workers of one port. */
export class Supervisor {
  /** Resolves with where they listen when all are ready, and without when they were stopped before. */
  readonly ready: Promise<NetAddress | undefined>;
  /** Resolves when all have ended. Rejects if they could not be kept running. */
  readonly finished: Promise<void>;

  readonly #init: SupervisorInit;
  readonly #places: readonly Place[];
  readonly #replacement: Replacement;
  /** All processes, those that are to be replaced as well. */
  readonly #alive = new Set<WorkerProcess>();
  readonly #getReady: (addr: NetAddress | undefined) => void;
  readonly #finish: () => void;
  #isStopping = false;
  #wasReady = false;
  #failure: { readonly error: unknown } | undefined;
  #port: number | undefined;
  #opening: Promise<void> = Promise.resolve();
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;

  constructor(init: SupervisorInit) {
    const { createPolicy = () => new RestartPolicy() } = init;
    this.#init = init;
    this.#places = Array.from({ length: init.count }, (_, i) => ({
      ...{ number: i + 1, policy: createPolicy(), worker: undefined },
    }));
    this.#replacement = new Replacement({
      places: this.#places,
      isStopping: () => this.#isStopping,
      start: (place) => this.#start(place),
      endOf: (worker) => this.#endOf(worker),
      onReplaced: () => this.#shareHealth(),
    });
    const ready = Promise.withResolvers<NetAddress | undefined>();
    this.ready = ready.promise;
    this.#getReady = ready.resolve;
    const finished = Promise.withResolvers<void>();
    this.finished = finished.promise;
    this.#finish = () => {
      ready.resolve(undefined);
      if (this.#failure === undefined) finished.resolve();
      else finished.reject(this.#failure.error);
    };
    finished.promise.catch(() => {});
  }

  /** Starts the workers. */
  async start(): Promise<void> {
    this.#port = await this.#init.claimPort();
    if (this.#isStopping) return;
    this.#pingTimer = setInterval(() => this.#ping(), this.#init.pingMs ?? PING_MS);
    for (const place of this.#places) place.worker = this.#start(place);
  }

  /** The workers that take calls, and go on to do so. */
  get serving(): WorkerProcess[] {
    return [...this.#alive].filter((worker) => worker.isReady && !worker.isRetired);
  }

  /** Lets all shut down, as a server does on `shutdown()`. */
  shutdown(): Promise<void> {
    if (!this.#isStopping) {
      serverLog.info("Shutting down gracefully...");
      this.#end();
      for (const worker of this.#alive) worker.retire(false);
      this.#killAfter(Math.max(...[...this.#alive].map((worker) => this.#endMsOf(worker)), 0));
    }
    return this.finished;
  }

  /** Stops all at once. */
  stop(): Promise<void> {
    this.#end();
    for (const worker of this.#alive) worker.send({ type: "stop" });
    this.#killAfter(END_MS);
    return this.finished;
  }

  /** Replaces the workers, one after the other. */
  async replaceAll(): Promise<void> {
    if (!this.#isStopping && this.#wasReady) await this.#replacement.run();
  }

  #start(place: Place): WorkerProcess {
    const worker = this.#init.start(place.number, (message) => this.#hear(message, worker));
    this.#alive.add(worker);
    const { number, pid } = worker;
    serverLog.debug("Worker {number} is process {pid}", { number, pid });
    worker.ended.then((end) => this.#onEnd(place, worker, end));
    return worker;
  }

  #hear(message: FromWorker, worker: WorkerProcess): void {
    switch (message.type) {
      case "prepared":
        return void this.#letOpen(worker);
      case "ready":
        return this.#onReady(message);
      case "statuses":
        return this.#shareHealth();
      case "shutdown":
        return void this.shutdown();
      case "failed":
        if (!this.#wasReady) return this.#fail(toError(message));
        serverLog.error("Worker {number} cannot be set up: {message}", {
          ...{ number: worker.number, message: message.message },
        });
    }
  }

  /** One after the other, so that one that finds the port taken does not find another of them there. */
  #letOpen(worker: WorkerProcess): void {
    this.#opening = this.#opening.then(async () => {
      if (this.#isStopping || !this.#alive.has(worker)) return;
      const hasPort = [...this.#alive].some(({ isReady }) => isReady);
      const port = hasPort ? this.#port! : await this.#init.claimPort(this.#port);
      worker.send({ type: "listen", port });
      await worker.decided;
    }).catch((error) => this.#fail(error));
  }

  #onReady({ hostname, port }: { readonly hostname: string; readonly port: number }): void {
    if (this.#places.every(({ worker }) => worker?.isReady)) {
      this.#wasReady = true;
      this.#getReady({ transport: "tcp", hostname, port });
    }
    this.#shareHealth();
  }

  #shareHealth(): void {
    const { serving } = this;
    for (const worker of serving) {
      const others = serving.filter((other) => other !== worker);
      worker.send({ type: "statuses", statuses: mergeStatuses(statusesOf(others)) });
    }
    if (!this.#wasReady || this.#isStopping) return;
    const said = statusesOf(serving);
    this.#init.onHealth?.(said.length > 0 ? mergeStatuses(said) : undefined);
  }

  #onEnd(place: Place, worker: WorkerProcess, end: ProcessEnd): void {
    this.#alive.delete(worker);
    if (this.#isStopping) return this.#finishIfDone();
    this.#shareHealth();
    if (place.worker !== worker) return;
    place.worker = undefined;
    const why = `process ${worker.pid} has ended ${describeEnd(end)}`;
    const isSetUp = worker.hasFailed || end.code === SET_UP_CODE;
    this.#startLater(place, worker.readyForMs, why, isSetUp);
  }

  /** Starts another worker in a place, unless that has been done too often. */
  #startLater(place: Place, readyForMs: number, why: string, isSetUp: boolean): void {
    const { number } = place;
    // A file that was broken meanwhile is no reason to end those that serve.
    const delayMs = place.policy.next(readyForMs, isSetUp && this.serving.length > 0);
    if (delayMs === undefined) {
      return this.#fail(
        new Error(`Cannot keep worker ${number} running, it did not last ${CRASH_LOOP}: ${why}`),
      );
    }
    serverLog.error("Worker {number} is started again: {why}", { number, why, delayMs });
    place.timer = setTimeout(() => {
      try {
        place.worker = this.#start(place);
      } catch (error) {
        this.#startLater(place, 0, `no process could be started, ${error}`, true);
      }
    }, delayMs);
  }

  /** Those that take calls finish them. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    void (this.#wasReady ? this.shutdown() : this.stop());
  }

  #end(): void {
    this.#isStopping = true;
    this.#init.onHealth?.(undefined);
    for (const { timer } of this.#places) clearTimeout(timer);
    // Whoever waits for it does so after this.
    queueMicrotask(() => this.#finishIfDone());
  }

  #finishIfDone(): void {
    if (this.#alive.size > 0) return;
    clearTimeout(this.#killTimer);
    clearInterval(this.#pingTimer);
    this.#finish();
  }

  /** Linux goes on to give connections to a worker that hangs. */
  #ping(): void {
    for (const worker of this.#alive) {
      if (worker.ping() < MAX_UNANSWERED) continue;
      const { number, pid } = worker;
      serverLog.error("Worker {number}, process {pid}, does not answer, and is killed", {
        ...{ number, pid },
      });
      worker.kill();
    }
  }

  /** Waits for the end of a worker that has been told of it, and helps if it has none. */
  async #endOf(worker: WorkerProcess): Promise<void> {
    const timer = setTimeout(() => this.#kill(worker), bounded(this.#endMsOf(worker)));
    await worker.ended;
    clearTimeout(timer);
  }

  /** By its own configuration, which may be newer than that of this process. */
  #endMsOf({ shutdownMs = this.#init.shutdownMs }: WorkerProcess): number {
    return shutdownMs + END_MS;
  }

  #killAfter(ms: number): void {
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(() => {
      for (const worker of this.#alive) this.#kill(worker);
    }, bounded(ms));
  }

  #kill(worker: WorkerProcess): void {
    const { number, pid } = worker;
    serverLog.error("Worker {number}, process {pid}, does not end, and is killed", { number, pid });
    worker.kill();
  }
}

function bounded(ms: number): number {
  return Math.min(ms, LONGEST_TIMER_MS);
}

/** What they have said. A worker may take calls before it has said anything. */
function statusesOf(workers: readonly WorkerProcess[]): Statuses[] {
  return workers.map(({ statuses }) => statuses).filter((statuses) => statuses !== undefined);
}
