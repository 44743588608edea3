/**
 * What can be set on a server that has its process to itself.
 *
 * @module
 */

import process from "node:process";
import { assertKnownOptions, type IntegerRange, resolveInteger } from "./errors.ts";
import {
  type ResolvedServeOptions,
  resolveServeOptions,
  SERVE_OPTIONS,
  type ServeOptions,
} from "./serve_options.ts";
import type { NetAddress } from "./transport/listener.ts";

/** Options for `app.run()`. */
export interface RunOptions extends ServeOptions {
  /**
   * How many processes serve the app on the one port, from 1 to 1024, or `"auto"` for one for each
   * core. With more than one, the first process starts and supervises them; they run the same program.
   * Linux only: elsewhere `"auto"` is 1.
   *
   * @default {1}
   */
  workers?: number | "auto";
  /**
   * Called when the port is open.
   *
   * @default {undefined}
   */
  onListen?: (addr: NetAddress) => void;
}

/** The number of workers, with the word for it. */
export const WORKERS: IntegerRange = { min: 1, max: 1024, fallback: 1 };

/** The names of {@linkcode RunOptions}. */
export const RUN_OPTIONS: readonly string[] = [...SERVE_OPTIONS, "workers", "onListen"];

/** {@linkcode RunOptions}, checked and total. */
export interface ResolvedRunOptions extends ResolvedServeOptions {
  readonly workers: number;
}

/** As {@linkcode resolveServeOptions}, for what `app.run()` takes. */
export function resolveRunOptions(run: RunOptions): ResolvedRunOptions {
  // Before the others look at what is left for them: they know fewer.
  assertKnownOptions("run the app", run, RUN_OPTIONS);
  const { onListen: _, workers, ...options } = run;
  return { ...resolveServeOptions(options), workers: resolveWorkers(workers) };
}

function resolveWorkers(workers: RunOptions["workers"]): number {
  if (workers !== "auto") return resolveInteger("workers", workers, WORKERS);
  // What a container or an affinity mask leaves of the machine's cores.
  return process.platform === "linux" ? navigator.hardwareConcurrency : 1;
}
