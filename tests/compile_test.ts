import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import "./support/shield_clients.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../src/client.ts";
import { transcript } from "./support/command.ts";
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
  name: "deno task compile bakes in what the example server needs, and nothing else",
  ignore: !isLinux,
  async fn() {
    const { permissions, entry, files } = await compile();
    const { allow_import: _hosts, deny_import: _none, ...others } = permissions;
    const given = Object.entries(others).filter(([, values]) => values !== null);
    assertEquals(Object.fromEntries(given), {
      allow_net: ["0.0.0.0", "[::]"],
      allow_read: ["certs"],
      allow_write: ["certs"],
      prompt: false,
    });
    assertEquals([...files.keys()], [entry]);
    const text = new TextDecoder().decode(files.get(entry));
    const help = "Serves the example service greeter.v1.Greeter.";
    assert(text.includes(help), "the entry is another one");
  },
});

Deno.test({
  name: "what deno task compile embeds serves with TLS, in a folder and a cache that are empty",
  ignore: !isLinux,
  async fn() {
    const compiled = await compile();
    await using folder = await createFolder();
    await using program = await start(compiled, folder.path, flagsOf(compiled.permissions));
    const port = await program.listening;
    // Relative to where it runs.
    const tls = { caCertificate: `${folder.path}/certs/ca.pem` };
    await using client = createClient(Greeter, `https://localhost:${port}`, { tls });
    assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
    program.kill("SIGTERM");
    await assertExitsWell(program);
    assertStringIncludes(program.output(), "Shutting down gracefully...");
    const cached = await walkFiles(new URL(`file://${folder.path}/deno/`));
    assertEquals(cached.filter((path) => /^(npm|remote)\//.test(path)), []);
  },
});

Deno.test({
  name: "the example server needs each of the permissions that are baked in",
  ignore: !isLinux,
  async fn() {
    const compiled = await compile();
    const flags = flagsOf(compiled.permissions);
    for (const flag of flags) {
      await using folder = await createFolder();
      const others = flags.filter((each) => each !== flag);
      await using program = await start(compiled, folder.path, others);
      assertEquals((await program.status).success, false, `it runs without ${flag}`);
      assertMatch(program.output(), new RegExp(flag.split("=")[0]!));
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

/** Runs what is embedded, where no configuration, package or module is. */
async function start(
  { entry, files }: Compiled,
  folder: string,
  flags: readonly string[],
): Promise<Program> {
  await Deno.writeFile(`${folder}/${entry}`, files.get(entry)!);
  const alone = ["--no-config", "--no-remote", "--no-npm", "--no-prompt", "--quiet"];
  return startCommand([Deno.execPath(), "run", ...alone, ...flags, entry, ...SERVE], {
    cwd: folder,
    env: { DENO_DIR: `${folder}/deno`, ...NO_NETWORK },
  });
}

async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
