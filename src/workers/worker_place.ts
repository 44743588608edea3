/**
 * Whether this process is a worker, and of which run of an app. A variable of the environment says so,
 * which is taken away at once: what a worker starts is none.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../config_error.ts";

/** The variable that makes a process a worker. */
export const WORKER_VARIABLE = "FASTGRPC_SUPERVISOR";

/** What a worker is told when it is started. */
export interface WorkerPlace {
  /** Which call of `app.run()` it is for, counted from 1. */
  readonly run: number;
  /** Which worker it is, counted from 1. */
  readonly number: number;
  /** Known to its supervisor alone: what it says is told by it from what was logged. */
  readonly token: string;
}

interface Places {
  runs: number;
  readonly place: WorkerPlace | undefined;
}

const PLACE = /^([1-9]\d*):([1-9]\d*):([\w-]+)$/;

/** On the global object, since there may be several copies of the kit. */
const KEY = Symbol.for("fastgrpc.worker");
const shared = globalThis as { [KEY]?: Places };

/** The variable for a worker. */
export function formatPlace({ run, number, token }: WorkerPlace): string {
  return `${run}:${number}:${token}`;
}

/**
 * Counts a call of `app.run()`.
 *
 * @returns Which one it is, and the place of this process, if it is a worker.
 */
export function countRun(): { readonly run: number; readonly place: WorkerPlace | undefined } {
  const places = shared[KEY] ??= { runs: 0, place: takePlace() };
  return { run: ++places.runs, place: places.place };
}

/** @throws {ConfigError} If the variable has what no supervisor writes, by which nothing would be served. */
function takePlace(): WorkerPlace | undefined {
  const text = takeVariable();
  if (!text) return undefined;
  const [, run, number, token] = PLACE.exec(text) ?? [];
  if (token !== undefined) return { run: Number(run), number: Number(number), token };
  throw new ConfigError(
    `Cannot tell which worker this is: ${WORKER_VARIABLE} is for the process that starts workers, do not set it`,
  );
}

function takeVariable(): string | undefined {
  if (!("Deno" in globalThis)) {
    const text = process.env[WORKER_VARIABLE];
    delete process.env[WORKER_VARIABLE];
    return text;
  }
  // A worker has the permission, as its supervisor has made sure.
  if (!mayReadPlace()) return undefined;
  const text = Deno.env.get(WORKER_VARIABLE);
  if (text !== undefined) Deno.env.delete(WORKER_VARIABLE);
  return text;
}

/** Whether a process of this program would know that it is a worker. */
export function mayReadPlace(): boolean {
  if (!("Deno" in globalThis)) return true;
  const { state } = Deno.permissions.querySync({ name: "env", variable: WORKER_VARIABLE });
  return state === "granted";
}
