/**
 * A process of the same program, with its standard output as it is and the other two to talk by. Deno's
 * own API starts it, for that of Node needs to read the whole environment; where Deno is not, Node's.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { Readable } from "node:stream";
import type { OwnCommand } from "./own_command.ts";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a process ended, in words. */
export function describeEnd({ code, signal }: ProcessEnd): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`;
}

/** A process that was started. */
export interface ChildProcess {
  readonly pid: number;
  /** Writes to its standard input. What it does not read any more is lost. */
  write(text: string): void;
  /** Its standard error. */
  readonly stderr: ReadableStream<Uint8Array>;
  readonly ended: Promise<ProcessEnd>;
  /** Ends it at once. */
  kill(): void;
}

/** Starts a process with the environment of this one, and some variables more. */
export function startProcess(command: OwnCommand, env: Record<string, string>): ChildProcess {
  return "Deno" in globalThis ? startByDeno(command, env) : startByNode(command, env);
}

function startByDeno({ path, args }: OwnCommand, env: Record<string, string>): ChildProcess {
  const child = new Deno.Command(path, {
    args: [...args],
    env,
    stdin: "piped",
    stdout: "inherit",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {});
  return {
    pid: child.pid,
    stderr: child.stderr,
    write: (text) => void writer.write(new TextEncoder().encode(text)).catch(() => {}),
    ended: child.status.then(async ({ code, signal }) => {
      await writer.close().catch(() => {});
      return { code: signal === null ? code : null, signal };
    }),
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
    },
  };
}

function startByNode({ path, args }: OwnCommand, env: Record<string, string>): ChildProcess {
  const child = spawn(path, args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", "inherit", "pipe"],
  });
  child.stdin.on("error", () => {});
  return {
    pid: child.pid ?? 0,
    stderr: Readable.toWeb(child.stderr) as ReadableStream<Uint8Array>,
    write: (text) => void child.stdin.write(text),
    ended: new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve({ code, signal }));
    }),
    kill: () => void child.kill("SIGKILL"),
  };
}
