import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createCliFolder } from "../support/cli.ts";
import { runCommand, transcript } from "../support/command.ts";
import { createProbePem, HEALTH_CASES, serveHealth } from "../support/health_cases.ts";
import { healthPermissions, runHealth } from "../support/health_probes.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("health tells the state of a server by its exit code, with as few permissions as it says", async (t) => {
  await using pem = await createProbePem();
  await using folder = await createCliFolder();
  for (const { title, start, flags, code, prints, says } of HEALTH_CASES) {
    await t.step(title, async () => {
      await using server = await start(pem);
      const result = await runHealth(folder, { port: server.port, flags, pem });
      assertEquals(result.code, code, transcript(result));
      assertEquals(result.stdout, prints === undefined ? "" : `${prints}\n`);
      if (says === undefined) assertEquals(result.stderr, "");
      else assertMatch(result.stderr, says);
      assert(!result.stderr.includes("    at "), result.stderr);
    });
  }
});

Deno.test("health goes on trying to connect, for a server may be about to start", async () => {
  await using folder = await createCliFolder();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  await using program = folder.start(["health", "--connect-timeout=20s", `localhost:${port}`], {
    flags: healthPermissions(port),
  });
  // The first try fails.
  (await listener.accept()).close();
  listener.close();
  await using _ = await serveHealth({ port });
  assertEquals([(await program.status).code, program.output()], [0, "SERVING\n"]);
});

Deno.test("health takes addresses of IPv4 and IPv6, URLs, and metadata", async () => {
  await using folder = await createCliFolder();
  await using server = await serveHealth({ hostname: "::" });
  const { port } = server;
  for (
    const [address, net, ...rest] of [
      [`127.0.0.1:${port}`, "127.0.0.1"],
      [`[::1]:${port}`, "[::1]"],
      [`:${port}`, "localhost"],
      [`http://localhost:${port}/`, "localhost", "--plaintext"],
      [`localhost:${port}`, "localhost", "-H", "x-a: b", "--metadata=x-a-bin: AAEC"],
    ] as const
  ) {
    const result = await folder.run(["health", address, ...rest], {
      flags: [`--allow-net=${net}:${port}`],
    });
    assertEquals([result.code, result.stdout], [0, "SERVING\n"], transcript(result));
  }
});

const WRONG: readonly (readonly [args: readonly string[], stderr: RegExp])[] = [
  [[], /^Cannot run "health" without <address>: give the server's address/],
  [["localhost:99999"], /a port is from 1 to 65535/],
  [["localhost:0"], /a port is from 1 to 65535/],
  [["localhost"], /it has no port/],
  [["::1"], /IPv6 wants brackets/],
  [["::1:50051"], /IPv6 wants brackets/],
  [["unix:/run/app.sock"], /"unix:" is not supported/],
  [["dns:///localhost:1"], /"dns:" is not supported/],
  [["https://localhost:1/a"], /it has a path/],
  [["http://a@localhost:1"], /it has a user's name/],
  [["a b:1"], /it is none/],
  [["[::1:1"], /it is none|IPv6/],
  [["http://:1"], /it is none/],
  [["localhost:1", "--timeout=0"], /"--timeout": a duration must be greater than 0/],
  [["localhost:1", "--connect-timeout=1x"], /"--connect-timeout": a duration is/],
  [["localhost:1", "--plaintext", "--tls"], /^Cannot use --tls with --plaintext/],
  [["https://localhost:1", "--no-tls"], /^Cannot use https:\/\/ with --no-tls/],
  [["http://localhost:1", "--server-name=a"], /^Cannot use --server-name with http:\/\//],
  [["localhost:1", "--tls", "--server-name=a:1"], /"a:1": a host's name is wanted/],
  [["localhost:1", "--client-private-key=a"], /alone: set --client-certificate-chain as well/],
  [["localhost:1", "--ca-certificate=nowhere.pem"], /^Cannot read --ca-certificate nowhere\.pem: /],
  [
    ["localhost:1", "--ca-certificate=server.ts"],
    /^Cannot use --ca-certificate server\.ts: it has no/,
  ],
  [["localhost:1", "-H", "a"], /write it as "name: value"/],
  [["localhost:1", "-H", "te: a"], /"te" is what calls have of themselves/],
  [["localhost:1", "-H", "grpc-timeout: 1S"], /is what calls have of themselves/],
  [["localhost:1", "-H", "a-bin: ä"], /the value of "a-bin" is to be base64/],
  [["localhost:1", "-H", "a: ä"], /a value has printable ASCII/],
  [["localhost:1", "-H", "a b: c"], /a name has letters/],
  [["localhost:1", "--reconnect"], /^Cannot use --reconnect without --watch/],
  [["localhost:1", "--wach"], /did you mean "--watch"\?/],
];

Deno.test("health fails with 1 of wrong usage, as grpc-health-probe does", async () => {
  await using folder = await createCliFolder();
  const options = { flags: ["--allow-net=localhost:1", "--allow-read=."] };
  for (const [args, stderr] of WRONG) {
    const result = await folder.run(["health", ...args], options);
    assertEquals([result.code, result.stdout], [1, ""], `${args}: ${transcript(result)}`);
    assertMatch(result.stderr, stderr);
  }
});

Deno.test("health tells which permission it lacks", async () => {
  await using folder = await createCliFolder();
  const net = await folder.run(["health", "localhost:47"], { flags: [] });
  assertEquals(net.code, 1, transcript(net));
  assertMatch(net.stderr, /^Cannot connect to .*: allow it by --allow-net=localhost:47\n$/);
  const read = await folder.run(["health", "localhost:47", "--ca-certificate=a.pem"], {
    flags: [],
  });
  assertEquals(read.code, 1, transcript(read));
  assertMatch(read.stderr, /^Cannot read --ca-certificate a\.pem: Requires read access to/);
});

Deno.test("health of a program of one's own does not load its app", async () => {
  await using folder = await createCliFolder({
    "main.ts": `import { runCli } from "@fastgrpc/fastgrpc/cli";
Deno.exit(await runCli(Deno.args, { program: "own", load: () => import("./app.ts") }));`,
    "app.ts": `console.log("loaded"); throw new Error("loaded");`,
  });
  await using server = await serveHealth();
  const result = await runCommand(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", `--config=${fileURLToPath(new URL("deno.json", ROOT))}`],
    ...healthPermissions(server.port),
    ...[`${folder.path}/main.ts`, "health", `localhost:${server.port}`],
  ]);
  assertEquals([result.code, result.stdout, result.stderr], [0, "SERVING\n", ""]);
});

Deno.test("health loads neither the server's code, nor the client's, nor what they take of others", async () => {
  const loaded = new Set<string>();
  for (
    const entry of [
      "src/cli.ts",
      "src/cli/health.ts",
      "src/cli/health_question.ts",
      "src/cli/health_probe.ts",
    ]
  ) {
    for (const name of await staticGraph(entry)) loaded.add(name);
  }
  const heavy = [...loaded].filter((name) => !LIGHT.test(name));
  assertEquals(heavy, []);
});

/** All that a health probe may load. */
const LIGHT =
  /^src\/(cli|cli\/[a-z_]+|config_error|suggest|duration|transport\/session_shield|deps\/(leven|wire))\.ts$/;

/** A file and all that it imports, and they, at once. */
async function staticGraph(entry: string): Promise<string[]> {
  const all = new Set([entry]);
  for (const name of all) {
    const text = await Deno.readTextFile(new URL(name, ROOT));
    for (
      const [, target] of text.matchAll(/^(?:import|export)\s(?!type )[^;]*?from "(\.[^"]+)"/gm)
    ) {
      all.add(new URL(target!, new URL(name, "file:///")).pathname.slice(1));
    }
  }
  return [...all];
}
