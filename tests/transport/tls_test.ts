import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError, type TlsFiles } from "../../mod.ts";
import { loadTls } from "../../src/transport/tls.ts";
import { captureLog } from "../support/captured_log.ts";
import {
  createPemSet,
  createTestCa,
  issueTestServer,
  type PemSet,
  readPemTexts,
} from "../support/certificates.ts";
import { createCustomCa, type CustomOptions } from "../support/custom_certificates.ts";
import { serveGreeter } from "../support/greeter.ts";
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

const KEYS: { title: string; algorithm: NonNullable<CustomOptions["algorithm"]> }[] = [
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
    const ca = await createCustomCa("Root");
    const names = [{ type: "dns" as const, value: "localhost" }];
    const server = await ca.issue({ usage: "server", names, algorithm });
    await using pem = await createPemSet({ server });
    const { caCertificate: _, ...serve } = filesOf(pem);
    await using greeter = await serveGreeter({ serve });
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
    const middle = Date.now() + days * 86_400_000;
    const server = await ca.issue({
      commonName: "localhost",
      usage: "server",
      sans: [{ dns: "localhost" }],
      notBefore: new Date(middle - 3_600_000),
      notAfter: new Date(middle + 3_600_000),
    });
    await using pem = await createPemSet({ ca, server });
    const { caCertificate: _, ...serve } = filesOf(pem);
    await using greeter = await serveGreeter({ serve });

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
  await using _greeter = await serveGreeter({ serve: filesOf(pem) });
  assertEquals(log.records.filter(({ level }) => level === "warning"), []);
});

function filesOf(
  { caCertificate, sslCertificateChain, sslPrivateKey }: PemSet,
): Required<TlsFiles> {
  return { caCertificate, sslCertificateChain, sslPrivateKey };
}
