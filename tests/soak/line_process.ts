/**
 * A process that is told things and tells things, a line of JSON each. Whatever it writes to its
 * standard error is kept.
 *
 * @module
 */

import { TextLineStream } from "./text_line_stream.ts";

/** A line of JSON. What it is about is its type. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A running process, killed with the block if it did not end before. */
export interface LineProcess extends AsyncDisposable {
  /** How it ended, once all that it wrote is there. */
  readonly status: Promise<Deno.CommandStatus>;
  /** What it has written to its standard error. */
  readonly errors: () => string;
  /** What it has said so far, of one type. */
  said(type: string): Line[];
  /** Tells it something. */
  send(line: Line): Promise<void>;
  /** Waits for the next line of a type; rejects if the process ends before. */
  receive<T>(type: string): Promise<T>;
  /** Says that nothing more will be told. */
  closeInput(): Promise<void>;
  kill(signal: Deno.Signal): void;
}

/** Starts a process. */
export function startLineProcess(command: string, args: readonly string[]): LineProcess {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const input = child.stdin.getWriter();
  const unread: Line[] = [];
  const all: Line[] = [];
  const waiting = new Set<() => void>();
  let errors = "";
  let hasEnded = false;
  const wake = () => waiting.forEach((look) => look());
  const readLines = async () => {
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
      new TextLineStream(),
    );
    for await (const text of lines) {
      const line: Line = JSON.parse(text);
      unread.push(line);
      all.push(line);
      wake();
    }
  };
  const readErrors = async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) errors += text;
  };
  const status = Promise.all([readLines(), readErrors()]).then(() => child.status).finally(() => {
    hasEnded = true;
    wake();
  });
  const hasEndedEarly = async (awaited: string) => {
    const { code, signal } = await status;
    return new Error(`${command} ended with ${signal ?? code} before ${awaited}:\n${errors}`);
  };
  const send = async (line: Line) => {
    try {
      await input.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    } catch {
      throw await hasEndedEarly(`it was told "${line.type}"`);
    }
  };
  const closeInput = () => input.close().catch(() => {});
  return {
    status,
    errors: () => errors,
    said: (type) => all.filter((line) => line.type === type),
    send,
    receive: <T>(type: string) =>
      new Promise<T>((resolve, reject) => {
        const look = () => {
          const index = unread.findIndex((line) => line.type === type);
          if (index < 0 && !hasEnded) return void waiting.add(look);
          waiting.delete(look);
          if (index < 0) hasEndedEarly(`it said "${type}"`).then(reject);
          else resolve(unread.splice(index, 1)[0] as T);
        };
        look();
      }),
    closeInput,
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!hasEnded) {
        await closeInput();
        child.kill("SIGKILL");
      }
      await status.catch(() => {});
    },
  };
}
