import { assert, assertEquals, assertRejects } from "@std/assert";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";
import { createTestCa, issueTestClient } from "../support/certificates.ts";
import { createTempDirectory, type PemTexts, readPemTexts } from "../support/pem_files.ts";

Deno.test("ensureDevCerts() makes files that a server and a client do mTLS with", async () => {
  await using temp = await createTempDirectory();
  const certs = await readPemTexts(await ensureDevCerts(temp));
  await using server = await serveMutualTls(certs);
  const trust = { hostname: "localhost", port: server.port, caCerts: [certs.caCertificate] };

  using connection = await Deno.connectTls({
    ...trust,
    cert: certs.clientCertificateChain,
    key: certs.clientPrivateKey,
  });
  assertEquals(await readText(connection), "URI:spiffe://localhost/dev-client");

  using anonymous = await Deno.connectTls(trust);
  await assertRejects(() => readText(anonymous), Error, "CertificateRequired");

  const stranger = await issueTestClient(await createTestCa("FastGRPC development CA"));
  using forged = await Deno.connectTls({
    ...trust,
    cert: stranger.certificate,
    key: stranger.privateKey,
  });
  await assertRejects(() => readText(forged), Error);
});

Deno.test("ensureDevCerts() makes a server certificate that node:tls trusts by IP", async () => {
  await using temp = await createTempDirectory();
  const certs = await readPemTexts(await ensureDevCerts(temp));
  await using server = await serveMutualTls(certs);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    host: "127.0.0.1",
    port: server.port,
    ca: certs.caCertificate,
    cert: certs.clientCertificateChain,
    key: certs.clientPrivateKey,
  });
  socket.on("data", (data) => resolve(data.toString())).on("error", reject);
  assertEquals(await promise, "URI:spiffe://localhost/dev-client");
  assert(socket.authorized);
  socket.destroy();
});

/** Serves the names in the client's certificate to each client that has one. */
async function serveMutualTls(pem: PemTexts): Promise<AsyncDisposable & { port: number }> {
  const server = createServer({
    cert: pem.sslCertificateChain,
    key: pem.sslPrivateKey,
    ca: pem.caCertificate,
    requestCert: true,
    rejectUnauthorized: true,
  }, (socket) => {
    const { subjectaltname = "" } = socket.getPeerCertificate();
    socket.on("error", () => {}).end(subjectaltname);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function readText(connection: Deno.TlsConn): Promise<string> {
  return await new Response(connection.readable).text();
}
