import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { createClient } from "../../src/client.ts";
import { createTestCa, issueTestServer } from "../support/certificates.ts";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { assertExitsWell } from "../support/program.ts";

/** All that it needs. */
const FLAGS = { flags: ["--allow-read=certs", "--allow-write=certs"] };
const NAMES = ["ca", "client", "server"].flatMap((name) => [`${name}-key.pem`, `${name}.pem`]);

/** What it prints of a certificate. */
const line = (verb: string, file: string, hosts = "") =>
  `${verb}  ${file}  valid until \\d{4}-\\d\\d-\\d\\d, \\d+ days left${hosts}\n`;
const LOCAL = "  for localhost, 127.0.0.1, ::1";

async function filesOf(path: string): Promise<Record<string, string>> {
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(`${path}/${name}`)));
  return Object.fromEntries(names.map((name, i) => [name, texts[i]!]));
}

Deno.test("certs makes what is missing, says until when it is valid, and then reuses it", async () => {
  await using folder = await createCliFolder();
  const made = await folder.run(["certs"], FLAGS);
  assertEquals([made.code, made.stderr], [0, ""], transcript(made));
  const lines = (verb: string) =>
    line(verb, "certs/ca.pem") + line(verb, "certs/server.pem", LOCAL) +
    line(verb, "certs/client.pem");
  assertMatch(made.stdout, new RegExp(`^${lines("made  ")}$`));
  const before = await filesOf(`${folder.path}/certs`);
  assertEquals(Object.keys(before).sort(), NAMES);
  for (const name of NAMES.filter((each) => each.endsWith("-key.pem"))) {
    const { mode } = await Deno.stat(`${folder.path}/certs/${name}`);
    if (Deno.build.os !== "windows") assertEquals(mode! & 0o777, 0o600, name);
  }
  const reused = await folder.run(["certs"], FLAGS);
  assertMatch(reused.stdout, new RegExp(`^${lines("reused")}$`));
  assertEquals(await filesOf(`${folder.path}/certs`), before);
});

Deno.test("certs makes what serve serves with, for the hosts that were named", async () => {
  await using folder = await createCliFolder();
  const dir = "tls/dev";
  const args = ["certs", `--dir=${dir}`, "--host=api.test", "--host=10.1.2.3", "--days=30"];
  const result = await folder.run(args, { flags: ["--allow-read=tls", "--allow-write=tls"] });
  assertEquals(result.code, 0, transcript(result));
  assertStringIncludes(result.stdout, "made    tls/dev/ca.pem  ");
  assertMatch(
    result.stdout,
    /tls\/dev\/server\.pem .* 29 days left {2}for .*, api\.test, 10\.1\.2\.3\n/,
  );
  await using program = folder.start([
    ...["serve", "server.ts", `--ssl-certificate-chain=${dir}/server.pem`],
    ...[`--ssl-private-key=${dir}/server-key.pem`, `--ca-certificate=${dir}/ca.pem`],
  ]);
  const at = (name: string) => `${folder.path}/${dir}/${name}`;
  const tls = {
    caCertificate: at("ca.pem"),
    clientCertificateChain: at("client.pem"),
    clientPrivateKey: at("client-key.pem"),
  };
  {
    await using client = createClient(
      Greeter,
      `https://localhost:${await program.listening}`,
      { tls } as never,
    );
    assertEquals((await client.sayHello({ name: "Ada" })).message, "Hello Ada");
  }
  program.kill("SIGTERM");
  await assertExitsWell(program);
});

Deno.test("certs makes good ones anew by --force alone, and never a key", async () => {
  await using folder = await createCliFolder();
  await folder.run(["certs"], FLAGS);
  const before = await filesOf(`${folder.path}/certs`);
  const refused = await folder.run(["certs", "--host=api.test"], FLAGS);
  assertEquals([refused.code, refused.stdout], [2, ""]);
  assertMatch(
    refused.stderr,
    /^Cannot reuse ".*\/server\.pem" for api\.test: it is good, .* --force, to have it made anew\n$/,
  );
  assertEquals(await filesOf(`${folder.path}/certs`), before);

  const forced = await folder.run(["certs", "--host=api.test", "--force"], FLAGS);
  assertMatch(forced.stdout, /^reused .*ca\.pem .*\nmade .*, api\.test\nmade .*client\.pem .*\n$/);
  const after = await filesOf(`${folder.path}/certs`);
  for (const [name, text] of Object.entries(before)) {
    assertEquals(after[name] !== text, ["client.pem", "server.pem"].includes(name), name);
  }
});

Deno.test("certs touches nothing where a file is of another origin, --force or not", async () => {
  await using folder = await createCliFolder();
  const { certificate, privateKey } = await issueTestServer(await createTestCa("Example Root"));
  const files = { "server.pem": certificate, "server-key.pem": privateKey };
  await Deno.mkdir(`${folder.path}/certs`);
  for (const [name, text] of Object.entries(files)) await folder.write(`certs/${name}`, text);
  for (const args of [["certs"], ["certs", "--force"]]) {
    const result = await folder.run(args, FLAGS);
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, 'it is issued by "CN=Example Root": move it away');
    assertEquals(await filesOf(`${folder.path}/certs`), files);
  }
});

Deno.test("certs makes nothing where a key is of another kind than its own", async () => {
  await using folder = await createCliFolder();
  const files = { "client-key.pem": "-----BEGIN RSA PRIVATE KEY-----\n" };
  await Deno.mkdir(`${folder.path}/certs`);
  await folder.write("certs/client-key.pem", files["client-key.pem"]);
  const result = await folder.run(["certs"], FLAGS);
  assertEquals([result.code, result.stdout], [2, ""], transcript(result));
  assertStringIncludes(result.stderr, "must be missing or hold an unencrypted P-256 key");
  assertEquals(await filesOf(`${folder.path}/certs`), files);
});

const WRONG: readonly (readonly [args: string[], stderr: string])[] = [
  [["--days=x"], 'Cannot use "x" for --days: a whole number is wanted\n'],
  [["--days=999"], '"validDays" must be a whole number from 8 to 398: current value is 999'],
  [
    ["--host=https://api.test"],
    'Cannot make a certificate for host "https://api.test": a DNS name',
  ],
  [["server.pem"], "Cannot make certificates of files: use --show to see what is in them"],
  [["--show", "--force"], "Cannot use --show with --host, --days or --force: it makes nothing"],
  [["--show", "--host=a"], "Cannot use --show with --host, --days or --force: it makes nothing"],
];

for (const [args, stderr] of WRONG) {
  Deno.test(`certs ${args.join(" ")} fails with 2, and makes nothing`, async () => {
    await using folder = await createCliFolder();
    const result = await folder.run(["certs", ...args], FLAGS);
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, stderr);
    assertEquals(result.stderr.includes("    at "), false, result.stderr);
    await Deno.stat(`${folder.path}/certs`).then(() => assert(false), () => {});
  });
}

Deno.test("certs says what it may not do", async () => {
  await using folder = await createCliFolder();
  for (const flags of [[], ["--allow-read=certs"]]) {
    const result = await folder.run(["certs"], { flags });
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    const needed = flags.length === 0 ? "read" : "write";
    assertMatch(result.stderr, new RegExp(`^Cannot ${needed} ".*--allow-${needed} flag`));
  }
});
