/**
 * A program in a process of its own, as a user would start it: an example, a snippet of the docs, or
 * a server that a test may lose. The greeter as such a process is `child_greeter.ts`'s.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";
import { ENGINE_FLAGS } from "./engine.ts";

const ROOT = new URL("../../", import.meta.url);
const LISTENING = /Listening on "?(?:.*):(\d+)"?/;

/** Options for {@linkcode startProgram}. */
export interface ProgramOptions {
  args?: readonly string[];
  /** Of Deno: what the program may do. */
  flags: readonly string[];
  /**
   * Where it runs.
   *
   * @default {URL} the folder of the project
   */
  cwd?: string | URL;
  /** Variables that it gets besides those of this process. */
  env?: Record<string, string>;
  /** What to run it in, such as valgrind with its arguments. */
  wrapper?: readonly string[];
}

/** A running program, ended with the test's block if it did not end before. */
export interface Program extends AsyncDisposable {
  /** Resolves with the port when the program's log says that it listens. */
  readonly listening: Promise<number>;
  /** What it has printed so far, to both of its outputs. */
  readonly output: () => string;
  /** Resolves with the match when it has printed something. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  readonly pid: number;
  /** How it ended, once all that it printed is there. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Sends a signal, unless it has ended already: its status tells why. */
  kill(signal: Deno.Signal): void;
}

/** Starts a program of the project. */
export function startProgram(entry: URL, options: ProgramOptions): Program {
  const { args = [], flags, cwd = ROOT, env = {}, wrapper = [] } = options;
  return startCommand([
    ...wrapper,
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    `--config=${new URL("deno.json", ROOT).pathname}`,
    ...ENGINE_FLAGS,
    ...flags,
    entry.href,
    ...args,
  ], { cwd, env });
}

/** Starts a program that is not the project's, or not as it is run there. */
export function startCommand(
  [command, ...args]: readonly string[],
  { cwd, env = {} }: Required<Pick<ProgramOptions, "cwd">> & Pick<ProgramOptions, "env">,
): Program {
  const child = new Deno.Command(command!, {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  }).spawn();
  let output = "";
  const waiting = new Set<() => void>();
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      for (const look of waiting) look();
    }
  };
  let hasEnded = false;
  const status = Promise.all([read(child.stdout), read(child.stderr)]).then(() => {
    hasEnded = true;
    for (const look of waiting) look();
    return child.status;
  });
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(output);
        if (match !== null) resolve(match);
        else if (hasEnded) {
          reject(new Error(`the program ended before it printed ${pattern}:\n${output}`));
        } else return void waiting.add(look);
        waiting.delete(look);
      };
      look();
    });
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
  };
  const listening = printed(LISTENING).then(([, port]) => Number(port));
  listening.catch(() => {});
  return {
    pid: child.pid,
    listening,
    output: () => output,
    printed,
    status,
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await status;
    },
  };
}

/** Waits for a program to exit by itself, with code 0. */
export async function assertExitsWell(program: Program): Promise<void> {
  const { code, signal } = await program.status;
  assertEquals({ code, signal }, { code: 0, signal: null }, program.output());
}

/** Tells whether a command is installed that prints its version when it is asked with this. */
export async function isInstalled(command: string, argument = "--version"): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: [argument] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A folder with `proto/` and development certificates in `certs/`, removed with the test's block. */
export async function createWorkFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  await Deno.symlink(new URL("proto", ROOT), `${path}/proto`);
  await ensureDevCerts({ directory: `${path}/certs` });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
