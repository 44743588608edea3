/**
 * What several workers give beside one, on the same machine and by the same clients: calls a second,
 * CPU time a call, and memory, for handlers that take more and less time. Clients share the cores with
 * the servers, so their CPU time is told, too, and before all what the machine gives to several
 * processes at most.
 *
 * Arguments: `--workers=<n>` (as many as there are cores), `--engine=<name>`, `--rounds=<n>` (3) and
 * `--seconds=<n>` (3) of each measurement.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { childrenOf } from "../tests/support/processes.ts";
import { type Program, startProgram } from "../tests/support/program.ts";
import { toMarkdown } from "../tests/support/report.ts";
import { DEFAULT_ENGINE } from "../src/serve_options.ts";
import { CACHE } from "./folders.ts";
import { REQUESTS, writeRequests } from "./requests.ts";
import { turnsAMicrosecond } from "./work.ts";

const WORK_US = [0, 100, 500];
const SERVER = new URL("servers/kit_workers.ts", import.meta.url);
const CONNECTIONS = 32;
const STREAMS = 4;
/** The kernel counts CPU time in hundredths of a second. */
const TICK_MS = 10;
const POLL_MS = 50;

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: String(navigator.hardwareConcurrency) },
    engine: { type: "string", default: DEFAULT_ENGINE },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
  },
});
const many = Number(values.workers);
const turns = turnsAMicrosecond();

/** One measurement. */
interface Sample {
  readonly rate: number;
  /** CPU time of the server's processes a call, in microseconds. */
  readonly serverUs: number;
  readonly clientUs: number;
  readonly memoryMib: number;
}

const bare = await turnsOf(1);
const times = (await turnsOf(many) / bare).toFixed(2);
console.log(`${many} processes that do nothing else do ${times} times the work of one here\n`);
await Deno.mkdir(CACHE, { recursive: true });
await writeRequests();
const rows: string[][] = [];
for (const workUs of WORK_US) {
  const one: Sample[] = [];
  const all: Sample[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    one.push(await measure(workUs, 1));
    all.push(await measure(workUs, many));
  }
  rows.push(...describe(workUs, median(one), median(all)));
}
console.log(toMarkdown({
  head: ["work a call", "workers", "calls/s", "times", "µs of server", "of client", "MiB"],
  rows,
}));

function describe(workUs: number, one: Sample, all: Sample): string[][] {
  return [[1, one], [many, all]].map((row) => {
    const [workers, sample] = row as [number, Sample];
    return [
      `${workUs} µs`,
      String(workers),
      sample.rate.toFixed(0),
      (sample.rate / one.rate).toFixed(2),
      sample.serverUs.toFixed(0),
      sample.clientUs.toFixed(0),
      sample.memoryMib.toFixed(0),
    ];
  });
}

/** Of each figure by itself. */
function median(samples: readonly Sample[]): Sample {
  const of = (name: keyof Sample) => {
    const sorted = samples.map((sample) => sample[name]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  };
  return {
    ...{ rate: of("rate"), serverUs: of("serverUs") },
    ...{ clientUs: of("clientUs"), memoryMib: of("memoryMib") },
  };
}

async function measure(workUs: number, workers: number): Promise<Sample> {
  await using server = startProgram(SERVER, {
    flags: ["--allow-all"],
    args: [String(Math.round(workUs * turns)), String(workers), values.engine],
  });
  const port = Number((await server.printed(/^port (\d+)$/m))[1]);
  await runClient(port, 1);
  const pids = await processesOf(server);
  const before = await Promise.all(pids.map(cpuMs));
  const { calls, rate, clientMs } = await runClient(port, Number(values.seconds));
  const after = await Promise.all(pids.map(cpuMs));
  const serverMs = after.reduce((sum, ms, i) => sum + ms - before[i]!, 0);
  const memory = await Promise.all(pids.map(rssMib));
  server.kill("SIGTERM");
  await server.status;
  return {
    rate,
    serverUs: serverMs * 1000 / calls,
    clientUs: clientMs * 1000 / calls,
    memoryMib: memory.reduce((sum, mib) => sum + mib, 0),
  };
}

/** How much so many processes do together, without any server. */
async function turnsOf(processes: number): Promise<number> {
  const program = new URL("work.ts", import.meta.url).pathname;
  const all = Array.from({ length: processes }, async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", program] }).output();
    return Number(new TextDecoder().decode(stdout));
  });
  return (await Promise.all(all)).reduce((sum, turns) => sum + turns, 0);
}

async function processesOf({ pid }: Program): Promise<number[]> {
  return [pid, ...await childrenOf(pid)];
}

async function runClient(port: number, seconds: number) {
  const { path, file } = REQUESTS.hello;
  const child = new Deno.Command("h2load", {
    args: [
      ...[`--duration=${seconds}`, `--clients=${CONNECTIONS}`, `--data=${file}`],
      ...[`--max-concurrent-streams=${STREAMS}`, "--header=content-type: application/grpc+proto"],
      ...["--header=te: trailers", `http://127.0.0.1:${port}${path}`],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // Its CPU time can be asked for as long as it is there.
  let clientMs = 0;
  const poll = setInterval(async () => {
    clientMs = Math.max(clientMs, await cpuMs(child.pid).catch(() => 0));
  }, POLL_MS);
  const { stdout } = await child.output();
  clearInterval(poll);
  const output = new TextDecoder().decode(stdout);
  const [, rate] = /([\d.]+) req\/s/.exec(output) ?? [];
  const [, calls] = /(\d+) succeeded/.exec(output) ?? [];
  if (!(Number(calls) > 0) || !output.includes(" 0 failed")) throw new Error(output);
  return { calls: Number(calls), rate: Number(rate), clientMs };
}

async function cpuMs(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function rssMib(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1]) / 1024;
}
