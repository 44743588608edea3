import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import "./support/shield_clients.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { createClient } from "../src/client.ts";
import { type CommandResult, runCommand, transcript } from "./support/command.ts";
import { type Compiled, flagsOf, readCompiled, runCompile } from "./support/compiled.ts";
import { createDenoDir } from "./support/deno_dir.ts";
import { walkFiles } from "./support/files.ts";
import { assertExitsWell, type Program, startCommand } from "./support/program.ts";
import { createStoredZip } from "./support/stored_zip.ts";

/** In place of Deno's runtime part, which may be out of reach: any program is the same for what is tested. */
const RUNTIME = "/bin/true";
const RUNTIME_FILE = `release/v${Deno.version.deno}/denort-${Deno.build.target}.zip`;
/** Nobody listens there. */
const NO_NETWORK = { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" };

const isLinux = Deno.build.os === "linux";
const SERVE = ["--port=0"];

Deno.test({
  name: "deno task compile bakes in what the example needs, and nothing else",
  ignore: !isLinux,
  async fn() {
    const { permissions, entry, files } = await compile();
    const { allow_import: _hosts, deny_import: _none, ...others } = permissions;
    const given = Object.entries(others).filter(([, values]) => values !== null);
    assertEquals(Object.fromEntries(given), {
      allow_env: ["FASTGRPC_*"],
      allow_net: ["0.0.0.0", "[::]", "127.0.0.1", "localhost"],
      allow_read: ["certs", "fastgrpc.yaml"],
      allow_write: ["certs"],
      prompt: false,
    });
    assertEquals([...files.keys()], [entry]);
  },
});

Deno.test({
  name: "what deno task compile embeds serves with TLS, in a folder and a cache that are empty",
  ignore: !isLinux,
  async fn() {
    const compiled = await compile();
    await using folder = await createFolder();
    // It makes its certificates itself, and finds them relative to where it runs.
    assertEquals((await run(compiled, folder.path, ["certs"])).code, 0);
    await using program = await start(compiled, folder.path, SERVE);
    const port = await program.listening;
    const tls = { caCertificate: `${folder.path}/certs/ca.pem` };
    await using client = createClient(Greeter, `https://localhost:${port}`, { tls });
    assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
    // As an exec probe asks, by the same binary.
    const probe = ["health", "--ca-certificate=certs/ca.pem"];
    for (const address of [`https://127.0.0.1:${port}`, `:${port}`, `localhost:${port}`]) {
      const { code, stdout, stderr } = await run(compiled, folder.path, [...probe, address]);
      assertEquals({ code, stdout, stderr }, { code: 0, stdout: "SERVING\n", stderr: "" });
    }
    program.kill("SIGTERM");
    await assertExitsWell(program);
    assertStringIncludes(program.output(), "Shutting down gracefully...");
    assertEquals((await run(compiled, folder.path, [...probe, `:${port}`])).code, 2);
    const cached = await walkFiles(new URL(`file://${folder.path}/deno/`));
    assertEquals(cached.filter((path) => /^(npm|remote)\//.test(path)), []);
  },
});

Deno.test({
  name: "what deno task compile embeds has all commands, and defaults that an operator sets over",
  ignore: !isLinux,
  async fn() {
    const compiled = await compile();
    await using folder = await createFolder();
    const help = await run(compiled, folder.path, ["--help"]);
    assertMatch(help.stdout, /^server: .*\n/);
    for (const { name } of COMMANDS) assertMatch(help.stdout, new RegExp(`^  ${name} `, "m"));

    const missing = await run(compiled, folder.path, []);
    assertEquals(missing.code, 2, transcript(missing));
    assertStringIncludes(missing.stderr, 'Cannot read "sslCertificateChain" certs/server.pem: ');

    await run(compiled, folder.path, ["certs"]);
    const defaults = await run(compiled, folder.path, ["check"]);
    assertMatch(defaults.stdout, /^all addresses, port 50051, TLS\nno fastgrpc\.yaml here\n/);
    assertMatch(defaults.stdout, /^ {2}SayHello +unary +30s$/m);

    const yaml = "hostname: 127.0.0.1\ntimeouts: { global: 5s }\ncaCertificate: certs/ca.pem\n";
    await Deno.writeTextFile(`${folder.path}/fastgrpc.yaml`, yaml);
    const env = { FASTGRPC_PORT: "8443", FASTGRPC_TIMEOUT: "7s" };
    const set = await run(compiled, folder.path, ["check", "--timeout=9s"], env);
    assertMatch(set.stdout, /^127\.0\.0\.1, port 8443, mTLS\nconfigured by fastgrpc\.yaml\n/);
    assertMatch(set.stdout, /^ {2}SayHello +unary +9s$/m);
  },
});

/** What is baked in, and what it is for: a command, and how that ends without it. */
const NEEDED: Readonly<Record<string, readonly [args: readonly string[], output: RegExp]>> = {
  "[::]": [SERVE, /^Cannot listen on \[::\]:0: run Deno with --allow-net=/],
  "0.0.0.0": [[...SERVE, "--hostname=0.0.0.0"], /^Cannot listen on 0\.0\.0\.0:0: run Deno with/],
  "127.0.0.1": [[...SERVE, "--hostname=127.0.0.1"], /^Cannot listen on 127\.0\.0\.1:0: run Deno/],
  "localhost": [
    ["health", ":1"],
    /^Cannot connect to http:\/\/localhost:1: allow it by --allow-net/,
  ],
  "fastgrpc.yaml": [["check"], /\nno fastgrpc\.yaml looked for: allow it by --allow-read/],
  "certs": [["check"], /^Cannot read "sslCertificateChain" certs\/server\.pem: .* read access/],
  "allow_write": [["certs", "--force"], /^Cannot write ".*: Requires write access/],
  // That of the test says so.
  "FASTGRPC_*": [["check"], /^all addresses, port 50051, /],
};

Deno.test({
  name: "the example needs each of the permissions that are baked in",
  ignore: !isLinux,
  async fn() {
    const compiled = await compile();
    const { permissions } = compiled;
    const names = ["allow_net", "allow_read", "allow_env"] as const;
    const all = names.flatMap((name) => permissions[name] ?? []);
    assertEquals([...all, "allow_write"].sort(), Object.keys(NEEDED).sort());
    await using folder = await createFolder();
    await run(compiled, folder.path, ["certs"]);
    for (const [removed, [args, output]] of Object.entries(NEEDED)) {
      const lists = Object.entries(permissions).map(([name, values]) => {
        const isWhole = name === removed || !Array.isArray(values);
        const isMeant = name !== "allow_write";
        return [
          name,
          isWhole ? null : values.filter((each) => !isMeant || each !== removed),
        ] as const;
      }).filter(([, values]) => values === null || values.length > 0);
      const without = { ...compiled, permissions: { prompt: false, ...Object.fromEntries(lists) } };
      const result = await run(without, folder.path, args, { FASTGRPC_PORT: "1" });
      assertMatch(result.stderr + result.stdout, output, `it does the same without ${removed}`);
    }
  },
});

Deno.test({
  name: "deno task compile says what it wants where Deno's downloads are out of reach",
  ignore: !isLinux,
  async fn() {
    // By this esbuild, which comes from npm, is in the cache.
    await compile();
    await using cache = await createDenoDir();
    await using folder = await createFolder();
    const env = { ...NO_NETWORK, DENO_DIR: cache.path };
    const result = await runCompile(`${folder.path}/server`, env);
    assertEquals(result.code, 1, transcript(result));
    assertStringIncludes(result.stderr, `https://dl.deno.land/${RUNTIME_FILE}`);
  },
});

Deno.test({
  name: "deno task compile takes Deno's runtime part from the cache, without a network",
  ignore: !isLinux,
  async fn() {
    const { permissions } = await compile();
    await using cache = await createDenoDir();
    await using folder = await createFolder();
    const archive = new URL(`file://${cache.path}/dl/${RUNTIME_FILE}`);
    await Deno.mkdir(new URL(".", archive), { recursive: true });
    await Deno.writeFile(archive, createStoredZip("denort", await Deno.readFile(RUNTIME)));
    const output = `${folder.path}/server`;
    const result = await runCompile(output, { ...NO_NETWORK, DENO_DIR: cache.path });
    assertEquals(result.code, 0, transcript(result));
    assertEquals(readCompiled(await Deno.readFile(output)).permissions, permissions);
  },
});

let compiled: Promise<Compiled> | undefined;

/** Compiles once for all tests. */
function compile(): Promise<Compiled> {
  return compiled ??= (async () => {
    await using folder = await createFolder();
    const output = `${folder.path}/server`;
    const result = await runCompile(output, { DENORT_BIN: RUNTIME });
    assertEquals(result.code, 0, transcript(result));
    return readCompiled(await Deno.readFile(output));
  })();
}

/** Puts what is embedded into a folder, and tells how to run it without anything from elsewhere. */
async function unpack({ entry, files, permissions }: Compiled, folder: string) {
  await Deno.writeFile(`${folder}/${entry}`, files.get(entry)!);
  const alone = ["--no-config", "--no-remote", "--no-npm", "--no-prompt", "--quiet"];
  return {
    command: [Deno.execPath(), "run", ...alone, ...flagsOf(permissions), entry],
    env: { DENO_DIR: `${folder}/deno`, ...NO_NETWORK },
  };
}

/** Starts what is embedded. */
async function start(compiled: Compiled, cwd: string, args: readonly string[]): Promise<Program> {
  const { command, env } = await unpack(compiled, cwd);
  return startCommand([...command, ...args], { cwd, env });
}

/** Runs what is embedded to its end. */
async function run(
  compiled: Compiled,
  cwd: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<CommandResult> {
  const { command: [deno, ...flags], env } = await unpack(compiled, cwd);
  return await runCommand(deno!, [...flags, ...args], { cwd, env: { ...env, ...more } });
}

async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
