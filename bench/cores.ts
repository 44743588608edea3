/**
 * One core for the server and another one for the client, so that neither takes from the other.
 *
 * @module
 */

import { isInstalled } from "./toolchains.ts";

/** How to start programs on their cores. */
export interface Cores {
  /** What stands before the command of a server. */
  readonly server: readonly string[];
  /** What stands before the command of a client. */
  readonly client: readonly string[];
  /** What of it is there, for the report. */
  readonly description: string;
}

/** Finds two cores. */
export async function findCores(): Promise<Cores> {
  const unpinned = (description: string) => ({ server: [], client: [], description });
  if (!await isInstalled("taskset")) return unpinned("not pinned to cores, for want of taskset");
  const cores = await allowedCores();
  if (cores.length < 2) return unpinned("not pinned, as there is one core only");
  const [server, client] = [cores[0]!, cores.at(-1)!];
  const pin = (core: number) => ["taskset", "--cpu-list", String(core)];
  return {
    server: pin(server),
    client: pin(client),
    description: "each server on one core, its client on another",
  };
}

/** The cores that this process may use, such as `0-3,8`. */
async function allowedCores(): Promise<number[]> {
  const status = await Deno.readTextFile("/proc/self/status");
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
