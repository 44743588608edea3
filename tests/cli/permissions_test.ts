import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lookup } from "node:dns/promises";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import { type CliFolder, createCliFolder, GREETER_MODULE } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { createPemSet } from "../support/pem_files.ts";
import { type Program, startProgram } from "../support/program.ts";

const { address: LOCALHOST } = await lookup("localhost");
const ROOT = new URL("../../", import.meta.url);
const CLI = new URL("src/cli.ts", ROOT);
const at = (path: string) => new URL(path, ROOT).pathname;
/** What any module with the greeter has of the kit, as it is a folder of this machine here. */
const KIT = [at("mod.ts"), at("gen/greeter/v1/greeter_pb.ts"), at("examples/greeter.ts")];

interface Case {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Record<string, string>;
  /** What the commands are given, besides the module. */
  readonly args?: readonly string[];
  /** What is run with what is printed: `serve` of the command line, by default. */
  readonly program?: { readonly entry: string; readonly args: readonly string[] };
  /** What is printed. */
  readonly net: readonly string[];
  readonly read?: readonly string[];
  readonly variables?: readonly string[];
}

const PEM = ["server.pem", "server-key.pem", "ca.pem"].map((name) => `tls/${name}`);
const TLS = `sslCertificateChain: ${PEM[0]}\nsslPrivateKey: ${PEM[1]}\ncaCertificate: ${PEM[2]}\n`;
const EVERYWHERE = GREETER_MODULE.replace(', hostname: "127.0.0.1"', "");

const CASES: Readonly<Record<string, Case>> = {
  "an app on one address": { net: ["127.0.0.1:0"], read: ["server.ts", ...KIT] },
  "an app on all addresses": {
    files: { "server.ts": EVERYWHERE },
    net: ["[::]:0"],
    read: ["server.ts", ...KIT],
  },
  "an app on an address of IPv6": {
    args: ["--hostname=::1"],
    net: ["[::1]:0"],
    read: ["server.ts", ...KIT],
  },
  "an app on a name": {
    args: ["--hostname=localhost"],
    net: ["localhost", LOCALHOST.includes(":") ? `[${LOCALHOST}]:0` : `${LOCALHOST}:0`],
    read: ["server.ts", ...KIT],
  },
  "mTLS by a configuration that is found": {
    files: { "fastgrpc.yaml": TLS },
    net: ["127.0.0.1:0"],
    read: ["server.ts", ...KIT, "fastgrpc.yaml", ...PEM],
  },
  "a configuration and settings of the environment": {
    files: { "other.yaml": "logging: { level: debug }\nhealthCheck: true\n" },
    // What a flag overrules is not needed, and what is empty says nothing.
    env: {
      FASTGRPC_CONFIG: "other.yaml",
      FASTGRPC_LOG_FORMAT: "json",
      FASTGRPC_PORT: "1",
      FASTGRPC_LAME_DUCK: "",
    },
    args: ["--port=0"],
    net: ["127.0.0.1:0"],
    read: ["server.ts", ...KIT, "other.yaml"],
    variables: ["FASTGRPC_CONFIG", "FASTGRPC_LOG_FORMAT"],
  },
  "a module that imports others": {
    files: {
      "server.ts": `import type { Of } from "./types.ts";\nimport "./more/static.ts";
import data from "./data.json" with { type: "json" };\nawait import("./more/later.ts");
const _: Of<typeof data> = data;\n${GREETER_MODULE}`,
      "types.ts": "export type Of<T> = T;",
      "data.json": "{}",
      "static.ts": 'import "./deep.ts";',
      "deep.ts": "export {};",
      "later.ts": "export {};",
    },
    net: ["127.0.0.1:0"],
    read: [
      ...["server.ts", "more/static.ts", "more/deep.ts", "data.json", "more/later.ts"],
      ...KIT,
    ],
  },
  "a module that is run by itself": {
    files: {
      "server.ts": `import "./more/static.ts";\n${GREETER_MODULE}`
        .replace(
          "port: 0",
          `sslCertificateChain: "${PEM[0]}", sslPrivateKey: "${PEM[1]}", port: 0`,
        ),
      "static.ts": "export {};",
      "deep.ts": "export {};",
      // Nobody reads it.
      "fastgrpc.yaml": "port: 1\n",
    },
    args: ["--alone"],
    program: { entry: "server.ts", args: [] },
    net: ["127.0.0.1:0"],
    read: PEM.slice(0, 2),
  },
  "a program of one's own": {
    files: {
      "main.ts": `import { runCli } from "@fastgrpc/fastgrpc/cli";
Deno.exit(await runCli(Deno.args, { program: "greeter", load: () => import("./server.ts") }));`,
      "fastgrpc.yaml": "logging: { level: debug }\n",
    },
    program: { entry: "main.ts", args: ["serve"] },
    net: ["127.0.0.1:0"],
    read: ["fastgrpc.yaml"],
  },
};

/** A folder with the files of a case, its certificates, and a deno.json that maps the kit. */
async function createFolder({ files = {} }: Case): Promise<CliFolder> {
  await using pem = await createPemSet();
  const folder = await createCliFolder();
  const imports: Record<string, string> = { "@fastgrpc/fastgrpc": new URL("mod.ts", ROOT).href };
  imports["@fastgrpc/fastgrpc/cli"] = CLI.href;
  await folder.write("deno.json", JSON.stringify({ imports }));
  await Deno.mkdir(`${folder.path}/more`);
  // As Kubernetes mounts secrets: behind links that are swapped.
  await Deno.mkdir(`${folder.path}/..data`);
  await Deno.symlink("..data", `${folder.path}/tls`);
  for await (const { name } of Deno.readDir(pem.directory)) {
    await Deno.copyFile(new URL(name, pem.directory), `${folder.path}/tls/${name}`);
  }
  for (const [name, text] of Object.entries(files)) {
    await folder.write(/^(static|deep|later)/.test(name) ? `more/${name}` : name, text);
  }
  return folder;
}

/** What a case's program runs with, and does: how it ends, or what it prints until it has served. */
async function observe(folder: CliFolder, test: Case, flags: readonly string[]): Promise<string> {
  const { program: own, env = {}, args = [] } = test;
  const entry = own === undefined ? CLI : new URL(`file://${folder.path}/${own.entry}`);
  const serve = own === undefined ? ["serve", "server.ts", ...args] : own.args;
  await using program = startProgram(entry, { flags, env, args: serve, cwd: folder.path });
  try {
    const port = await program.listening;
    return `${normalized(program)}${await call(folder, port)}`;
  } catch {
    program.kill("SIGKILL");
    const { code } = await program.status;
    return `ended with ${code}: ${program.output()}`;
  }
}

/** Without what is different in each run. */
function normalized(program: Program): string {
  return program.output().replaceAll(/:\d+|\d\d:\d\d:\d\d\.\d+|"timestamp":"[^"]*"|T[\d:.]+Z/g, "");
}

async function call({ path }: CliFolder, port: number): Promise<string> {
  const tls = {
    caCertificate: `${path}/tls/ca.pem`,
    clientCertificateChain: `${path}/tls/client.pem`,
    clientPrivateKey: `${path}/tls/client-key.pem`,
  };
  for (const hostname of ["localhost", "[::1]"]) {
    for (const [scheme, options] of [["https", { tls }], ["http", {}]] as const) {
      await using client = createClient(Greeter, `${scheme}://${hostname}:${port}`, options);
      try {
        return `${scheme}: ${(await client.sayHello({ name: "Ada" })).message}`;
      } catch {
        // By another way, then.
      }
    }
  }
  throw new Error("it does not serve");
}

function withoutEach(lists: Readonly<Record<string, readonly string[]>>): [string, string[]][] {
  const toFlags = (from: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(from).filter(([, values]) => values.length > 0)
      .map(([name, values]) => `--allow-${name}=${values.join()}`);
  return Object.entries(lists).flatMap(([name, values]) =>
    values.map((value): [string, string[]] => [
      value,
      toFlags({ ...lists, [name]: values.filter((each) => each !== value) }),
    ])
  );
}

for (const [what, test] of Object.entries(CASES)) {
  Deno.test(`permissions prints what ${what} needs to be served, and nothing else`, async () => {
    await using folder = await createFolder(test);
    const { net, read = [], variables = [], env = {}, args = [], program } = test;
    const isOwn = program?.entry === "main.ts";
    const entry = isOwn ? `file://${folder.path}/main.ts` : CLI.href;
    await using asked = startProgram(new URL(entry), {
      flags: ["-A"],
      env,
      args: ["permissions", ...isOwn ? [] : ["server.ts"], ...args],
      cwd: folder.path,
    });
    await asked.status;
    const lists = { net, read, env: variables };
    const expected = Object.entries(lists).filter(([, values]) => values.length > 0)
      .map(([name, values]) => `--allow-${name}=${[...values].sort().join()}`);
    const printed = asked.output().trimEnd().split(" ");
    assertEquals(printed.map(sortValues), expected, asked.output());

    const served = await observe(folder, test, printed);
    assertStringIncludes(served, "Hello Ada");
    assertEquals(await observe(folder, test, printed), served);
    for (const [value, flags] of withoutEach(lists)) {
      const without = await observe(folder, test, flags);
      assert(without !== served, `it does the same without ${value}:\n${without}`);
    }
  });
}

function sortValues(flag: string): string {
  const [name, values = ""] = flag.split("=");
  return `${name}=${values.split(",").sort().join()}`;
}

Deno.test("permissions can be pasted, into a shell and into deno.json", async () => {
  await using folder = await createFolder({ net: [], files: { "fastgrpc.yaml": TLS } });
  const deno = Deno.execPath();
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      `${deno} run --no-prompt $(${deno} run -A ${CLI} permissions server.ts) ${CLI} check server.ts`,
    ],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, output);
  assertStringIncludes(output, "mTLS");

  const flags = ["-A"];
  await using json = startProgram(CLI, {
    flags,
    args: ["permissions", "server.ts", "--json"],
    cwd: folder.path,
  });
  await json.status;
  const { permissions } = JSON.parse(json.output());
  assertEquals(permissions.serve.net, ["127.0.0.1:0"]);
  const config = JSON.parse(await Deno.readTextFile(`${folder.path}/deno.json`));
  await folder.write("deno.json", JSON.stringify({ ...config, permissions }));
  const result = await new Deno.Command(deno, {
    args: ["run", "--no-prompt", "--config=deno.json", "-P=serve", CLI.href, "check", "server.ts"],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(result.code, 0, new TextDecoder().decode(result.stderr));
});

const WRONG: Readonly<Record<string, readonly [Record<string, string>, string[], string]>> = {
  "flags cannot name a file": [
    {},
    ["--ssl-certificate-chain=a,b.pem", "--ssl-private-key=c.pem"],
    'Cannot write "a,b.pem" as a flag: commas and blanks separate there, use --json\n',
  ],
  "a name stands for no address": [
    {},
    ["--hostname=nobody.invalid"],
    'Cannot tell the address of "nobody.invalid": no address is known by it\n',
  ],
  "--alone is given what an operator sets": [
    {},
    ["--alone", "--port=1"],
    "Cannot use --alone with what an operator sets: the code alone decides\n",
  ],
  "the deno.json is another one": [
    { "deno.json": "{}" },
    [],
    'imports: "@fastgrpc/fastgrpc" is not found from the current directory, go where',
  ],
};

for (const [what, [files, args, stderr]] of Object.entries(WRONG)) {
  Deno.test(`permissions fails with 2 where ${what}`, async () => {
    await using folder = await createFolder({ net: [], files });
    const options = { flags: ["-A"] };
    const result = await folder.run(["permissions", "server.ts", ...args], options);
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, stderr);
  });
}

Deno.test("permissions says that it has to run Deno", async () => {
  await using folder = await createFolder({ net: [] });
  const result = await folder.run(["permissions", "server.ts"], { flags: ["--allow-read"] });
  assertEquals(result.code, 2, transcript(result));
  assertStringIncludes(result.stderr, "allow it by --allow-run=deno\n");
});
