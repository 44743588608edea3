/**
 * The rounds: in each, every contestant takes its turn at every row, in another order each time, so
 * that what else the machine does hits all of them alike.
 *
 * @module
 */

import { Arena, type Guest } from "./arena.ts";
import { PACE_MAKER } from "./contestants.ts";
import type { Lineup, Ready } from "./lineup.ts";
import { runLoad, runOpenLoop, withIdleConnections } from "./load.ts";
import type { Results } from "./results.ts";
import { HELLO_ROW, type Row, type Variant } from "./rows.ts";
import { startServer } from "./server_process.ts";
import type { CertificateFiles, Settings } from "./settings.ts";

const VARIANTS: readonly Variant[] = ["plain", "tls", "mtls", "observed"];
const WARM_UP_MS = 150;
const IDLE_CONNECTIONS = 1000;
const LEAVING_TIMES = 2;
/** Of a latency's percentiles the rarest wants a few thousand calls. */
const OPEN_LOOP_FACTOR = 2;
const OPEN_LOOP_CONNECTIONS = 4;

/** What a run works with. */
export interface Run {
  readonly settings: Settings;
  readonly lineup: Lineup;
  readonly files: CertificateFiles;
  readonly results: Results;
}

/** Measures all rows. */
export async function runRounds(run: Run): Promise<void> {
  const { settings: { rounds }, lineup: { ready } } = run;
  for (let round = 0; round < rounds; round++) {
    for (const each of rotate(ready, round)) {
      const label = `round ${round + 1}/${rounds}  ${each.contestant.name}`;
      for (const variant of VARIANTS) await takeTurn(run, each, variant, label);
    }
  }
}

/** Measures memory for idle connections, and latency at half of the rate that was found. */
export async function runFootprints(run: Run): Promise<void> {
  const { settings, lineup: { ready, clients, rows } } = run;
  if (clients.own === undefined || !rows.includes(HELLO_ROW)) return;
  const rounds = Math.min(settings.rounds, 3);
  for (let round = 0; round < rounds; round++) {
    for (const each of rotate(ready, round)) {
      const label = `latency ${round + 1}/${rounds}  ${each.contestant.name}`;
      await measureFootprint(run, each, clients.own, label);
    }
  }
}

async function takeTurn(run: Run, ready: Ready, variant: Variant, label: string): Promise<void> {
  const { results, files } = run;
  const { contestant: { lacks = [] } } = ready;
  const all = run.lineup.rows.filter((row) => row.variant === variant && !lacks.includes(variant));
  const [leaving, rows] = [all.filter(isLeaving), all.filter((row) => !isLeaving(row))];
  for (const row of leaving) await leave(run, ready, row, label);
  if (rows.length === 0) return;
  await using arena = new Arena(ready, { variant, files, results });
  for (const row of rows) {
    if (row !== HELLO_ROW && !await arena.check(row)) continue;
    const rate = await arena.with(row.title, (guest) => measure(run, ready, row, guest));
    console.error(`${label}  ${row.title}: ${formatRate(rate)} ${row.unit}`);
  }
}

function isLeaving({ calls }: Row): boolean {
  return calls !== undefined;
}

/**
 * Whether a server outlives its clients. They are its first: what a single call and its end have left
 * behind in the process hides the death of it more often than not.
 */
async function leave(run: Run, ready: Ready, row: Row, label: string): Promise<void> {
  const { lineup: { clients }, settings: { seconds }, results, files } = run;
  const { name, contentType } = ready.contestant;
  await using server = await startServer(ready.command, row.variant, files);
  let failure = "";
  try {
    for (let time = 0; time < LEAVING_TIMES; time++) {
      await runLoad(
        { row, port: server.port, contentType, warmUpMs: 0, seconds },
        clients,
        files,
      );
    }
  } catch (error) {
    failure = (error as Error).message;
  }
  const ending = await server.hasEnded();
  if (ending !== undefined) results.addCrash(name, row.title, ending);
  else if (failure !== "") results.addFailure(name, `${row.title}: ${failure}`);
  results.add(name, row.name, ending === undefined ? 0 : 1);
  console.error(`${label}  ${row.title}: ${ending ?? "lives"}`);
}

async function measure(
  { settings, lineup, files, results }: Run,
  { contestant: { name, contentType } }: Ready,
  row: Row,
  { server, isFresh }: Guest,
): Promise<number> {
  const warmUpMs = Math.max(isFresh ? settings.warmUpMs : 0, row.warmUpMs ?? WARM_UP_MS);
  const [cpuMs, startMs] = [await server.cpuMs(), performance.now()];
  const load = { row, port: server.port, contentType, warmUpMs, seconds: settings.seconds };
  const { rate, calls } = await runLoad(load, lineup.clients, files);
  results.add(name, row.name, rate);
  if (row !== HELLO_ROW) return rate;
  // A server that has died, as it may when its client leaves, tells no more.
  const peakKib = await orUndefined(server.peakRssKib());
  const cpuAfterMs = await orUndefined(server.cpuMs());
  if (isFresh && peakKib) results.add(name, "rssPeakKib", peakKib);
  if (calls === undefined || cpuAfterMs === undefined) return rate;
  results.add(name, "cpuUs", (cpuAfterMs - cpuMs) * 1000 / calls);
  results.add(name, "busyShare", (cpuAfterMs - cpuMs) / (performance.now() - startMs));
  return rate;
}

async function measureFootprint(
  { settings, files, results }: Run,
  ready: Ready,
  client: readonly string[],
  label: string,
): Promise<void> {
  const { name, contentType } = ready.contestant;
  const peak = results.median(name, HELLO_ROW.name);
  if (peak === undefined) return;
  await using arena = new Arena(ready, { variant: "plain", files, results });
  await arena.with("idle connections", async ({ server }) => {
    const before = await server.rssKib();
    const idle = { port: server.port, count: IDLE_CONNECTIONS, client };
    const after = await withIdleConnections(idle, () => server.rssKib());
    results.add(name, "rssIdleKib", (after - before) / IDLE_CONNECTIONS);
  });
  const measureAt = (rate: number) =>
    arena.with("latency", async ({ server }) => {
      const row = { ...HELLO_ROW, connections: OPEN_LOOP_CONNECTIONS };
      const seconds = settings.seconds * OPEN_LOOP_FACTOR;
      const { warmUpMs } = settings;
      const load = { row, port: server.port, contentType, warmUpMs, seconds };
      const latencies = await runOpenLoop(load, Math.round(rate), client);
      console.error(`${label}  p99 ${latencies.p99.toFixed(2)} ms at ${formatRate(rate)} calls/s`);
      return latencies;
    });
  const own = await measureAt(peak / 2);
  if (own === undefined) return;
  results.add(name, "pacedRate", peak / 2);
  for (const [metric, ms] of Object.entries(own)) results.add(name, metric, ms);
  const pace = results.median(PACE_MAKER, HELLO_ROW.name);
  if (pace === undefined || pace / 2 > peak) return;
  const common = await measureAt(pace / 2);
  if (common === undefined) return;
  results.add(name, "commonRate", pace / 2);
  results.add(name, "commonP50", common.p50);
  results.add(name, "commonP99", common.p99);
}

async function orUndefined(value: Promise<number>): Promise<number | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function rotate<T>(values: readonly T[], by: number): T[] {
  const start = by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}

function formatRate(rate: number | undefined): string {
  return rate === undefined ? "no" : Math.round(rate).toLocaleString("en");
}
