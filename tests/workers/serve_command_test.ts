/** Workers of the command line, of programs with an app built in, and in Node. */

import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import { withoutFlags } from "../../src/workers/own_command.ts";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { childrenOf, untilGone } from "../support/processes.ts";
import { assertExitsWell, type Program, startProgram } from "../support/program.ts";

const FLAGS = [
  "--allow-net=127.0.0.1",
  "--allow-read",
  "--allow-env=FASTGRPC_*",
  `--allow-run=${Deno.execPath()}`,
];

async function assertServes(program: Program, count: number): Promise<void> {
  {
    await using client = createClient(Greeter, `http://127.0.0.1:${await program.listening}`);
    assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
  }
  const workers = await childrenOf(program.pid);
  assertEquals(workers.length, count);
  program.kill("SIGTERM");
  await assertExitsWell(program);
  await untilGone(workers);
}

for (
  const [title, args, env, file] of [
    ["the flag", ["--workers=2"], {}, ""],
    ["the environment", [], { FASTGRPC_WORKERS: "2" }, ""],
    ["the file", [], {}, "workers: 2"],
  ] as const
) {
  Deno.test(`serve starts workers, as ${title} says`, async () => {
    await using folder = await createCliFolder({ "fastgrpc.yaml": file });
    await using program = folder.start(["serve", "server.ts", ...args], { flags: FLAGS, env });
    await assertServes(program, 2);
  });
}

Deno.test("serve tries a worker that cannot be set up any more for as long as others serve", async () => {
  await using folder = await createCliFolder({ "fastgrpc.yaml": "workers: 2" });
  const write = (text: string) => Deno.writeTextFile(`${folder.path}/fastgrpc.yaml`, text);
  await using program = folder.start(["serve", "server.ts"], { flags: FLAGS });
  await program.listening;
  const [killed, other] = await childrenOf(program.pid);
  await write("workers: many");
  Deno.kill(killed!, "SIGKILL");
  // As often as ends the program where workers crash.
  await program.printed(/(?:has ended with exit code 2[^]*?){4}/);
  assertEquals((await childrenOf(program.pid)).includes(other!), true);
  await write("workers: 2");
  const bound = performance.now() + 30_000;
  while ((await childrenOf(program.pid)).length < 2) assertLess(performance.now(), bound);
  await assertServes(program, 2);
});

Deno.test("check and --print-config tell of workers", async () => {
  await using folder = await createCliFolder();
  const check = await folder.run(["check", "server.ts", "--workers=3"]);
  assertStringIncludes(
    check.stdout,
    "127.0.0.1, port 0, plaintext, 3 workers\n",
    transcript(check),
  );
  const printed = await folder.run(["serve", "server.ts", "--workers=auto", "--print-config"]);
  assertStringIncludes(printed.stdout, "workers: auto # --workers\n", transcript(printed));
});

Deno.test("runCli() starts workers of a program of one's own", async () => {
  await using folder = await createCliFolder({
    "main.ts": `import { runCli } from "@fastgrpc/fastgrpc/cli";
Deno.exit(await runCli(Deno.args, { program: "greeter", load: () => import("./server.ts") }));`,
  });
  await using program = startProgram(new URL(`file://${folder.path}/main.ts`), {
    ...{ flags: FLAGS, args: ["--workers=3"], cwd: folder.path },
  });
  await assertServes(program, 3);
});

Deno.test("withoutFlags() leaves out what is Deno's own and not for workers", () => {
  const args = ["run", "-r", "--watch=a", "--inspect", "--hmr", "-A", "main.ts", "-r", "--watch"];
  assertEquals(withoutFlags(args, 2), ["run", "-A", "main.ts", "-r", "--watch"]);
  assertEquals(withoutFlags(["run", "--reload=npm:", "--no-remote", "x"], 0), [
    ...["run", "--no-remote", "x"],
  ]);
});
