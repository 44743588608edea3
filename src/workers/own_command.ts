/**
 * The command by which this program was started, for one more process of it.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../errors.ts";
import { mayReadPlace, WORKER_VARIABLE } from "./worker_place.ts";

/** A command with its arguments. */
export interface OwnCommand {
  readonly path: string;
  readonly args: readonly string[];
}

/**
 * Flags of Deno that a worker is not given: each would watch files, load modules anew, or listen for
 * the same debugger.
 */
const NOT_FOR_WORKERS =
  /^(?:-r|--(?:reload|watch|watch-hmr|hmr|watch-exclude|inspect|inspect-brk|inspect-wait))(?:=|$)/;

/** Prints the arguments of the process that has started it. A program may not read its own. */
const PRINT_ARGUMENTS = `
const text = await Deno.readTextFile("/proc/" + Deno.ppid + "/cmdline");
const args = JSON.stringify(text.split("\\0").slice(1, -1));
Deno.stdout.writeSync(new TextEncoder().encode(args));
`;

/**
 * Finds out how to start one more process of this program, with the same permissions.
 *
 * @throws {ConfigError} If it may not be started, or is none that could be.
 */
export async function ownCommand(): Promise<OwnCommand> {
  if (!("Deno" in globalThis)) {
    return { path: process.execPath, args: [...process.execArgv, ...process.argv.slice(1)] };
  }
  const path = Deno.execPath();
  assertMayStart(path);
  if (Deno.build.standalone) return { path, args: Deno.args };
  const main = Deno.mainModule.slice(Deno.mainModule.lastIndexOf("/") + 1);
  if (main.startsWith("$deno$")) {
    throw new ConfigError(
      `Cannot start workers of a program that is no file: put it into one, and use "deno run"`,
    );
  }
  return { path, args: withoutFlags(await readArguments(path), Deno.args.length) };
}

/** Takes away what is not for workers. The last arguments are the program's, not Deno's. */
export function withoutFlags(args: readonly string[], programArgs: number): string[] {
  const own = args.length - programArgs;
  return args.filter((each, i) => i >= own || !NOT_FOR_WORKERS.test(each));
}

function assertMayStart(path: string): void {
  const { state } = Deno.permissions.querySync({ name: "run", command: path });
  const missing = [
    ...state === "granted" ? [] : [`--allow-run=${path}`],
    ...mayReadPlace() ? [] : [`--allow-env=${WORKER_VARIABLE}`],
  ];
  if (missing.length === 0) return;
  throw new ConfigError(`Cannot start workers: run Deno with ${missing.join(" ")}`);
}

async function readArguments(path: string): Promise<string[]> {
  const { success, stdout, stderr } = await output(path, [
    ...["eval", "--quiet", "--no-config", "--no-lock"],
    PRINT_ARGUMENTS,
  ]);
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw unknownStart(new TextDecoder().decode(stderr).trim());
}

async function output(path: string, args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(path, { args, stdin: "null" }).output();
  } catch (error) {
    // Deno has a rule of its own where LD_LIBRARY_PATH or the like is set.
    throw unknownStart((error as Error).message);
  }
}

function unknownStart(reason: string): ConfigError {
  return new ConfigError(`Cannot find out how this program was started: ${reason}`);
}
