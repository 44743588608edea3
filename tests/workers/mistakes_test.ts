/** What is wrong with workers is told once, in the words that it has without them. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { RunOptions } from "../../mod.ts";
import { createCliFolder } from "../support/cli.ts";
import { runCommand, transcript } from "../support/command.ts";
import { startCommand, startProgram } from "../support/program.ts";
import { startWorkerGreeter, WORKER_FLAGS } from "../support/worker_greeter.ts";

const ROOT = new URL("../../", import.meta.url);
const MOD = new URL("mod.ts", ROOT).href;

/** Runs a program that fails, and gives what it printed. */
async function failureOf(run: RunOptions, flags: readonly string[] = []): Promise<string> {
  await using greeter = startWorkerGreeter({ run, flags });
  assertEquals((await greeter.status).code, 1);
  return greeter.output();
}

const MISTAKES: readonly {
  title: string;
  run: RunOptions;
  message: string;
}[] = [
  {
    title: "a PEM file that is not there",
    run: { sslCertificateChain: "none.pem", sslPrivateKey: "none.pem" },
    message: `ConfigError: Cannot read "sslCertificateChain" none.pem`,
  },
  {
    title: "a number of workers that is none",
    run: { workers: 0 },
    message: `RangeError: Cannot use 0 as "workers": a whole number from 1 to 1024`,
  },
  {
    title: "a word for it that is not known",
    run: { workers: "all" as "auto" },
    message: `RangeError: Cannot use all as "workers"`,
  },
];
for (const { title, run, message } of MISTAKES) {
  Deno.test(`run() tells of ${title} before there are workers`, async () => {
    const output = await failureOf(run, ["--allow-read=none.pem"]);
    assertStringIncludes(output, message);
    assertEquals(output.match(/^error:/gm)?.length, 1, output);
  });
}

Deno.test("run() tells of a place among workers that nobody has given it", async () => {
  const main = new URL("../support/child_greeter_main.ts", import.meta.url);
  const env = { FASTGRPC_SUPERVISOR: "1" };
  await using greeter = startProgram(main, { flags: WORKER_FLAGS, env, args: ["{}"] });
  assertEquals((await greeter.status).code, 1);
  assertStringIncludes(greeter.output(), "ConfigError: Cannot tell which worker this is");
});

for (const reusePort of [false, true]) {
  const how = reusePort ? "by a program that would share it" : "by another program";
  Deno.test(`run() with workers does not take a port that is used ${how}`, async () => {
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((resolve) =>
      server.listen({ port: 0, host: "127.0.0.1", reusePort }, resolve)
    );
    const { port } = server.address() as { port: number };
    const output = await failureOf({ port });
    assertStringIncludes(
      output,
      `ConfigError: Cannot listen on port ${port}: it is in use, choose another`,
    );
    assertEquals(output.match(/^error:/gm)?.length, 1, output);
    await new Promise((resolve) => server.close(resolve));
  });
}

Deno.test("run() with workers tells which permissions it lacks", async () => {
  await using greeter = startWorkerGreeter();
  const port = await greeter.port();
  const program = (flags: readonly string[]) =>
    startProgram(new URL("tests/support/worker_greeter_main.ts", ROOT), {
      flags: ["--allow-net=127.0.0.1", ...flags],
      args: [JSON.stringify({ run: { port: port === 1 ? 2 : 0 } })],
    });
  const run = `--allow-run=${Deno.execPath()}`;
  const env = "--allow-env=FASTGRPC_SUPERVISOR";
  for (const [given, missing] of [[[], `${run} ${env}`], [[env], run], [[run], env]] as const) {
    await using denied = program(given);
    assertEquals((await denied.status).code, 1);
    assertMatch(
      denied.output(),
      new RegExp(`ConfigError: Cannot start workers: run Deno with ${missing}$`, "m"),
    );
  }
});

const PROGRAM = `const { FastGRPC } = await import("${MOD}");
await new FastGRPC().run({ workers: 2, port: 0, hostname: "127.0.0.1" });`;

Deno.test("run() with workers is refused in a program that is no file", async () => {
  const config = `--config=${new URL("deno.json", ROOT).pathname}`;
  await using evaluated = startCommand([Deno.execPath(), "eval", config, PROGRAM], { cwd: ROOT });
  assertEquals((await evaluated.status).code, 1);
  assertStringIncludes(evaluated.output(), `Cannot start workers of a program that is no file`);
});

Deno.test("workers that are set up otherwise than the first process are told of once", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    `const { FastGRPC } = await import("${MOD}");
const isWorker = Deno.env.get("FASTGRPC_SUPERVISOR") !== undefined;
const wrong = isWorker ? { sslPrivateKey: "missing.pem" } : {};
await new FastGRPC().run({ workers: 3, port: 0, hostname: "127.0.0.1", ...wrong });`,
  );
  await using program = startProgram(new URL(`file://${file}`), { flags: WORKER_FLAGS });
  assertEquals((await program.status).code, 1);
  assertEquals(program.output().match(/ConfigError/g)?.length, 1, program.output());
  assertStringIncludes(program.output(), "ConfigError: Cannot");
  await Deno.remove(file);
});

Deno.test("serve exits with 2 where workers cannot be started", async () => {
  await using folder = await createCliFolder();
  const result = await folder.run(["serve", "server.ts", "--workers=2"]);
  assertEquals(result.code, 2, transcript(result));
  assertMatch(result.stderr, /^Cannot start workers: run Deno with --allow-run=\S+\n$/);
  const wrong = await folder.run(["serve", "server.ts", "--workers=many"]);
  assertEquals(wrong.code, 2, transcript(wrong));
  assertStringIncludes(
    wrong.stderr,
    '--workers is "many": a whole number from 1 to 1024, or auto is wanted',
  );
});

Deno.test("a program that is given by its standard input has no workers", async () => {
  const config = new URL("deno.json", ROOT).pathname;
  const { code, stderr } = await runCommand("sh", [
    "-c",
    `printf '%s' "$1" | "$2" run -A --quiet --config="$3" -`,
    ...["sh", PROGRAM, Deno.execPath(), config],
  ]);
  assertEquals(code, 1);
  assert(stderr.includes("a program that is no file"), stderr);
});
