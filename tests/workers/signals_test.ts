/** How workers end: by signals to their supervisor or to themselves, and without it. */

import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import type { RunOptions } from "../../mod.ts";
import { childrenOf, untilGone } from "../support/processes.ts";
import { assertExitsWell, startProgram } from "../support/program.ts";
import { untilRefused } from "../support/waiting.ts";
import { startWorkerGreeter, type WorkerGreeter } from "../support/worker_greeter.ts";

/** A call that waits in each of two workers. */
async function waitInEach(greeter: WorkerGreeter) {
  const clients = await greeter.clients(2);
  const calls = [...clients.values()].map((client) => client.sayHello({ name: "@wait" }));
  const settled = Promise.allSettled(calls);
  await greeter.printed(/(?:^waiting \d+\n[^]*?){2}/m);
  return { pids: [...clients.keys()], settled };
}

function codes(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result) =>
    result.status === "fulfilled" ? "ok" : ConnectError.from(result.reason).code
  );
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} lets all workers finish their calls, and none is left`, async () => {
    await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "1m" } });
    const port = await greeter.port();
    const { pids, settled } = await waitInEach(greeter);
    greeter.kill(signal);
    await untilRefused(port);
    for (const pid of pids) Deno.kill(pid, "SIGUSR1");
    assertEquals(codes(await settled), ["ok", "ok"]);
    await assertExitsWell(greeter);
    await untilGone(pids);
  });
}

Deno.test("SIGINT to all at once, as by Ctrl+C, is one signal", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "1m" } });
  const port = await greeter.port();
  const { pids, settled } = await waitInEach(greeter);
  for (const pid of [greeter.pid, ...pids]) Deno.kill(pid, "SIGINT");
  await untilRefused(port);
  for (const pid of pids) Deno.kill(pid, "SIGUSR1");
  assertEquals(codes(await settled), ["ok", "ok"]);
  await assertExitsWell(greeter);
  assert(!greeter.output().includes("is started again"), greeter.output());
});

const ENDINGS: readonly {
  title: string;
  run: RunOptions;
  signals: readonly Deno.Signal[];
}[] = [
  { title: "at once without a gracefulTimeout", run: {}, signals: ["SIGTERM"] },
  { title: "at gracefulTimeout", run: { gracefulTimeout: "100ms" }, signals: ["SIGTERM"] },
  {
    title: "at a second signal",
    run: { gracefulTimeout: "1m" },
    signals: ["SIGTERM", "SIGINT"],
  },
  {
    title: "at a second signal in the midst of lameDuck",
    run: { lameDuck: "1m", gracefulTimeout: "1m" },
    signals: ["SIGTERM", "SIGTERM"],
  },
];
for (const { title, run, signals } of ENDINGS) {
  Deno.test(`workers end calls in flight ${title}`, async () => {
    await using greeter = startWorkerGreeter({ run });
    const { pids, settled } = await waitInEach(greeter);
    for (const signal of signals) {
      greeter.kill(signal);
      await greeter.printed(/Shutting down/);
    }
    assertEquals(codes(await settled), [Code.Unavailable, Code.Unavailable]);
    await assertExitsWell(greeter);
    await untilGone(pids);
  });
}

Deno.test("workers that do not end are killed, and the program ends well", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "10ms" } });
  const clients = await greeter.clients(2);
  const hanging = clients.values().next().value!.sayHello({ name: "@hang" });
  const failed = assertRejects(() => hanging, ConnectError);
  await greeter.printed(/^hanging/m);
  const before = performance.now();
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
  await failed;
  assertLess(performance.now() - before, 15_000);
  assertStringIncludes(greeter.output(), "does not end, and is killed");
  await untilGone([...clients.keys()]);
});

Deno.test("workers whose supervisor was killed finish their calls and end", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "1m" } });
  const port = await greeter.port();
  const { pids, settled } = await waitInEach(greeter);
  greeter.kill("SIGKILL");
  await untilRefused(port);
  for (const pid of pids) Deno.kill(pid, "SIGUSR1");
  assertEquals(codes(await settled), ["ok", "ok"]);
  await untilGone(pids);
});

Deno.test("workers whose supervisor was killed end, even if the program would go on", async () => {
  await using greeter = startWorkerGreeter({ lingers: true });
  const port = await greeter.port();
  const pids = await greeter.workers(2);
  greeter.kill("SIGKILL");
  await untilRefused(port);
  await untilGone(pids);
});

Deno.test("SIGKILL to the supervisor before workers are ready leaves none", async () => {
  await using greeter = startWorkerGreeter();
  let children: number[] = [];
  while (children.length < 2) children = await childrenOf(greeter.pid);
  greeter.kill("SIGKILL");
  await untilGone(children);
});

Deno.test("SIGTERM before workers are ready ends them, and the program ends well", async () => {
  await using greeter = startWorkerGreeter();
  let children: number[] = [];
  while (children.length < 2) children = await childrenOf(greeter.pid);
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
  await untilGone(children);
});

Deno.test("SIGTERM to a worker lets it finish its calls, and another one starts", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "1m" } });
  const { pids, settled } = await waitInEach(greeter);
  Deno.kill(pids[0]!, "SIGTERM");
  await greeter.printed(/Shutting down/);
  for (const pid of pids) Deno.kill(pid, "SIGUSR1");
  assertEquals(codes(await settled), ["ok", "ok"]);
  await greeter.printed(/Worker \d is started again: "?process \d+ has ended with exit code 0/);
  await untilGone([pids[0]!]);
  assertEquals((await greeter.workers(2)).includes(pids[1]!), true);
});

Deno.test("the signal of run() that a worker aborts shuts all of them down", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "1m" } });
  const pids = await greeter.workers(2);
  await (await greeter.client()).sayHello({ name: "@abort" });
  await assertExitsWell(greeter);
  await untilGone(pids);
});

Deno.test("SIGUSR2 to a worker, as to all processes at once, does it no harm", async () => {
  await using greeter = startWorkerGreeter();
  const pids = await greeter.workers(2);
  for (const pid of pids) Deno.kill(pid, "SIGUSR2");
  assertEquals(await greeter.workers(2), pids);
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
});

Deno.test('SIGUSR2 does no harm where "auto" is one process', async () => {
  const main = new URL("../support/child_greeter_main.ts", import.meta.url);
  await using greeter = startProgram(main, {
    wrapper: ["taskset", "--cpu-list", "0"],
    flags: ["--allow-net=127.0.0.1"],
    args: [JSON.stringify({ run: { workers: "auto" } })],
  });
  await greeter.listening;
  greeter.kill("SIGUSR2");
  await greeter.printed(/There are no workers to replace/);
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
});
