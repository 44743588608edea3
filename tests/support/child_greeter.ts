/**
 * Starts `greeter_server.ts` as a process and ends it as an operator would.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RunOptions } from "../../mod.ts";

/** Options for {@linkcode startGreeter}. */
export interface ChildGreeterOptions {
  /** Options of `app.run()`; URLs of PEM files as text. */
  run?: RunOptions;
  /** Arguments for V8, such as `--expose-gc`. */
  v8Flags?: readonly string[];
  /** What to run it in, such as valgrind with its arguments. */
  wrapper?: readonly string[];
}

/** A server in its own process. */
export interface ChildGreeter extends AsyncDisposable {
  readonly port: number;
  /** Everything that the process printed up to now. */
  output(): string;
  /** Sends SIGTERM, and waits for the process to exit by itself. */
  stop(): Promise<Deno.CommandStatus>;
}

const SERVER = new URL("./greeter_server.ts", import.meta.url);
const PROJECT = new URL("../../", import.meta.url);

/** Starts a server and waits until it listens. */
export async function startGreeter(
  { run = {}, v8Flags = [], wrapper = [] }: ChildGreeterOptions = {},
): Promise<ChildGreeter> {
  const [program, ...args] = [
    ...wrapper,
    Deno.execPath(),
    "run",
    "-A",
    ...(v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join(",")}`] : []),
    SERVER.href,
    JSON.stringify(run),
  ];
  const process = new Deno.Command(program!, {
    args,
    cwd: PROJECT,
    stdout: "piped",
    stderr: "piped",
    // glibc overwrites what is freed: whoever uses it still does not get away with it.
    env: { NO_COLOR: "1", MALLOC_PERTURB_: "165" },
  }).spawn();
  const output = { text: "" };
  const listening = Promise.withResolvers<number>();
  const drained = Promise.all(
    [process.stdout, process.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        output.text += text;
        const [, port] = /^port (\d+)$/m.exec(output.text) ?? [];
        if (port !== undefined) listening.resolve(Number(port));
      }
    }),
  );
  process.status.then(() => listening.reject(new Error(`The server is gone: ${output.text}`)));
  const end = async (signal: Deno.Signal) => {
    try {
      process.kill(signal);
    } catch {
      // It is gone already: its status tells why.
    }
    await drained;
    return await process.status;
  };
  try {
    return {
      port: await listening.promise,
      output: () => output.text,
      stop: () => end("SIGTERM"),
      [Symbol.asyncDispose]: async () => void await end("SIGKILL"),
    };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
}

/** Stops a server that must have survived. */
export async function assertStopsWell(server: ChildGreeter): Promise<void> {
  const { code, signal } = await server.stop();
  assertEquals({ code, signal }, { code: 0, signal: null }, server.output());
}
