import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { startProgram } from "../support/program.ts";

/** The module may be read, as Deno wants it of what is loaded by its name, and nothing else. */
const NO_CONFIG = [
  "--allow-net=127.0.0.1",
  `--allow-read=server.ts,${fileURLToPath(new URL("../../", import.meta.url))}`,
];

/** What is printed of a key. */
function lineOf(output: string, key: string): string | undefined {
  return output.split("\n").find((line) => line.trim().startsWith(`${key}:`))?.trim();
}

interface Order {
  readonly code: boolean;
  readonly file: boolean;
  readonly environment: boolean;
  readonly flag: boolean;
  readonly line: string;
}

/** Who sets it, and whose value holds. */
const ORDERS: readonly Order[] = [
  { code: true, file: false, environment: false, flag: false, line: "lameDuck: 1s # code" },
  {
    code: true,
    file: true,
    environment: false,
    flag: false,
    line: "lameDuck: 2s # fastgrpc.yaml:2",
  },
  {
    code: true,
    file: true,
    environment: true,
    flag: false,
    line: "lameDuck: 3s # FASTGRPC_LAME_DUCK",
  },
  { code: true, file: true, environment: true, flag: true, line: "lameDuck: 4s # --lame-duck" },
  { code: true, file: true, environment: false, flag: true, line: "lameDuck: 4s # --lame-duck" },
  {
    code: true,
    file: false,
    environment: true,
    flag: false,
    line: "lameDuck: 3s # FASTGRPC_LAME_DUCK",
  },
  { code: false, file: false, environment: true, flag: true, line: "lameDuck: 4s # --lame-duck" },
  {
    code: false,
    file: true,
    environment: false,
    flag: false,
    line: "lameDuck: 2s # fastgrpc.yaml:2",
  },
];

for (const { code, file, environment, flag, line } of ORDERS) {
  const who = Object.entries({ code, file, environment, flag })
    .flatMap(([name, sets]) => sets ? name : []);
  Deno.test(`serve takes "${line}" where ${who.join(", ")} set it`, async () => {
    await using folder = await createCliFolder({
      "app.ts": `import { FastGRPC } from "@fastgrpc/fastgrpc";
await new FastGRPC().run(${code ? `{ lameDuck: "1s" }` : ""});`,
      ...file && { "fastgrpc.yaml": "# 1\nlameDuck: 2s\n" },
    });
    const result = await folder.run(
      ["serve", "app.ts", "--print-config", ...flag ? ["--lame-duck=4s"] : []],
      { env: environment ? { FASTGRPC_LAME_DUCK: "3s" } : {} },
    );
    assertEquals(result.code, 0, transcript(result));
    assertEquals(lineOf(result.stdout, "lameDuck"), line);
  });
}

Deno.test("serve --print-config shows what holds of each layer of timeouts, and is a file itself", async () => {
  await using folder = await createCliFolder({
    "fastgrpc.yaml": "timeouts:\n  services: { greeter.v1.Greeter: 7s }\n",
  });
  const args = [
    "serve",
    "server.ts",
    "--print-config",
    "--method-timeout=greeter.v1.Greeter/Chat=.inf",
  ];
  const { code, stdout } = await folder.run(args, {
    env: { FASTGRPC_METHOD_TIMEOUT: "greeter.v1.Greeter/SayHello=1s,greeter.v1.Greeter/Chat=2s" },
  });
  assertEquals(code, 0);
  assertStringIncludes(
    stdout,
    `timeouts:
  global: 30s # code
  services:
    greeter.v1.Greeter: 7s # fastgrpc.yaml:2
  methods:
    greeter.v1.Greeter/Chat: .inf # --method-timeout
    greeter.v1.Greeter/SayHello: 1s # FASTGRPC_METHOD_TIMEOUT
limits:
  maxReceiveBytes: 2048 # code
`,
  );
  await folder.write("effective.yaml", stdout);
  const again = await folder.run([
    "serve",
    "server.ts",
    "--print-config",
    "--config=effective.yaml",
  ]);
  const values = (text: string) =>
    text.split("\n").slice(1).map((line) => line.replace(/ # .*/, ""));
  assertEquals(values(again.stdout), values(stdout));
});

Deno.test("serve takes the file of --config before FASTGRPC_CONFIG before fastgrpc.yaml", async () => {
  await using folder = await createCliFolder({
    "fastgrpc.yaml": "port: 1",
    "b.yaml": "port: 2",
    "c.yaml": "port: 3",
  });
  const portOf = async (args: readonly string[], env: Record<string, string>) =>
    lineOf(
      (await folder.run(["serve", "server.ts", "--print-config", ...args], { env })).stdout,
      "port",
    );
  assertEquals(await portOf([], {}), "port: 1 # fastgrpc.yaml:1");
  assertEquals(await portOf([], { FASTGRPC_CONFIG: "b.yaml" }), "port: 2 # b.yaml:1");
  assertEquals(
    await portOf(["--config=c.yaml"], { FASTGRPC_CONFIG: "b.yaml" }),
    "port: 3 # c.yaml:1",
  );
});

Deno.test("serve reads no file and no variable that it has no permission for, and does not ask", async () => {
  await using folder = await createCliFolder({ "fastgrpc.yaml": "port: x" });
  const env = { FASTGRPC_PORT: "y", FASTGRPC_LAME_DUCK: "3s" };
  const args = ["serve", "server.ts", "--print-config"];
  const bare = await folder.run(args, { flags: NO_CONFIG, env });
  assertEquals([bare.code, bare.stderr], [0, ""], transcript(bare));
  assertEquals(
    bare.stdout.split("\n")[0],
    "# no fastgrpc.yaml looked for: allow it by --allow-read=fastgrpc.yaml",
  );
  assertEquals(lineOf(bare.stdout, "port"), "port: 0 # code");

  const one = await folder.run(args, {
    flags: [...NO_CONFIG, "--allow-env=FASTGRPC_LAME_DUCK"],
    env,
  });
  assertEquals(lineOf(one.stdout, "lameDuck"), "lameDuck: 3s # FASTGRPC_LAME_DUCK");
  assertEquals(lineOf(one.stdout, "port"), "port: 0 # code");
});

Deno.test("app.run() of a module that runs by itself reads no file and no variable", async () => {
  await using folder = await createCliFolder({ "fastgrpc.yaml": "port: x" });
  await using program = startProgram(new URL(`file://${folder.path}/server.ts`), {
    flags: ["--allow-net=127.0.0.1", "--allow-read", "--allow-env"],
    cwd: folder.path,
    env: { FASTGRPC_PORT: "y", FASTGRPC_LOG_LEVEL: "fatal" },
  });
  await program.listening;
});

/** What is wrong, and what is said of it. */
const WRONG: readonly (readonly [
  what: string,
  given: { file?: string; args?: string[]; env?: Record<string, string>; flags?: string[] },
  stderr: string,
])[] = [
  [
    "a key that is misspelt",
    { file: "timeouts:\n  servces: {}\n" },
    `fastgrpc.yaml:2: timeouts.servces is not known: did you mean "services"?\n`,
  ],
  [
    "a service that the app does not have",
    { file: "timeouts:\n  services:\n    greeter.v1.Greter: 5s\n" },
    `fastgrpc.yaml:3: timeouts.services has "greeter.v1.Greter", which is no service of the app: ` +
    `did you mean "greeter.v1.Greeter"?\n`,
  ],
  [
    "a method that the app does not have",
    { env: { FASTGRPC_METHOD_TIMEOUT: "greeter.v1.Greeter/sayHello=5s" } },
    `FASTGRPC_METHOD_TIMEOUT: timeouts.methods has "greeter.v1.Greeter/sayHello", which is no ` +
    `method of the app: did you mean "greeter.v1.Greeter/SayHello"?\n`,
  ],
  [
    "YAML that is broken",
    { file: "port: 1\nlimits: [\n" },
    "fastgrpc.yaml:3: Cannot read flow collection: unexpected end of the stream within a flow " +
    "collection\n",
  ],
  [
    "a file that is not there",
    { args: ["--config=nowhere.yaml"] },
    'Cannot read configuration "nowhere.yaml": No such file or directory',
  ],
  [
    "a file that it may not read",
    { args: ["--config=other.yaml"], flags: NO_CONFIG },
    'Cannot read configuration "other.yaml": allow it by --allow-read=other.yaml\n',
  ],
  [
    "options that do not go together",
    { file: "limits:\n  maxConnectionAgeGrace: 5s\n" },
    'Cannot use "maxConnectionAgeGrace" without a "maxConnectionAge": set both, or neither\n',
  ],
  [
    "a key of TLS alone",
    { args: ["--ssl-private-key=key.pem"] },
    'Cannot serve TLS with "sslPrivateKey" alone: set "sslCertificateChain" as well\n',
  ],
];

for (const [what, { file, args = [], env = {}, flags }, stderr] of WRONG) {
  Deno.test(`serve refuses ${what} with 2, before a port is opened`, async () => {
    await using folder = await createCliFolder(file === undefined ? {} : { "fastgrpc.yaml": file });
    const result = await folder.run(["serve", "server.ts", ...args], {
      env,
      ...(flags !== undefined && { flags }),
    });
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, stderr);
    assertEquals(result.stderr.includes("    at "), false, result.stderr);
  });
}

Deno.test("serve --print-schema prints the schema of the module's app, whatever is configured", async () => {
  await using folder = await createCliFolder({ "fastgrpc.yaml": "port: x" });
  const { code, stdout } = await folder.run(["serve", "server.ts", "--print-schema"]);
  assertEquals(code, 0);
  const { $schema, properties } = JSON.parse(stdout);
  assertMatch($schema, /draft-07/);
  assertEquals(
    Object.keys(properties.timeouts.properties.methods.properties),
    ["SayHello", "SayHelloTimes", "SayHelloToAll", "Chat"].map((name) =>
      `greeter.v1.Greeter/${name}`
    ),
  );
});
