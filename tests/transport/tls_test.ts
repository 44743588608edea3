import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../mod.ts";
import { loadTls } from "../../src/transport/tls.ts";
import { captureLog } from "../support/captured_log.ts";
import { createTestCa, type IssueOptions, issueTestServer } from "../support/certificates.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet, readPemTexts } from "../support/pem_files.ts";
import { CALLERS, probeTls } from "../support/tls_clients.ts";

Deno.test({
  name: "loadTls() says which permission is missing",
  permissions: { read: false },
  fn: async () => {
    const files = { sslCertificateChain: "server.pem", sslPrivateKey: "server-key.pem" };
    const { message } = await assertRejects(() => loadTls(files), ConfigError);
    assertStringIncludes(message, 'Cannot read "ssl');
    assertStringIncludes(message, "--allow-read");
  },
});

const KEYS: { title: string; algorithm: NonNullable<IssueOptions["algorithm"]> }[] = [
  { title: "ECDSA over P-256", algorithm: { name: "ECDSA", namedCurve: "P-256" } },
  { title: "ECDSA over P-384", algorithm: { name: "ECDSA", namedCurve: "P-384" } },
  { title: "Ed25519", algorithm: { name: "Ed25519" } },
  {
    title: "RSA with 2048 bits",
    algorithm: {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
  },
];

for (const { title, algorithm } of KEYS) {
  Deno.test(`app.serve() takes a key of ${title}`, async () => {
    const ca = await createTestCa("Root");
    const server = await issueTestServer(ca, { algorithm });
    await using pem = await createPemSet({ server });
    await using greeter = await serveGreeter({ serve: pem.tls });
    assertEquals(await CALLERS["grpc-js"]!(greeter.port, { ca: ca.certificate }), "Hello TLS");
  });
}

Deno.test("app.serve() takes certificate and key from one file", async () => {
  await using pem = await createPemSet();
  const texts = await readPemTexts(pem);
  const sslPrivateKey = new URL("both.pem", pem.directory);
  await Deno.writeTextFile(sslPrivateKey, texts.sslCertificateChain + texts.sslPrivateKey);
  const serve = { sslCertificateChain: sslPrivateKey, sslPrivateKey };
  await using greeter = await serveGreeter({ serve });
  await probeTls(greeter.port, { ca: texts.caCertificate });
});

Deno.test("loadTls() takes URLs, absolute paths and relative paths, whatever they contain", async () => {
  await using pem = await createPemSet();
  const directory = new URL("a%20b%2525/", pem.directory);
  await Deno.mkdir(directory);
  for (const name of ["ca.pem", "server.pem", "server-key.pem"]) {
    await Deno.copyFile(new URL(name, pem.directory), new URL(name, directory));
  }
  const texts = await readPemTexts(pem);
  const relativePath = (url: URL) => relative(Deno.cwd(), fileURLToPath(url));
  for (const form of [(url: URL) => url, fileURLToPath, relativePath]) {
    const loaded = await loadTls({
      caCertificate: form(new URL("ca.pem", directory)),
      sslCertificateChain: form(new URL("server.pem", directory)),
      sslPrivateKey: form(new URL("server-key.pem", directory)),
    });
    assertEquals(loaded, {
      ca: texts.caCertificate,
      cert: texts.sslCertificateChain,
      key: texts.sslPrivateKey,
    });
  }
});

Deno.test("loadTls() is undefined without files: plaintext", async () => {
  assertEquals(await loadTls({}), undefined);
});

for (
  const { title, days, says } of [
    { title: "that has expired", days: -1, says: "expired at" },
    { title: "that is not valid yet", days: 1, says: "is not valid before" },
  ]
) {
  Deno.test(`app.serve() serves a certificate ${title}, and warns`, async () => {
    await using log = await captureLog();
    const ca = await createTestCa();
    const middleMs = days * 86_400_000;
    const server = await issueTestServer(ca, {
      fromMs: middleMs - 3_600_000,
      toMs: middleMs + 3_600_000,
    });
    await using pem = await createPemSet({ ca, server });
    await using greeter = await serveGreeter({ serve: pem.tls });

    const trust = { ca: ca.certificate };
    await probeTls(greeter.port, trust, { rejectUnauthorized: false });

    const warnings = log.records.filter(({ level }) => level === "warning");
    assertEquals(warnings.map(({ rawMessage }) => rawMessage).length, 1);
    assertStringIncludes(String(warnings[0]!.rawMessage), says);
    assertEquals(warnings[0]!.properties.subject, "CN=localhost");
  });
}

Deno.test("app.serve() does not warn of a certificate that is valid", async () => {
  await using log = await captureLog();
  await using pem = await createPemSet({ server: await issueTestServer(await createTestCa()) });
  await using _greeter = await serveGreeter({ serve: pem.mtls });
  assertEquals(log.records.filter(({ level }) => level === "warning"), []);
});
