/**
 * The command line as somebody talks to it: its standard input is a pipe that the test writes to.
 *
 * @module
 */

import { eventually } from "./waiting.ts";

const ROOT = new URL("../../", import.meta.url);
const BOUND_MS = 30_000;

/** A running command line. */
export interface CliTalk extends AsyncDisposable {
  /** What it has printed to the standard output so far. */
  stdout(): string;
  /** What it has printed to the standard error so far. */
  stderr(): string;
  /** Writes to its standard input. */
  type(text: string): Promise<void>;
  /** Ends its standard input. */
  end(): Promise<void>;
  /** Closes its standard output, as `head` does when it has seen enough. */
  closeOutput(): Promise<void>;
  /** Waits until the standard output is this. */
  printed(text: string): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Its exit code. It is killed if it does not end. */
  readonly code: Promise<number>;
}

/** Starts the command line with permissions. */
export function talkToCli(args: readonly string[], permissions: readonly string[]): CliTalk {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", `--config=${new URL("deno.json", ROOT).pathname}`],
      ...permissions,
      new URL("src/cli.ts", ROOT).href,
      ...args,
    ],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const output = { stdout: "", stderr: "" };
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const readOutput = async () => {
    for (let step = await stdout.read(); !step.done; step = await stdout.read()) {
      output.stdout += step.value;
    }
  };
  const readErrors = async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      output.stderr += text;
    }
  };
  const isDone = Promise.all([readOutput(), readErrors()]);
  const timer = setTimeout(() => kill("SIGKILL"), BOUND_MS);
  let hasEnded = false;
  const end = async () => {
    if (hasEnded) return;
    hasEnded = true;
    await writer.close().catch(() => {});
  };
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
  };
  return {
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    type: (text) => writer.write(new TextEncoder().encode(text)),
    end,
    closeOutput: () => stdout.cancel(),
    async printed(text) {
      try {
        await eventually("printed", () => output.stdout === text, BOUND_MS);
      } catch {
        throw new Error(`it has not printed ${text} but ${output.stdout}\n${output.stderr}`);
      }
    },
    kill,
    code: isDone.then(async () => (await child.status).code),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      kill("SIGKILL");
      await end();
      await isDone;
      await child.status;
    },
  };
}
