/** Workers that end though nobody wants it, and those that are replaced, while they are called. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { childrenOf, untilGone } from "../support/processes.ts";
import { assertExitsWell } from "../support/program.ts";
import { type FailedCall, type SteadyOutcome, whileCalling } from "../support/steady_calls.ts";
import { startWorkerGreeter, type WorkerGreeter } from "../support/worker_greeter.ts";

const LOAD = { connections: 12, calls: 3 };
const UNAVAILABLE = 14;

Deno.test("a worker that is killed loses the calls that it held and no others", async () => {
  await using greeter = startWorkerGreeter({ run: { workers: 3 } });
  const [killed] = await greeter.workers(3);
  const outcome = await whileCalling(await greeter.port(), LOAD, async () => {
    Deno.kill(killed!, "SIGKILL");
    await greeter.printed(/has ended by SIGKILL/);
    await untilReplaced(greeter, killed!, 3);
  });
  const { ok, failures } = outcome;
  assert(ok > 100, `${ok}`);
  assertEquals(failures.filter((each) => each.before !== String(killed)), []);
  assertEquals(failures.filter(({ code }) => code !== UNAVAILABLE), []);
  // Not again on its new connection.
  for (const calls of Map.groupBy(failures, ({ index }: FailedCall) => index).values()) {
    assert(calls.length <= LOAD.calls, JSON.stringify(calls));
  }
});

Deno.test("SIGUSR2 replaces all workers without a failed call", async () => {
  await using greeter = startWorkerGreeter({ run: { gracefulTimeout: "20s" } });
  const old = await greeter.workers(2);
  const outcome: SteadyOutcome = await whileCalling(await greeter.port(), LOAD, async () => {
    for (let round = 1; round <= 2; round++) {
      greeter.kill("SIGUSR2");
      await greeter.printed(new RegExp(`(?:All workers are replaced[^]*?){${round}}`));
    }
  });
  assertEquals(outcome.failures, []);
  assert(outcome.reached.length >= 4, JSON.stringify(outcome.reached));
  await untilGone(old);
  assertEquals(await childrenOf(greeter.pid), await greeter.workers(2));
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
});

Deno.test("workers that SIGUSR2 gave another gracefulTimeout have that at the end", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "1ms");
  await using greeter = startWorkerGreeter({ gracefulBy: file, flags: [`--allow-read=${file}`] });
  await greeter.port();
  await Deno.writeTextFile(file, "1m");
  greeter.kill("SIGUSR2");
  await greeter.printed(/All workers are replaced/);
  const clients = await greeter.clients(2);
  const calls = [...clients.values()].map((client) => client.sayHello({ name: "@wait" }));
  await greeter.printed(/(?:^waiting \d+\n[^]*?){2}/m);
  greeter.kill("SIGTERM");
  // Longer than the first process would have waited.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  for (const pid of clients.keys()) Deno.kill(pid, "SIGUSR1");
  await Promise.all(calls);
  await assertExitsWell(greeter);
  await Deno.remove(file);
});

Deno.test("SIGUSR2 keeps the old workers where new ones cannot be set up", async () => {
  const file = await Deno.makeTempFile();
  await using greeter = startWorkerGreeter({ crashesBy: file, flags: [`--allow-read=${file}`] });
  const old = await greeter.workers(2);
  await Deno.writeTextFile(file, "crash");
  greeter.kill("SIGUSR2");
  await greeter.printed(/Worker 1 cannot be replaced, the old ones stay/);
  assertEquals(await greeter.workers(2), old);
  assertEquals(await childrenOf(greeter.pid), old);
  await Deno.remove(file);
});

Deno.test("SIGUSR2 once more gives up a new worker that hangs, and begins anew", async () => {
  const file = await Deno.makeTempFile();
  await using greeter = startWorkerGreeter({ hangsBy: file, flags: [`--allow-read=${file}`] });
  const old = await greeter.workers(2);
  await Deno.writeTextFile(file, "hang");
  greeter.kill("SIGUSR2");
  await greeter.printed(/^hanging/m);
  assertEquals(await greeter.workers(2), old);
  await Deno.writeTextFile(file, "");
  greeter.kill("SIGUSR2");
  await greeter.printed(/All workers are replaced/);
  await untilGone(old);
  assertEquals(await childrenOf(greeter.pid), await greeter.workers(2));
  await Deno.remove(file);
});

Deno.test("workers that end again and again end the program with an error", async () => {
  await using greeter = startWorkerGreeter({ crashes: true });
  assertEquals((await greeter.status).code, 1);
  assertMatch(
    greeter.output(),
    /Error: Cannot keep worker \d running, it did not last 5 times within 60 s: process \d+ has ended with exit code 7/,
  );
  assertEquals(await childrenOf(greeter.pid), []);
});

Deno.test("workers beside one that ends again and again finish their calls", async () => {
  const file = await Deno.makeTempFile();
  await using greeter = startWorkerGreeter({
    ...{ crashesBy: file, flags: [`--allow-read=${file}`] },
    run: { gracefulTimeout: "1m" },
  });
  const clients = await greeter.clients(2);
  const [ended, waiting] = [...clients.keys()] as [number, number];
  const call = clients.get(waiting)!.sayHello({ name: "@wait" });
  await greeter.printed(/^waiting/m);
  await Deno.writeTextFile(file, "crash");
  Deno.kill(ended, "SIGKILL");
  await greeter.printed(/Shutting down/);
  Deno.kill(waiting, "SIGUSR1");
  assertEquals((await call).message, String(waiting));
  assertEquals((await greeter.status).code, 1);
  assertMatch(greeter.output(), /Cannot keep worker \d running/);
  await Deno.remove(file);
});

Deno.test("a worker that calls end again and again ends the program with an error", async () => {
  await using greeter = startWorkerGreeter();
  await greeter.port();
  let children: number[] = [];
  const exit = async () => {
    try {
      await (await greeter.client()).sayHello({ name: "@exit" });
    } catch {
      // It has ended, or none is there.
    }
    const now = await childrenOf(greeter.pid);
    if (now.length > 0) children = now;
  };
  let hasEnded = false;
  const status = greeter.status.then(({ code }) => {
    hasEnded = true;
    return code;
  });
  while (!hasEnded) await exit();
  assertEquals(await status, 1);
  assertMatch(greeter.output(), /5 times within 60 s: process \d+ has ended with exit code 3/);
  await untilGone(children);
});

/** Waits until another worker serves in place of one. */
async function untilReplaced(greeter: WorkerGreeter, pid: number, count: number): Promise<void> {
  const workers = await greeter.workers(count);
  assertEquals(workers.includes(pid), false);
}
