/**
 * Replaces the workers of a supervisor, one after the other: each ends when the next takes calls.
 *
 * @module
 */

import { serverLog } from "../log.ts";
import type { RestartPolicy } from "./restart_policy.ts";
import type { WorkerProcess } from "./worker_process.ts";

/** One of the workers, whichever process it is. */
export interface Place {
  readonly number: number;
  readonly policy: RestartPolicy;
  worker: WorkerProcess | undefined;
  timer?: ReturnType<typeof setTimeout>;
}

/** What a {@linkcode Replacement} asks of a supervisor. */
export interface ReplacementInit {
  readonly places: readonly Place[];
  /** Whether all are to end. */
  isStopping(): boolean;
  start(place: Place): WorkerProcess;
  /** Waits for the end of a worker that has been told of it. */
  endOf(worker: WorkerProcess): Promise<void>;
  /** Called when another worker takes calls in a place. */
  onReplaced(): void;
}

/** The replacement of all workers, as often as it is asked for. */
export class Replacement {
  readonly #init: ReplacementInit;
  #isRunning = false;
  /** Whether there may be something newer than what workers are replaced by. */
  #isOutdated = false;
  /** The one that is to take another's place when it takes calls. */
  #next: WorkerProcess | undefined;

  constructor(init: ReplacementInit) {
    this.#init = init;
  }

  /** Replaces all. While that goes on it begins anew: what is served may have changed once more. */
  async run(): Promise<void> {
    if (this.#isRunning) return this.#beginAnew();
    this.#isRunning = true;
    try {
      do {
        this.#isOutdated = false;
        serverLog.info("Replacing {count} workers", { count: this.#init.places.length });
        if (await this.#replaceEach()) serverLog.info("All workers are replaced");
      } while (this.#isOutdated && !this.#init.isStopping());
    } catch (error) {
      serverLog.error("Workers cannot be replaced: {error}", { error });
    } finally {
      this.#isRunning = false;
    }
  }

  /** One that hangs before it takes calls would keep all later ones from coming. */
  #beginAnew(): void {
    this.#isOutdated = true;
    if (this.#next?.isReady === false) this.#next.kill();
  }

  async #replaceEach(): Promise<boolean> {
    for (const place of this.#init.places) {
      // One that is about to be started again is new anyway.
      if (place.worker === undefined) continue;
      const next = this.#next = this.#init.start(place);
      await next.decided;
      this.#next = undefined;
      if (this.#init.isStopping()) return false;
      if (!next.isReady) return await this.#giveUp(next);
      // The old one may have ended meanwhile, and another may have been started in its place.
      clearTimeout(place.timer);
      const old = place.worker;
      place.worker = next;
      if (old === undefined) continue;
      old.retire(true);
      this.#init.onReplaced();
      await this.#init.endOf(old);
      if (this.#isOutdated) return false;
    }
    return true;
  }

  async #giveUp(next: WorkerProcess): Promise<false> {
    if (!this.#isOutdated) {
      serverLog.error("Worker {number} cannot be replaced, the old ones stay", {
        number: next.number,
      });
    }
    await this.#init.endOf(next);
    return false;
  }
}
