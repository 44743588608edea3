/** The health of several workers as that of one server. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient, type ServiceClient } from "../../src/client.ts";
import { mergeStatuses } from "../../src/workers/whole_health.ts";
import { assertExitsWell } from "../support/program.ts";
import { startWorkerGreeter, type WorkerGreeter } from "../support/worker_greeter.ts";

const RUN = { healthCheck: true, gracefulTimeout: "1m" } as const;
const SERVICE = Greeter.typeName;

/** Waits until all of many connections, whichever worker they reach, are told the same. */
async function untilAllSay(port: number, wanted: Status): Promise<void> {
  const until = performance.now() + 10_000;
  const ask = async () => {
    await using client = createClient(Health, `http://127.0.0.1:${port}`);
    return (await client.check({ service: SERVICE })).status;
  };
  while (true) {
    const told = await Promise.all(Array.from({ length: 12 }, ask));
    if (told.every((status) => status === wanted)) return;
    if (performance.now() > until) throw new Error(`they say ${told}`);
  }
}

function watch(client: ServiceClient<typeof Health>): AsyncIterator<{ status: Status }> {
  return client.watch({ service: SERVICE })[Symbol.asyncIterator]();
}

/** Lets one worker set its status. */
async function set(greeter: WorkerGreeter, pid: number, status: string): Promise<void> {
  const clients = await greeter.clients(2);
  await clients.get(pid)!.sayHello({ name: `@health ${status}` });
}

Deno.test("each worker says of a service what the one says that is worst off", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const port = await greeter.port();
  const [a, b] = await greeter.workers(2);
  await untilAllSay(port, Status.SERVING);
  await set(greeter, a!, "NOT_SERVING");
  await untilAllSay(port, Status.NOT_SERVING);
  await set(greeter, b!, "NOT_SERVING");
  await set(greeter, a!, "SERVING");
  await untilAllSay(port, Status.NOT_SERVING);
  await set(greeter, b!, "SERVING");
  await untilAllSay(port, Status.SERVING);
});

Deno.test("what a worker said of its health goes with it", async () => {
  await using greeter = startWorkerGreeter({ run: RUN });
  const port = await greeter.port();
  const [a] = await greeter.workers(2);
  await set(greeter, a!, "NOT_SERVING");
  await untilAllSay(port, Status.NOT_SERVING);
  Deno.kill(a!, "SIGKILL");
  await greeter.printed(/has ended by SIGKILL/);
  await untilAllSay(port, Status.SERVING);
});

Deno.test("Watch tells of a shutdown in every worker, at once and before lameDuck is over", async () => {
  await using greeter = startWorkerGreeter({ run: { ...RUN, lameDuck: "1s" } });
  const url = `http://127.0.0.1:${await greeter.port()}`;
  await greeter.workers(2);
  const clients = Array.from({ length: 8 }, () => createClient(Health, url));
  const streams = clients.map(watch);
  for (const stream of streams) {
    assertEquals((await stream.next()).value?.status, Status.SERVING);
  }
  const before = performance.now();
  greeter.kill("SIGTERM");
  for (const stream of streams) {
    assertEquals((await stream.next()).value?.status, Status.NOT_SERVING);
  }
  const toldMs = performance.now() - before;
  await Promise.all(streams.map((stream) => stream.next().catch(() => {})));
  assertEquals([toldMs < 950, performance.now() - before > 950], [true, true], `${toldMs}`);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  await assertExitsWell(greeter);
  assertMatch(greeter.output(), /The server has stopped/);
});

Deno.test("mergeStatuses() takes the worst of each service", () => {
  assertEquals(mergeStatuses([]), {});
  assertEquals(
    mergeStatuses([
      { "": "SERVING", a: "SERVING", b: "UNKNOWN", d: "SERVING" },
      { "": "SERVING", a: "UNKNOWN", b: "NOT_SERVING", c: "SERVING" },
    ]),
    { "": "SERVING", a: "UNKNOWN", b: "NOT_SERVING", d: "SERVING", c: "SERVING" },
  );
});
