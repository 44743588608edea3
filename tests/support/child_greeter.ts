/**
 * The greeter as a process of its own, for signals to it and for what may kill it or fill its
 * memory. What runs in there is `child_greeter_main.ts`; the greeter in the test's own process is
 * `greeter.ts`'s.
 *
 * @module
 */

import type { RunOptions } from "../../mod.ts";
import { type Program, type ProgramOptions, startProgram } from "./program.ts";

const MAIN = new URL("./child_greeter_main.ts", import.meta.url);

/** What the process is told, as the JSON in its only argument. */
export interface ChildGreeterTask {
  /** Options of `app.run()`; files as paths. */
  run?: RunOptions;
  /**
   * How often to run, one after the other.
   *
   * @default {1}
   */
  runs?: number;
  /**
   * Whether the process lives on for a while after that.
   *
   * @default {false}
   */
  staysAlive?: boolean;
}

/** Options for {@linkcode startGreeter}. */
export interface ChildGreeterOptions extends ChildGreeterTask, Pick<ProgramOptions, "wrapper"> {
  /**
   * Of Deno: what the server may do, or what V8 does.
   *
   * @default {["--allow-net=127.0.0.1"]}
   */
  flags?: readonly string[];
}

/** A greeter in its own process. */
export interface ChildGreeter extends Program {
  /** Waits until it listens for the n-th time. */
  port(run?: number): Promise<number>;
}

/** Starts a greeter on a free port of the loopback. */
export function startGreeter(options: ChildGreeterOptions = {}): ChildGreeter {
  const { flags = ["--allow-net=127.0.0.1"], wrapper = [], ...task } = options;
  const program = startProgram(MAIN, {
    args: [JSON.stringify(task)],
    flags,
    wrapper,
    // glibc overwrites what is freed: whoever uses it still does not get away with it.
    env: { MALLOC_PERTURB_: "165" },
  });
  return {
    ...program,
    async port(run = 1) {
      const [, port] = await program.printed(new RegExp(`(?:port (\\d+)\\n[^]*?){${run}}`));
      return Number(port);
    },
  };
}
