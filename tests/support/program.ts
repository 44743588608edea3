/**
 * A program in a process of its own, as a user would start it: an example, or a snippet of the docs.
 *
 * @module
 */

import { ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";

const ROOT = new URL("../../", import.meta.url);
const LISTENING = /Listening on "?(?:.*):(\d+)"?/;

/** Options for {@linkcode startProgram}. */
export interface ProgramOptions {
  args?: readonly string[];
  /** Of Deno: what the program may do. */
  flags: readonly string[];
  /** Where it runs. */
  cwd: string;
}

/** A running program, ended with the test's block if it did not end before. */
export interface Program extends AsyncDisposable {
  /** Resolves with the port when the program's log says that it listens. */
  readonly listening: Promise<number>;
  /** What it has printed so far, to both of its outputs. */
  readonly output: () => string;
  /** Resolves with the match when it has printed something. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** How it ended. */
  readonly status: Promise<Deno.CommandStatus>;
  kill(signal: Deno.Signal): void;
}

/** Starts a program of the project. */
export function startProgram(entry: URL, { args = [], flags, cwd }: ProgramOptions): Program {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--config=${new URL("deno.json", ROOT).pathname}`,
      ...flags,
      entry.href,
      ...args,
    ],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
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
  const ended = Promise.all([read(child.stdout), read(child.stderr)]).then(() => {
    hasEnded = true;
    for (const look of waiting) look();
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
  const listening = printed(LISTENING).then(([, port]) => Number(port));
  listening.catch(() => {});
  return {
    listening,
    output: () => output,
    printed,
    status: child.status,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
      await child.status;
      await ended;
    },
  };
}

/** A folder with `proto/` and development certificates in `certs/`, removed with the test's block. */
export async function createWorkFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  await Deno.symlink(new URL("proto", ROOT), `${path}/proto`);
  await ensureDevCerts({ directory: `${path}/certs` });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
