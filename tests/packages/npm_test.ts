import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import "../support/shield_clients.ts";
import { createClient } from "../../src/client.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import config from "../../deno.json" with { type: "json" };
import { runCommand, transcript } from "../support/command.ts";
import { assertReport, createConsumer } from "../support/consumer.ts";
import { node24, npm24 } from "../support/node24.ts";
import { childrenOf, untilGone } from "../support/processes.ts";
import { createPemSet } from "../support/pem_files.ts";
import { assertExitsWell, startCommand } from "../support/program.ts";
import { readTar } from "../support/tar.ts";
import { untilRefused } from "../support/waiting.ts";

const ROOT = new URL("../../", import.meta.url);

const PACKAGE = {
  private: true,
  type: "module",
  dependencies: {
    "@bufbuild/protobuf": "^2.12.0",
    "@connectrpc/connect": "^2.0.0",
    [config.name]: "file:fastgrpc.tgz",
    "zod": "^4.0.0",
  },
  devDependencies: { "@types/node": "^24.0.0", "typescript": "^6.0.0" },
};

const TYPES = {
  compilerOptions: {
    module: "nodenext",
    target: "esnext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
};

const WORKERS = `import { FastGRPC } from "${config.name}";
const options = { port: 0, hostname: "127.0.0.1", workers: 2, healthCheck: true };
await new FastGRPC().run(options);
console.log("after run() with " + process.argv[2]);
`;

Deno.test("the package for npm has what is exported, and nothing of where it was made", async () => {
  await using folder = await pack();
  const tarball = await Deno.open(`${folder.path}/fastgrpc.tgz`);
  const files = await readTar(tarball.readable.pipeThrough(new DecompressionStream("gzip")));
  const names = [...files.keys()].map((path) => path.replace("package/", ""));
  const strange = names.filter((name) =>
    !/^(mod\.|src\/|gen\/(google|grpc)\/|proto\/(google|grpc)\/|package\.json$|[A-Z]+(\.md)?$)/
      .test(name)
  );
  assertEquals(strange, []);
  const { exports, type } = JSON.parse(textOf(files, "package.json"));
  assertEquals(type, "module");
  assertEquals(Object.keys(exports), Object.keys(config.exports));
  for (const { types, import: code } of Object.values(exports) as Record<string, string>[]) {
    for (const path of [types, code]) assert(names.includes(path!.slice(2)), path);
  }
  for (const name of names) {
    const text = textOf(files, name);
    assert(!text.includes(ROOT.pathname), `${name} tells where it was made`);
    const isForNode = /\.(js|d\.ts)$/.test(name);
    assert(!isForNode || !/\bfrom "(npm|jsr):/.test(text), `${name} imports as only Deno can`);
  }
});

Deno.test("the package for npm is used in Node 24, with types", async (t) => {
  await using folder = await pack();
  await using consumer = await createConsumer({
    kit: (entry) => config.name + entry.slice(1),
    files: { "package.json": PACKAGE, "tsconfig.json": TYPES },
  });
  await Deno.copyFile(`${folder.path}/fastgrpc.tgz`, `${consumer.path}/fastgrpc.tgz`);
  await npm24(["install"], consumer.path);
  const node = await node24();
  const run = (...args: string[]) =>
    runCommand(node, args, { cwd: consumer.path, boundMs: 120_000 });

  await t.step("its types are whole", async () => {
    const result = await run("node_modules/typescript/bin/tsc", "--project", ".");
    assertEquals(result.code, 0, transcript(result));
  });

  await t.step("it serves and calls", async () => assertReport(await run("main.ts")));

  await t.step("it serves by several workers", async () => {
    await Deno.writeTextFile(`${consumer.path}/workers.js`, WORKERS);
    await using server = startCommand([node, "workers.js", "a b"], { cwd: consumer.path });
    const url = `http://127.0.0.1:${await server.listening}`;
    await using health = createClient(Health, url);
    assertEquals((await health.check({})).status, HealthCheckResponse_ServingStatus.SERVING);
    const workers = await childrenOf(server.pid);
    assertEquals(workers.length, 2);
    server.kill("SIGUSR2");
    await server.printed(/All workers are replaced/);
    server.kill("SIGTERM");
    await assertExitsWell(server);
    await untilGone(workers);
    // The first two, those in their place, and the first process.
    assertEquals(server.output().match(/^after run\(\) with a b$/gm)?.length, 5);
  });

  await using pem = await createPemSet();
  const read = (file: URL) => file.pathname;
  const { sslPrivateKey, sslCertificateChain, caCertificate } = pem.mtls;
  const tls = [sslPrivateKey, sslCertificateChain].map(read);
  const client = {
    clientCertificateChain: pem.clientCertificateChain,
    clientPrivateKey: pem.clientPrivateKey,
  };
  for (
    const { title, args, trust, from } of [
      { title: "plaintext", args: [], from: "whoever you are" },
      { title: "TLS", args: tls, trust: { caCertificate }, from: "whoever you are" },
      {
        title: "mTLS",
        args: [...tls, caCertificate.pathname],
        trust: { caCertificate, ...client },
        from: "CN=fastgrpc-test-client",
      },
    ]
  ) {
    await t.step(`SIGTERM drains a server with ${title}`, async () => {
      await using server = startCommand([node, "server.ts", ...args], { cwd: consumer.path });
      const port = await server.listening;
      const url = `${trust === undefined ? "http" : "https"}://127.0.0.1:${port}`;
      await using client = createClient(Greeter, url, trust && { tls: trust });
      const call = client.sayHello({ name: "Ada" });
      // Awaited below, and not seen where something fails before.
      call.catch(() => {});
      await server.printed(/Called/);
      server.kill("SIGTERM");
      await untilRefused(port);
      assertEquals((await call).message, `Hello Ada, ${from}`);
      await assertExitsWell(server);
      assertStringIncludes(server.output(), "Ended");
    });
  }
});

/** Runs the task, into a folder. */
async function pack(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  const args = config.tasks.pack.command.split("&& deno ")[1]!.split(" ")
    .map((arg) => arg.replace("dist/", `${path}/`));
  const result = await runCommand(Deno.execPath(), [...args, "--allow-dirty"], { cwd: ROOT });
  assertEquals(result.code, 0, transcript(result));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function textOf(files: ReadonlyMap<string, Uint8Array>, name: string): string {
  return new TextDecoder().decode(files.get(`package/${name}`));
}
