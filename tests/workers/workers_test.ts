/** Workers that serve, in processes of their own. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { countLines } from "../support/long_lines.ts";
import { childrenOf } from "../support/processes.ts";
import { assertExitsWell, startProgram } from "../support/program.ts";
import { startWorkerGreeter, WORKER_FLAGS } from "../support/worker_greeter.ts";

Deno.test("run() with workers serves one port by so many processes, none of them the first", async () => {
  await using greeter = startWorkerGreeter({ run: { workers: 3 } });
  const workers = await greeter.workers(3);
  assertEquals(await childrenOf(greeter.pid), workers);
  assertEquals(workers.includes(greeter.pid), false);
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
  assertEquals(greeter.output().match(/^port /gm)?.length, 1);
  assertMatch(greeter.output(), /Listening on "127\.0\.0\.1:\d+" with 3 workers\nport/);
  assertMatch(greeter.output(), new RegExp(`^ended ${greeter.pid}$`, "m"));
});

Deno.test("run() with one worker starts no process, and needs no permission for it", async () => {
  await using greeter = startWorkerGreeter({ run: { workers: 1 } });
  assertEquals(await greeter.workers(1), [greeter.pid]);
  assertEquals(await childrenOf(greeter.pid), []);
});

Deno.test("workers get the arguments, flags and permissions of the program", async () => {
  const args = ["--reload", "--inspect", "a b", "", "ö"];
  await using greeter = startWorkerGreeter({ args, flags: ["--v8-flags=--expose-gc"] });
  for (const client of (await greeter.clients(2)).values()) {
    const { message } = await client.sayHello({ name: "@environment" });
    assertEquals(JSON.parse(message), { args, hasGc: true, mayRead: "prompt", isMarked: false });
  }
});

Deno.test("workers write whole lines to the log that they share", async () => {
  await using greeter = startWorkerGreeter();
  const clients = await greeter.clients(2);
  await Promise.all(
    [...clients.values()].map((client) => client.sayHello({ name: "@log 200 3000" })),
  );
  greeter.kill("SIGTERM");
  await assertExitsWell(greeter);
  assertEquals(countLines(greeter.output()), { whole: 800, broken: [] });
});

/** A program that runs two apps, one after the other or at a time. */
const TWO_APPS = `
import { FastGRPC } from "${new URL("../../mod.ts", import.meta.url)}";
const run = (name: string) =>
  new FastGRPC().run({
    ...{ hostname: "127.0.0.1", port: 0, workers: 2 },
    onListen: ({ port }) => console.log(name + " at " + port),
  });
`;

for (
  const [title, code] of [
    ["one after the other", `await run("a"); await run("b");`],
    ["at the same time", `await Promise.all([run("a"), run("b")]);`],
  ] as const
) {
  Deno.test(`workers are for one of two apps that are run ${title}`, async () => {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, TWO_APPS + code);
    await using program = startProgram(new URL(`file://${file}`), { flags: WORKER_FLAGS });
    const port = async (name: string) =>
      (await program.printed(new RegExp(`^${name} at (\\d+)$`, "m")))[1];
    const a = await port("a");
    if (title === "one after the other") {
      assertEquals((await childrenOf(program.pid)).length, 2);
      program.kill("SIGTERM");
    }
    const b = await port("b");
    assertEquals((await childrenOf(program.pid)).length, code.includes("all") ? 4 : 2);
    program.kill("SIGTERM");
    await assertExitsWell(program);
    assertNotEquals(a, b);
    await Deno.remove(file);
  });
}
