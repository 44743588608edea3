/**
 * The greeter on several processes, for signals to them and for what may kill one. What runs in there
 * is `worker_greeter_main.ts`.
 *
 * @module
 */

import type { RunOptions } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient, type ServiceClient } from "../../src/client.ts";
import { childrenOf } from "./processes.ts";
import { type Program, startProgram } from "./program.ts";

const MAIN = new URL("./worker_greeter_main.ts", import.meta.url);

/** What the processes are told, as the JSON in their first argument. */
export interface WorkerGreeterTask {
  /** Options of `app.run()`. */
  readonly run?: RunOptions;
  /** Whether workers end before they come to `app.run()`. */
  readonly crashes?: boolean;
  /** A file in which stands whether workers end before they come to `app.run()`. */
  readonly crashesBy?: string;
  /** A file in which stands whether workers hang before they come to `app.run()`. */
  readonly hangsBy?: string;
  /** A file in which stands the `gracefulTimeout`. */
  readonly gracefulBy?: string;
  /** Whether the process goes on after `app.run()`. */
  readonly lingers?: boolean;
}

/** Options for {@linkcode startWorkerGreeter}. */
export interface WorkerGreeterOptions extends WorkerGreeterTask {
  /** Of Deno, besides what it may do. */
  readonly flags?: readonly string[];
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** A greeter with workers. When it is disposed of, none of its processes is left. */
export interface WorkerGreeter extends Program {
  /** Waits until it listens. */
  port(): Promise<number>;
  /** A client of its own connection. */
  client(): Promise<ServiceClient<typeof Greeter>>;
  /** Processes of workers that answer, in order. */
  workers(count: number): Promise<number[]>;
  /** A client for each worker, by its process. */
  clients(count: number): Promise<Map<number, ServiceClient<typeof Greeter>>>;
}

/** What a program needs for workers. */
export const WORKER_FLAGS: readonly string[] = [
  "--allow-net=127.0.0.1",
  `--allow-run=${Deno.execPath()}`,
  "--allow-env=FASTGRPC_SUPERVISOR",
];

/** How long a test may take: what waits for the program to end is to fail, not to hang. */
const BOUND_MS = 60_000;

/** Starts a greeter with two workers on a free port of the loopback. */
export function startWorkerGreeter(options: WorkerGreeterOptions = {}): WorkerGreeter {
  const { flags = [], args = [], ...task } = options;
  const program = startProgram(MAIN, {
    flags: [...WORKER_FLAGS, ...flags],
    args: [JSON.stringify(task), ...args],
  });
  const seen = new Set<number>();
  // Workers end with their supervisor, but this is where that may go wrong.
  const end = async () => {
    const all = [...await childrenOf(program.pid), ...seen];
    program.kill("SIGKILL");
    for (const pid of all) endProcess(pid);
  };
  const timer = setTimeout(end, BOUND_MS);
  const opened: ServiceClient<typeof Greeter>[] = [];
  const port = async () => Number((await program.printed(/^port (\d+)$/m))[1]);
  const client = async () => {
    const one = createClient(Greeter, `http://127.0.0.1:${await port()}`);
    opened.push(one);
    return one;
  };
  // Linux spreads connections at random.
  const clients = async (count: number) => {
    const found = new Map<number, ServiceClient<typeof Greeter>>();
    const until = performance.now() + BOUND_MS;
    while (found.size < count) {
      if (performance.now() > until) throw new Error(`not ${count} workers: ${[...found.keys()]}`);
      const one = await client();
      const pid = Number((await one.sayHello({ name: "@pid" })).message);
      seen.add(pid);
      if (!found.has(pid)) found.set(pid, one);
    }
    return found;
  };
  return {
    ...program,
    port,
    client,
    clients,
    workers: async (count) => [...(await clients(count)).keys()].sort((a, b) => a - b),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await end();
      await program[Symbol.asyncDispose]();
      await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

function endProcess(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
