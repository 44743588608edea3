import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import { type CliFolder, createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { assertExitsWell, startProgram } from "../support/program.ts";

/** Serves a folder's module, and calls it while it is served. */
async function whileServed(
  folder: CliFolder,
  args: readonly string[],
  work: (client: ReturnType<typeof createGreeter>) => Promise<void>,
): Promise<string> {
  await using program = folder.start(["serve", "server.ts", ...args]);
  {
    await using client = createGreeter(await program.listening);
    await work(client);
  }
  program.kill("SIGTERM");
  await assertExitsWell(program);
  return program.output();
}

function createGreeter(port: number) {
  return createClient(Greeter, `http://127.0.0.1:${port}`);
}

async function codeOf(call: Promise<unknown>): Promise<Code> {
  return (await assertRejects(() => call, ConnectError)).code;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`serve serves the app of a module until ${signal}, and exits with 0`, async () => {
    await using folder = await createCliFolder();
    await using program = folder.start(["serve", "server.ts"]);
    {
      await using client = createGreeter(await program.listening);
      assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
    }
    program.kill(signal);
    await assertExitsWell(program);
    assertStringIncludes(program.output(), "Shutting down gracefully...");
  });
}

Deno.test("serve waits at a signal for as long as the operator says, not the code", async () => {
  await using folder = await createCliFolder();
  await using program = folder.start(["serve", "server.ts", "--graceful-timeout=20s"]);
  await using client = createGreeter(await program.listening);
  const replies = client.sayHelloTimes({ name: "Ada", times: 3, intervalMs: 100 })
    [Symbol.asyncIterator]();
  await replies.next();
  program.kill("SIGTERM");
  await program.printed(/Shutting down/);
  assertEquals((await replies.next()).value?.message, "Hello Ada");
  assertEquals((await replies.next()).value?.message, "Hello Ada");
  assertEquals((await replies.next()).done, true);
  await assertExitsWell(program);
});

Deno.test("serve holds calls to the timeouts of the operator, of each layer over the code's", async () => {
  await using folder = await createCliFolder({
    "fastgrpc.yaml": "timeouts:\n  methods:\n    greeter.v1.Greeter/SayHelloTimes: 100ms\n",
  });
  await whileServed(folder, ["--service-timeout=greeter.v1.Greeter=200ms"], async (client) => {
    const slow = { name: "Ada", times: 2, intervalMs: 60_000 };
    assertEquals(await codeOf(Array.fromAsync(client.sayHelloTimes(slow))), Code.DeadlineExceeded);
    // The service's, for one without its own.
    const endless = async function* () {
      yield { name: "Ada" };
      await new Promise(() => {});
    };
    const { message } = await assertRejects(() => client.sayHelloToAll(endless()), ConnectError);
    assertStringIncludes(message, "deadline exceeded after 200ms");
  });
});

Deno.test("serve holds services in code to the timeouts of the operator", async () => {
  await using folder = await createCliFolder({
    "server.ts": `
import { FastGRPC } from "@fastgrpc/fastgrpc";
import { z } from "zod";
const app = new FastGRPC({ name: "greeter.v1.Greeter", timeout: "30s" });
const Name = z.object({ name: z.string() });
const Hello = z.object({ message: z.string() });
app.unaryUnary("SayHello", { request: Name, response: Hello, timeout: "20s" }, () => new Promise(() => {}));
await app.run({ port: 0, hostname: "127.0.0.1" });`,
  });
  await whileServed(
    folder,
    ["--method-timeout=greeter.v1.Greeter/SayHello=100ms"],
    async (client) => {
      const { message } = await assertRejects(() => client.sayHello({ name: "Ada" }), ConnectError);
      assertStringIncludes(message, "deadline exceeded after 100ms");
    },
  );
});

Deno.test("serve takes messages of the size that the operator says", async () => {
  await using folder = await createCliFolder();
  const name = "x".repeat(3000);
  await whileServed(folder, [], async (client) => {
    assertEquals(await codeOf(client.sayHello({ name })), Code.ResourceExhausted);
  });
  await whileServed(folder, ["--max-receive-bytes=4096"], async (client) => {
    assertEquals((await client.sayHello({ name })).message.length, 3006);
  });
  await whileServed(
    folder,
    ["--max-receive-bytes=4096", "--max-send-bytes=100"],
    async (client) => {
      assertEquals(await codeOf(client.sayHello({ name })), Code.ResourceExhausted);
    },
  );
});

Deno.test("serve writes a log of JSON, from the level that the operator says", async () => {
  await using folder = await createCliFolder({ "fastgrpc.yaml": "logging: { format: json }" });
  const hello = async (client: ReturnType<typeof createGreeter>) =>
    void await client.sayHello({ name: "Ada" });
  const lines = (await whileServed(folder, [], hello)).trim().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(lines[0].message, 'Configured by "fastgrpc.yaml"');
  assertEquals(
    lines.some(({ properties }) => properties.method === "/greeter.v1.Greeter/SayHello"),
    true,
  );

  await folder.write(
    "server.ts",
    (await Deno.readTextFile(`${folder.path}/server.ts`)).replace(
      `port: 0`,
      `port: 0, onListen: ({ port }) => console.log("Listening on 127.0.0.1:" + port)`,
    ),
  );
  const output = await whileServed(folder, ["--log-level=warning"], hello);
  assertMatch(output, /^Listening on 127\.0\.0\.1:\d+\n$/);
});

Deno.test("serve lets nobody set the log of a module that configures it itself", async () => {
  await using folder = await createCliFolder();
  await folder.write(
    "logged.ts",
    `import { configureSync } from "@logtape/logtape";
configureSync({ sinks: {}, loggers: [{ category: ["logtape", "meta"], lowestLevel: "warning" }] });
await import("./server.ts");`,
  );
  const result = await folder.run(["serve", "logged.ts", "--log-level=info"]);
  assertEquals(result.code, 2, transcript(result));
  assertStringIncludes(result.stderr, 'Cannot set "logging": the module configures LogTape itself');
});

Deno.test("serve takes the app that is picked", async () => {
  await using folder = await createCliFolder();
  await folder.write(
    "two.ts",
    `export { app } from "./server.ts"; export { other } from "./other.ts";`,
  );
  await folder.write(
    "other.ts",
    `import { FastGRPC } from "@fastgrpc/fastgrpc";
export const other = new FastGRPC();
await other.run({ port: 0, hostname: "127.0.0.1" });`,
  );
  await using program = folder.start(["serve", "two.ts", "--app=other"]);
  await using client = createGreeter(await program.listening);
  assertEquals(await codeOf(client.sayHello({})), Code.Unimplemented);
});

Deno.test("serve takes a module by its URL, and one that only exports its app", async () => {
  await using folder = await createCliFolder();
  await folder.write(
    "server.ts",
    (await Deno.readTextFile(`${folder.path}/server.ts`)).replace(/await app\.run.*/, ""),
  );
  const url = `file://${folder.path}/server.ts`;
  await using program = folder.start(["serve", url, "--hostname=127.0.0.1", "--port=0"]);
  await using client = createGreeter(await program.listening);
  assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
});

/** A module that cleans up after `app.run()`. */
const CLEANING_UP = `
import { FastGRPC } from "@fastgrpc/fastgrpc";
await using _database = { [Symbol.asyncDispose]: () => void console.log("database closed") };
const unused = new FastGRPC();
await new FastGRPC().run({ port: 0, hostname: "127.0.0.1" });
console.log("after run()");
`;

Deno.test("serve lets the module wait in app.run(), and clean up afterwards", async () => {
  await using folder = await createCliFolder({ "server.ts": CLEANING_UP });
  await using program = folder.start(["serve", "server.ts"]);
  await program.listening;
  assertEquals(/after run|closed/.test(program.output()), false);
  program.kill("SIGTERM");
  await assertExitsWell(program);
  assertMatch(program.output(), /The server has stopped\nafter run\(\)\ndatabase closed\n$/);
});

Deno.test("serve serves an app that is run without being waited for", async () => {
  await using folder = await createCliFolder({
    "server.ts": CLEANING_UP.replace("await new", "void new").replace("await using", "const"),
  });
  await using program = folder.start(["serve", "server.ts"]);
  await program.listening;
  program.kill("SIGTERM");
  await assertExitsWell(program);
});

Deno.test("serve fails in app.run(), where the module may see it", async () => {
  const folder = await createCliFolder({
    "server.ts": CLEANING_UP.replace(
      /await new FastGRPC.*/,
      (run) =>
        `try { ${run} } catch (error) { console.log("seen: " + error.message); throw error; }`,
    ),
  });
  await using _ = folder;
  const { code, stdout, stderr } = await folder.run([
    "serve",
    "server.ts",
    "--timeout=5s",
    "--service-timeout=a.B=5s",
  ]);
  assertEquals(code, 2);
  assertMatch(
    stdout,
    /^seen: --service-timeout: timeouts\.services has "a\.B"[^]*\ndatabase closed\n$/,
  );
  assertMatch(stderr, /^--service-timeout: timeouts\.services has "a\.B", which is no service/);
});

Deno.test("serve fails where the module ends the program before it serves", async () => {
  const code =
    'import { FastGRPC } from "@fastgrpc/fastgrpc";\nexport const app = new FastGRPC();\n';
  await using folder = await createCliFolder({ "server.ts": `${code}Deno.exit();` });
  const result = await folder.run(["serve", "server.ts", "--port=0"], { flags: ["-A"] });
  assertEquals([result.code, result.stdout], [1, ""], transcript(result));
  assertStringIncludes(result.stderr, 'Cannot load "server.ts" to its end: it calls Deno.exit()');
});

Deno.test("serve serves none of several apps that are run at the same time", async () => {
  await using folder = await createCliFolder({
    "server.ts": `
import { FastGRPC } from "@fastgrpc/fastgrpc";
const options = { port: 0, hostname: "127.0.0.1" };
await Promise.all([new FastGRPC().run(options), new FastGRPC().run(options)]);`,
  });
  const result = await folder.run(["serve", "server.ts"]);
  assertEquals([result.code, result.stdout], [2, ""], transcript(result));
  assertStringIncludes(
    result.stderr,
    'Cannot choose between the 2 apps of "server.ts": export them',
  );
});

Deno.test("runCli() serves the app of a program of one's own, by no command at all", async () => {
  await using folder = await createCliFolder({
    "main.ts": `import { runCli } from "@fastgrpc/fastgrpc/cli";
Deno.exit(await runCli(Deno.args, { program: "greeter", load: () => import("./server.ts") }));`,
  });
  const main = new URL(`file://${folder.path}/main.ts`);
  const flags = ["--allow-net=127.0.0.1", "--allow-read"];
  for (const args of [[], ["serve"], ["--log-format=json"]]) {
    await using program = startProgram(main, { flags, args, cwd: folder.path });
    await using client = createGreeter(await program.listening);
    assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
    program.kill("SIGTERM");
    await assertExitsWell(program);
  }
  await using help = startProgram(main, { flags, args: ["--help"], cwd: folder.path });
  await assertExitsWell(help);
  assertStringIncludes(help.output(), "greeter [command] [options]");
  await using check = startProgram(main, { flags, args: ["check"], cwd: folder.path });
  await assertExitsWell(check);
  assertStringIncludes(check.output(), "greeter.v1.Greeter");
});
