/**
 * Processes by their numbers: whether they are alive, and whose children they are. Linux only.
 *
 * @module
 */

import { runCommand } from "./command.ts";

interface State {
  readonly isZombie: boolean;
  readonly parent: number;
}

/** Whether there is such a process that has not ended: a zombie has. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await states()).get(pid)?.isZombie === false;
}

/** The processes that another has started, zombies as well, in their order. */
export async function childrenOf(parent: number): Promise<number[]> {
  return [...await states()].filter(([, state]) => state.parent === parent).map(([pid]) => pid);
}

/** Waits until there is none of these processes any more, nor a zombie of one. */
export async function untilGone(pids: readonly number[], boundMs = 15_000): Promise<void> {
  const until = performance.now() + boundMs;
  while (true) {
    const all = await states();
    const left = pids.filter((pid) => all.has(pid));
    if (left.length === 0) return;
    if (performance.now() > until) throw new Error(`processes are still there: ${left}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** All processes. Deno lets nobody read these files who may not do everything. */
async function states(): Promise<ReadonlyMap<number, State>> {
  const { stdout } = await runCommand("sh", ["-c", "cat /proc/[0-9]*/stat 2>/dev/null"]);
  const found = new Map<number, State>();
  for (const line of stdout.trim().split("\n")) {
    // The name of the program, in parentheses, may hold anything.
    const [state, parent] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    found.set(parseInt(line), { isZombie: state === "Z", parent: Number(parent) });
  }
  return found;
}
