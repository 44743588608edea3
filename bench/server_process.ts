/**
 * A contestant's server as a process: started on its core, watched for its end, and asked through
 * `/proc` what it takes.
 *
 * The environment tells it what to do: `BENCH_CERT` and `BENCH_KEY` name PEM files for TLS,
 * `BENCH_CA` a third one for client certificates, `BENCH_OBSERVED` asks for a line of log a call and
 * an interceptor. Those in JavaScript find the service in `BENCH_PROTO_FOLDER` and
 * `BENCH_DESCRIPTORS`.
 *
 * @module
 */

import type { CertificateFiles } from "./settings.ts";
import { ROOT } from "./folders.ts";
import { DESCRIPTORS } from "./requests.ts";
import type { Variant } from "./rows.ts";

const START_BOUND_MS = 20_000;
/** A process that dies when a client leaves does so at once. */
const SETTLE_MS = 40;
/** The kernel counts CPU time in hundredths of a second. */
const TICK_MS = 10;
const LAST_WORDS_CHARS = 2000;

/** A server that serves. */
export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /** When it was started, on the clock of `performance.now()`. */
  readonly startedAtMs: number;
  /** Waits for a moment, then tells how it ended, if it did. */
  hasEnded(): Promise<string | undefined>;
  /** The CPU time that it has taken so far. */
  cpuMs(): Promise<number>;
  /** Its memory now. */
  rssKib(): Promise<number>;
  /** The most memory that it had. */
  peakRssKib(): Promise<number>;
}

/** Starts a server and waits for its port. */
export async function startServer(
  command: readonly string[],
  variant: Variant,
  certificates: CertificateFiles,
): Promise<ServerProcess> {
  const startedAtMs = performance.now();
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    env: environment(variant, certificates),
    stdin: "null",
    stdout: "piped",
    // What is logged for each call must cost the server its time, not us ours.
    stderr: variant === "observed" ? "null" : "piped",
  }).spawn();
  const words = variant === "observed" ? undefined : readLastWords(child.stderr);
  let ending: string | undefined;
  const ended = child.status.then(({ code, signal }) => {
    ending = signal ?? `exit code ${code}`;
  });
  const stop = async () => {
    if (ending === undefined) child.kill("SIGKILL");
    await ended;
    await words?.finished;
  };
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const status = async (name: string) => {
    const text = await Deno.readTextFile(`/proc/${child.pid}/status`);
    return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(text)?.[1]);
  };
  let port: number;
  try {
    port = await readPort(lines);
  } catch (error) {
    await stop();
    await lines.cancel();
    console.error(words?.text());
    throw new Error(`the server did not start: ${(error as Error).message}`);
  }
  return {
    port,
    startedAtMs,
    async hasEnded() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, SETTLE_MS);
      await Promise.race([ended, promise]);
      clearTimeout(timer);
      return ending;
    },
    async cpuMs() {
      const text = await Deno.readTextFile(`/proc/${child.pid}/stat`);
      // The second field, a name in brackets, may hold blanks.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    rssKib: () => status("VmRSS"),
    peakRssKib: () => status("VmHWM"),
    async [Symbol.asyncDispose]() {
      await stop();
      await lines.cancel();
    },
  };
}

function environment(variant: Variant, files: CertificateFiles): Record<string, string> {
  const isSecure = variant === "tls" || variant === "mtls";
  return {
    NO_COLOR: "1",
    BENCH_PROTO_FOLDER: new URL("proto", ROOT).pathname,
    BENCH_DESCRIPTORS: DESCRIPTORS,
    ...(isSecure && { BENCH_CERT: files.serverCertificate, BENCH_KEY: files.serverKey }),
    ...(variant === "mtls" && { BENCH_CA: files.ca }),
    ...(variant === "observed" && { BENCH_OBSERVED: "1" }),
  };
}

async function readPort(lines: ReadableStreamDefaultReader<string>): Promise<number> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("it printed no port in time")), START_BOUND_MS);
  try {
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await Promise.race([lines.read(), promise]);
      if (done) throw new Error("it ended before it printed a port");
      text += value;
    }
    return Number(text.trim());
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps the end of what a server complains of. */
function readLastWords(stream: ReadableStream<Uint8Array>) {
  let text = "";
  const read = async () => {
    for await (const more of stream.pipeThrough(new TextDecoderStream())) {
      text = (text + more).slice(-LAST_WORDS_CHARS);
    }
  };
  return { finished: read(), text: () => text };
}
