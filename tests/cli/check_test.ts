import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createTestCa } from "../support/certificates.ts";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";
import { createPemSet, type PemFiles, type PemSetOptions } from "../support/pem_files.ts";

/** No port is opened: there is no permission to. */
const READ_ONLY = { flags: ["--allow-read"] };
const DAY_MS = 86_400_000;

function tlsFlags({ sslCertificateChain, sslPrivateKey }: PemFiles): string[] {
  return [
    `--ssl-certificate-chain=${sslCertificateChain.pathname}`,
    `--ssl-private-key=${sslPrivateKey.pathname}`,
  ];
}

Deno.test("check tells what would be served, with the timeouts that would hold", async () => {
  await using folder = await createCliFolder({
    "fastgrpc.yaml": "timeouts:\n  methods: { greeter.v1.Greeter/SayHello: 250ms }\n",
  });
  const args = ["check", "server.ts", "--health-check", "--port=8443"];
  const result = await folder.run(args, READ_ONLY);
  assertEquals([result.code, result.stderr], [0, ""], transcript(result));
  assertEquals(
    result.stdout,
    `127.0.0.1, port 8443, plaintext
configured by fastgrpc.yaml

greeter.v1.Greeter
  SayHello       unary             250ms
  SayHelloTimes  server streaming  30s
  SayHelloToAll  client streaming  30s
  Chat           bidi streaming    20s

grpc.health.v1.Health
  Check          unary             no timeout
  List           unary             no timeout
  Watch          server streaming  no timeout
`,
  );
});

Deno.test("check tells of mTLS, and until when the certificate is valid", async () => {
  await using folder = await createCliFolder();
  await using pem = await createPemSet();
  const args = ["check", "server.ts", ...tlsFlags(pem)];
  const tls = await folder.run(args, READ_ONLY);
  assertEquals(tls.code, 0, transcript(tls));
  assertMatch(tls.stdout, /^127\.0\.0\.1, port 0, TLS\nno fastgrpc\.yaml here\n/);
  assertMatch(tls.stdout, /\ncertificate CN=.+ is valid until .+ GMT\n$/);
  const mtls = await folder.run(
    [...args, `--ca-certificate=${pem.caCertificate.pathname}`],
    READ_ONLY,
  );
  assertMatch(mtls.stdout, /^127\.0\.0\.1, port 0, mTLS\n/);
});

for (
  const [what, fromMs, toMs, error] of [
    ["has expired", -2 * DAY_MS, -DAY_MS, /certificate CN=.+ expired at .+ GMT\n$/],
    ["is not valid yet", DAY_MS, 2 * DAY_MS, /certificate CN=.+ is not valid before .+ GMT\n$/],
  ] as const
) {
  Deno.test(`check fails with 1 for a certificate that ${what}`, async () => {
    await using folder = await createCliFolder();
    const ca = await createTestCa();
    const server = await ca.issue({ usage: "server", fromMs, toMs });
    await using pem = await createPemSet({ ca, server } satisfies PemSetOptions);
    const result = await folder.run(["check", "server.ts", ...tlsFlags(pem)], READ_ONLY);
    assertEquals(result.code, 1, transcript(result));
    assertMatch(result.stderr, error);
  });
}

const NEW_APP = `import { FastGRPC } from "@fastgrpc/fastgrpc";\nimport { z } from "zod";\n`;

/** What is wrong, the files, and what is said of it. */
const WRONG: readonly (readonly [what: string, files: Record<string, string>, stderr: string])[] = [
  [
    "a configuration that is wrong",
    { "fastgrpc.yaml": "port: 1\nhealthChek: true\n" },
    `fastgrpc.yaml:2: healthChek is not known: did you mean "healthCheck"?\n`,
  ],
  [
    "a service that the app does not have",
    { "fastgrpc.yaml": "timeouts: { services: { a.B: 5s } }\n" },
    `fastgrpc.yaml:1: timeouts.services has "a.B", which is no service of the app: `,
  ],
  [
    "a certificate that is not there",
    { "fastgrpc.yaml": "sslCertificateChain: a.pem\nsslPrivateKey: b.pem\n" },
    'Cannot read "sslCertificateChain" a.pem: ',
  ],
  [
    "a service without its lock",
    {
      "server.ts": `${NEW_APP}
const app = new FastGRPC({ name: "demo.v1.Clock", proto: new URL("./proto/", import.meta.url) });
app.unaryUnary("Now", { request: z.object({}), response: z.object({}) }, () => ({}));
await app.run();`,
    },
    'Cannot use package "demo.v1" without its lock',
  ],
  [
    "a schema that cannot be expressed",
    {
      "server.ts": `${NEW_APP}
const app = new FastGRPC({ name: "demo.v1.Clock" });
app.unaryUnary("Now", { request: z.object({ a: z.function() }), response: z.object({}) }, () => ({}));
await app.run();`,
    },
    "Cannot ",
  ],
  [
    "options of the code that are out of range",
    { "server.ts": `${NEW_APP}\nawait new FastGRPC().run({ port: 70000 });` },
    'Cannot use 70000 as "port": a whole number from 0 to 65535\n',
  ],
  [
    "a module that serves by itself",
    { "server.ts": `${NEW_APP}\nawait new FastGRPC().serve({ port: 0 });` },
    "Cannot serve an app while its module is loaded for its services",
  ],
  [
    "a module that ends the program behind its app.run()",
    { "server.ts": `${NEW_APP}\nawait new FastGRPC().run({ port: 1 });\nDeno.exit();` },
    'Cannot load "server.ts" to its end: it calls Deno.exit(), do so where import.meta.main is true',
  ],
];

for (const [what, files, stderr] of WRONG) {
  Deno.test(`check fails with 1 for ${what}`, async () => {
    await using folder = await createCliFolder(files);
    const result = await folder.run(["check", "server.ts"], READ_ONLY);
    assertEquals(result.code, 1, transcript(result));
    assertStringIncludes(result.stderr, stderr);
  });
}

Deno.test("check ends though the module keeps a timer", async () => {
  await using folder = await createCliFolder();
  await folder.write("busy.ts", `setInterval(() => {}, 1000);\nexport { app } from "./server.ts";`);
  assertEquals((await folder.run(["check", "busy.ts"], READ_ONLY)).code, 0);
});
