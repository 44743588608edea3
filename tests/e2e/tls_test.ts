import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { bufSayHello } from "../support/buf.ts";
import { createTestCa } from "../support/certificates.ts";
import { serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { CALLERS } from "../support/tls_clients.ts";

for (const [name, call] of Object.entries(CALLERS)) {
  Deno.test(`app.serve() shows ${name} a certificate that it can refuse`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({ serve: pem.tls });
    const { certificate: ca } = await createTestCa();
    await assertRejects(() => call(greeter.port, { ca }));
    assertEquals(await call(greeter.port, { ca: pem.ca.certificate }), "Hello TLS");
  });

  Deno.test(`app.serve() sends the intermediate CAs of its certificate to ${name}`, async () => {
    const root = await createTestCa("Root");
    const intermediate = await root.issueCa("Intermediate");
    const names = [{ type: "dns" as const, value: "localhost" }];
    const { certificate, privateKey } = await intermediate.issue({ usage: "server", names });
    const server = { certificate: certificate + intermediate.certificate, privateKey };
    await using pem = await createPemSet({ server });
    await using greeter = await serveGreeter({ serve: pem.tls });
    assertEquals(await call(greeter.port, { ca: root.certificate }), "Hello TLS");
  });
}

Deno.test("app.serve() serves buf curl in plaintext", async () => {
  await using greeter = await serveGreeter();
  const args = ["--protocol", "grpc", "--http2-prior-knowledge"];
  assertEquals(await bufSayHello(greeter.baseUrl, args), {
    success: true,
    output: '{"message":"Hello buf"}',
  });
});

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  Deno.test(`app.serve() serves TLS to buf curl, ${protocol}`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({ serve: pem.tls });
    const args = ["--protocol", protocol, "--cacert", fileURLToPath(pem.caCertificate)];
    assertEquals(await bufSayHello(greeter.baseUrl, args), {
      success: true,
      output: '{"message":"Hello buf"}',
    });
  });
}

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  Deno.test(`app.serve() serves mTLS to buf curl, ${protocol}`, async () => {
    await using pem = await createPemSet();
    const { caCertificate } = pem;
    await using greeter = await serveGreeter({ serve: pem.mtls });
    const trust = ["--protocol", protocol, "--cacert", fileURLToPath(caCertificate)];
    const identity = [
      ...["--cert", fileURLToPath(pem.clientCertificateChain)],
      ...["--key", fileURLToPath(pem.clientPrivateKey)],
    ];
    const [known, anonymous] = await Promise.all([
      bufSayHello(greeter.baseUrl, [...trust, ...identity]),
      bufSayHello(greeter.baseUrl, trust),
    ]);
    assertEquals(known, { success: true, output: '{"message":"Hello buf"}' });
    assertEquals(anonymous.success, false, anonymous.output);
  });
}
