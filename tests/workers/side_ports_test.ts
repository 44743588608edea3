/** Side ports of several workers: the first process has them, and speaks for all. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "node:net";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import { mergeMetrics } from "../../src/workers/whole_metrics.ts";
import { childrenOf } from "../support/processes.ts";
import { assertExitsWell } from "../support/program.ts";
import { samplesOf } from "../support/prometheus_text.ts";
import { untilRefused } from "../support/waiting.ts";
import { startWorkerGreeter, type WorkerGreeter } from "../support/worker_greeter.ts";

const RUN = { healthPort: 0, adminPort: 0, gracefulTimeout: "1m" } as const;
const OK = [200, Status.SERVING];
const DOWN = [503, Status.NOT_SERVING];

async function portOf(greeter: WorkerGreeter, name: string): Promise<number> {
  return Number((await greeter.printed(new RegExp(`The "?${name}"? is (\\d+)`)))[1]);
}

/** What the side ports say of the whole. */
async function ask(greeter: WorkerGreeter): Promise<unknown[]> {
  const url = `http://127.0.0.1:${await portOf(greeter, "healthPort")}`;
  await using health = createClient(Health, url);
  const admin = await fetch(`http://127.0.0.1:${await portOf(greeter, "adminPort")}/readyz`);
  await admin.body?.cancel();
  return [admin.status, (await health.check({})).status];
}

async function until(greeter: WorkerGreeter, wanted: readonly unknown[]): Promise<void> {
  const bound = performance.now() + 10_000;
  while (true) {
    const said = await ask(greeter);
    if (said.every((each, i) => each === wanted[i])) return;
    if (performance.now() > bound) throw new Error(`they say ${said}, not ${wanted}`);
  }
}

async function metrics(greeter: WorkerGreeter): Promise<ReadonlyMap<string, number>> {
  const port = await portOf(greeter, "adminPort");
  return samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
}

Deno.test("side ports say that nothing is served until all workers are ready", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  // Workers are started after that.
  await portOf(greeter, "adminPort");
  assertEquals(await ask(greeter), DOWN);
  await greeter.port();
  await until(greeter, OK);
});

Deno.test("side ports say what the worker says that is worst off, and of those that are left", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const clients = await greeter.clients(2);
  const [[pid, client]] = clients as unknown as [
    [number, Awaited<ReturnType<typeof greeter.client>>],
  ];
  const health = createClient(Health, `http://127.0.0.1:${await portOf(greeter, "healthPort")}`);
  const ofGreeter = async () => (await health.check({ service: Greeter.typeName })).status;
  assertEquals(await ofGreeter(), Status.SERVING);
  await client.sayHello({ name: "@health NOT_SERVING" });
  while (await ofGreeter() !== Status.NOT_SERVING);
  Deno.kill(pid, "SIGKILL");
  while (await ofGreeter() !== Status.SERVING);
  assertEquals(await ask(greeter), OK);
  await health[Symbol.asyncDispose]();
});

Deno.test("side ports say that nothing is served while no worker is there", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  await greeter.port();
  for (const pid of await childrenOf(greeter.pid)) Deno.kill(pid, "SIGKILL");
  await until(greeter, DOWN);
  await until(greeter, OK);
});

Deno.test("side ports answer until the last worker has ended, and close then", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const clients = await greeter.clients(2);
  const calls = [...clients.values()].map((client) => client.sayHello({ name: "@wait" }));
  await greeter.printed(/(?:^waiting \d+\n[^]*?){2}/m);
  greeter.kill("SIGTERM");
  await until(greeter, DOWN);
  const ports = [await portOf(greeter, "healthPort"), await portOf(greeter, "adminPort")];
  for (const pid of clients.keys()) Deno.kill(pid, "SIGUSR1");
  await Promise.all(calls);
  await Promise.all(ports.map(untilRefused));
  await assertExitsWell(greeter);
});

Deno.test("/metrics has those of each worker, with its number", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const clients = await greeter.clients(2);
  for (const client of clients.values()) {
    for (let i = 0; i < 5; i++) await client.sayHello({ name: "@pid" });
  }
  const samples = await metrics(greeter);
  const countOf = (worker: number) => {
    const name = `rpc_server_call_duration_seconds_count{worker="${worker}",`;
    const found = [...samples].filter(([key]) => key.startsWith(name));
    return found.reduce((sum, [, count]) => sum + count, 0);
  };
  assert(countOf(1) >= 5 && countOf(2) >= 5, JSON.stringify([...samples.keys()]));
  assertEquals([...samples.keys()].filter((key) => !/worker="[12]"/.test(key)), []);
});

Deno.test("/metrics leaves out a worker that does not answer", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const [client] = (await greeter.clients(2)).values();
  const hanging = client!.sayHello({ name: "@hang" }).catch(() => {});
  await greeter.printed(/^hanging/m);
  const workers = [...(await metrics(greeter)).keys()]
    .map((key) => /worker="(\d)"/.exec(key)?.[1]);
  assertEquals(new Set(workers).size, 1);
  for (const pid of await childrenOf(greeter.pid)) Deno.kill(pid, "SIGKILL");
  await hanging;
});

Deno.test("run() with workers tells once of a side port that is taken", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = server.address() as { port: number };
  await using greeter = startWorkerGreeter({ run: { adminPort: port } });
  assertEquals((await greeter.status).code, 1);
  assertStringIncludes(greeter.output(), `ConfigError: Cannot open the "adminPort"`);
  assertEquals(greeter.output().match(/^error:/gm)?.length, 1);
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("mergeMetrics() puts samples of one name together, each with its worker", () => {
  const text = (value: number, more = "") =>
    `# HELP a_total All.\n# TYPE a_total counter\na_total{x="{}"} ${value}\n` +
    `# HELP b Some.\n# TYPE b gauge\nb ${value}\nb{} 7\n${more}`;
  assertEquals(
    mergeMetrics([
      { number: 1, text: text(1) },
      { number: 2, text: "" },
      { number: 3, text: text(3, "# TYPE c histogram\nc_sum 1\nc_count 2\n") },
    ]),
    `# HELP a_total All.
# TYPE a_total counter
a_total{worker="1",x="{}"} 1
a_total{worker="3",x="{}"} 3
# HELP b Some.
# TYPE b gauge
b{worker="1"} 1
b{worker="1"} 7
b{worker="3"} 3
b{worker="3"} 7
# TYPE c histogram
c_sum{worker="3"} 1
c_count{worker="3"} 2
`,
  );
  assertEquals(mergeMetrics([]), "");
});
