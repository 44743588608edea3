/**
 * The clients: `h2load` for unary calls, and our own, in `client/`, for the rest.
 *
 * @module
 */

import { CONTENT_TYPE, REQUESTS } from "./requests.ts";
import type { Row } from "./rows.ts";
import type { CertificateFiles } from "./settings.ts";

/** How much longer than it should a client may take. */
const GRACE_MS = 15_000;

/** The clients that there are, as the beginnings of their commands. */
export interface Clients {
  readonly h2load: readonly string[] | undefined;
  readonly own: readonly string[] | undefined;
}

/** What to measure. */
export interface Load {
  readonly row: Row;
  readonly port: number;
  readonly contentType: string | undefined;
  readonly warmUpMs: number;
  readonly seconds: number;
}

/** What came of it. */
export interface Outcome {
  /** Calls or messages a second. */
  readonly rate: number;
  /** All calls, with those before the measurement, where the client tells. */
  readonly calls?: number;
}

/** How long calls took that were made at a fixed rate, in milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** The part of `client/`'s result that is read. */
interface OwnResult {
  seconds: number;
  messages: number;
  failures: number;
  p50?: number;
  p99?: number;
  p999?: number;
  error?: string;
}

/** Runs a client. @throws {Error} If a call failed, or the client did. */
export async function runLoad(
  load: Load,
  clients: Clients,
  files: CertificateFiles,
): Promise<Outcome> {
  if (load.row.client === "h2load") return await runH2load(load, clients.h2load!);
  const { mode, more } = load.row.window === undefined
    ? { mode: "closed-loop", more: [] }
    : { mode: "bidi", more: [`-window=${load.row.window}`, "-times=1000"] };
  const { messages, seconds } = await runOwn(mode, load, clients.own!, [
    ...more,
    `-streams=${load.row.streams}`,
    ...(load.row.variant === "mtls"
      ? [`-ca=${files.ca}`, `-cert=${files.clientCertificate}`, `-key=${files.clientKey}`]
      : []),
  ]);
  return { rate: messages / seconds };
}

/** Makes calls at a fixed rate and tells how long they took. @throws {Error} If one failed. */
export async function runOpenLoop(
  load: Load,
  rate: number,
  client: readonly string[],
): Promise<Latencies> {
  const result = await runOwn("open-loop", load, client, [`-rate=${rate}`]);
  const toMs = (us = 0) => us / 1000;
  return { p50: toMs(result.p50), p99: toMs(result.p99), p999: toMs(result.p999) };
}

/** Opens connections and lets them idle for as long as an action takes. */
export async function withIdleConnections<T>(
  { port, count, client }: { port: number; count: number; client: readonly string[] },
  action: () => Promise<T>,
): Promise<T> {
  const args = ["-mode=idle", `-port=${port}`, `-connections=${count}`];
  const child = new Deno.Command(client[0]!, {
    args: [...client.slice(1), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  const output = child.stdout.getReader();
  try {
    const { done } = await output.read();
    if (done) throw new Error("could not open idle connections");
    return await action();
  } finally {
    clearTimeout(timer);
    await child.stdin.close();
    await child.status;
    await output.cancel();
  }
}

async function runH2load(load: Load, h2load: readonly string[]): Promise<Outcome> {
  const { row, port, contentType = CONTENT_TYPE, warmUpMs, seconds } = load;
  const { path, file, reply } = REQUESTS[row.request];
  const fields = { "content-type": contentType, te: "trailers", ...row.fields };
  const output = await run([
    ...h2load,
    ...(row.calls === undefined
      ? [`--duration=${seconds * 1000}ms`, `--warm-up-time=${warmUpMs}ms`]
      : [`--requests=${row.calls}`]),
    ...[`--clients=${row.connections}`, `--max-concurrent-streams=${row.streams}`],
    `--data=${file}`,
    ...Object.entries(fields).map(([name, value]) => `--header=${name}: ${value}`),
    `${row.variant === "tls" ? "https" : "http"}://127.0.0.1:${port}${path}`,
  ], boundOf(load));
  const find = (pattern: RegExp) => Number(pattern.exec(output)?.[1]);
  const [rate, succeeded, failed, data] = [
    find(/([\d.]+) req\/s/),
    find(/(\d+) succeeded/),
    find(/(\d+) failed/),
    find(/\((\d+)\) data/),
  ];
  if (!(succeeded > 0) || failed > 0) {
    throw new Error(`h2load: ${succeeded} calls succeeded, ${failed} failed`);
  }
  // It looks at no trailer, so a call that failed shows in the data alone.
  if (data < succeeded * reply.length) {
    throw new Error(`h2load: ${succeeded} replies had ${data} bytes only`);
  }
  return { rate, calls: data / reply.length };
}

async function runOwn(
  mode: string,
  load: Load,
  client: readonly string[],
  args: readonly string[],
): Promise<OwnResult> {
  const { row, port, contentType = CONTENT_TYPE, warmUpMs, seconds } = load;
  const { path, file, reply } = REQUESTS[row.request];
  const output = await run([
    ...client,
    ...[`-mode=${mode}`, `-port=${port}`, `-path=${path}`, `-body=${file}`],
    `-content-type=${contentType}`,
    ...[`-reply=${reply.length - 5}`, `-connections=${row.connections}`],
    ...[`-warm-up=${warmUpMs}ms`, `-duration=${seconds * 1000}ms`],
    ...args,
  ], boundOf(load));
  const result: OwnResult = JSON.parse(output);
  if (result.error !== undefined) throw new Error(result.error);
  if (result.failures > 0) throw new Error(`${result.failures} calls failed`);
  if (result.messages === 0) throw new Error("no message came");
  return result;
}

function boundOf({ warmUpMs, seconds }: Load): number {
  return warmUpMs + seconds * 1000 + GRACE_MS;
}

async function run(command: readonly string[], boundMs: number): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "null",
    signal: AbortSignal.timeout(boundMs),
  }).output();
  if (!success) throw new Error(`${command.at(0)}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}
