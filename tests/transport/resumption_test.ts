import { assert, assertEquals, assertRejects } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { TLSSocket } from "node:tls";
import { mayResume } from "../../src/transport/resumption.ts";
import {
  createTestCa,
  issueTestClient,
  issueTestServer,
  type TestCertificate,
} from "../support/certificates.ts";
import { serveMtls } from "../support/mtls_greeter.ts";
import { hasOpenssl, opensslGet } from "../support/openssl.ts";
import { createPemSet } from "../support/pem_files.ts";
import { CALLERS, type Trust } from "../support/tls_clients.ts";
import { eventually } from "../support/waiting.ts";

Deno.test("mayResume() looks at who resumes, not at who makes a full handshake", async () => {
  const ca = await createTestCa("Root");
  const stranger = await createTestCa("Stranger");
  await using server = await serveResumption(ca, await ca.issue());
  assertEquals(await server.connect(stranger), { resumed: false, may: true });
  assertEquals(await server.connect(stranger), { resumed: true, may: false });
  assertEquals(await server.connect(ca), { resumed: true, may: true });
});

Deno.test("mayResume() lets everybody resume without mTLS", async () => {
  const ca = await createTestCa("Root");
  await using server = await serveResumption(ca, await ca.issue());
  await server.connect(ca);
  assertEquals(await server.connect(), { resumed: true, may: true });
});

Deno.test("mayResume() takes one of several CAs, and no other of the same name", async () => {
  const ca = await createTestCa("Root");
  const namesake = await createTestCa("Root");
  await using server = await serveResumption(ca, await ca.issue());
  await server.connect(ca);
  assertEquals(await server.connect(namesake), { resumed: true, may: false });
  assertEquals(await server.connect(namesake, ca), { resumed: true, may: true });
});

Deno.test("mayResume() follows a client's chain to its root", async () => {
  const root = await createTestCa("Root");
  const upper = await root.issueCa("Upper");
  const lower = await upper.issueCa("Lower");
  const { certificate, privateKey } = await lower.issue();
  const chain = certificate + lower.certificate + upper.certificate;
  await using server = await serveResumption(root, { certificate: chain, privateKey });
  await server.connect(root);
  for (const [ca, may] of [[root, true], [upper, true], [lower, true]] as const) {
    assertEquals(await server.connect(ca), { resumed: true, may });
  }
  const other = await createTestCa("Root");
  assertEquals(await server.connect(other), { resumed: true, may: false });
});

Deno.test("mayResume() refuses a certificate that has expired meanwhile", async () => {
  const ca = await createTestCa("Root");
  const client = await ca.issue({ toMs: 2000 });
  await using server = await serveResumption(ca, client);
  await server.connect(ca);
  assertEquals(await server.connect(ca), { resumed: true, may: true });
  const end = Date.parse(new X509Certificate(client.certificate).validTo);
  await eventually("the certificate has expired", () => Date.now() > end);
  assertEquals(await server.connect(ca), { resumed: true, may: false });
});

Deno.test("app.serve() refuses to resume for a CA that was removed", async () => {
  const [oldCa, newCa] = [await createTestCa("Old"), await createTestCa("New")];
  const server = await issueTestServer(oldCa);
  await using greeter = await serveMtls({ ca: oldCa, server });
  const trust = { ca: oldCa.certificate, client: await issueTestClient(oldCa) };
  using client = createResumingClient(trust);
  const get = () => fetchNothing(greeter.port, client);
  await get();
  await get();

  await greeter.replaceCa(newCa.certificate);
  await eventually("the reload", () => greeter.reloadLog().length > 0);

  await assertRejects(get);
  const newcomer = { ca: oldCa.certificate, client: await issueTestClient(newCa) };
  for (const [name, call] of Object.entries(CALLERS)) {
    assertEquals(await call(greeter.port, newcomer), "Hello TLS", name);
  }
});

for (const version of ["tls1_2", "tls1_3"]) {
  Deno.test({
    name: `app.serve() refuses to resume for a CA that was removed, openssl, ${version}`,
    // The same is tested above with the client that Deno has.
    ignore: !hasOpenssl,
    fn: async () => {
      const [oldCa, newCa] = [await createTestCa("Old"), await createTestCa("New")];
      const client = await issueTestClient(oldCa);
      await using files = await createPemSet({ client });
      await using greeter = await serveMtls({ ca: oldCa });
      const session = fileURLToPath(new URL("session", files.directory));
      const get = (direction: string) =>
        opensslGet({
          port: greeter.port,
          args: [
            `-${version}`,
            ...["-cert", fileURLToPath(files.clientCertificateChain)],
            ...["-key", fileURLToPath(files.clientPrivateKey)],
            ...[direction, session],
          ],
        });
      assertEquals(await get("-sess_out"), { resumed: false, answered: true });
      assertEquals(await get("-sess_in"), { resumed: true, answered: true });

      await greeter.replaceCa(newCa.certificate);
      await eventually("the reload", () => greeter.reloadLog().length > 0);

      assertEquals(await get("-sess_in"), { resumed: true, answered: false });
    },
  });
}

/** What came of a connection. */
interface Outcome {
  readonly resumed: boolean;
  readonly may: boolean;
}

/** A server of `node:https` that asks `mayResume()`, and a client that resumes when it can. */
async function serveResumption(ca: TestCertificate, client: TestCertificate) {
  const names = [{ type: "dns" as const, value: "localhost" }];
  const authority = await createTestCa("Server CA");
  const { certificate: cert, privateKey: key } = await authority.issue({ usage: "server", names });
  let trusted: X509Certificate[] = [];
  let outcome: Outcome | undefined;
  const server = createServer(
    { cert, key, ca: ca.certificate, requestCert: true, rejectUnauthorized: true },
    (_, response) => void response.writeHead(404, { connection: "close" }).end(),
  );
  server.on("secureConnection", (socket: TLSSocket) => {
    outcome = { resumed: socket.isSessionReused(), may: mayResume(socket, trusted) };
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const http = createResumingClient({ ca: authority.certificate, client });
  return {
    /** Connects while these CAs are trusted. */
    async connect(...cas: TestCertificate[]): Promise<Outcome> {
      trusted = cas.map(({ certificate }) => new X509Certificate(certificate));
      outcome = undefined;
      await fetchNothing(port, http);
      assert(outcome !== undefined);
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      http.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Deno's own HTTP client: a new connection for each request, with the tickets of those before. */
function createResumingClient({ ca, client }: Trust): Deno.HttpClient {
  return Deno.createHttpClient({
    caCerts: [ca],
    cert: client!.certificate,
    key: client!.privateKey,
    http2: false,
    poolMaxIdlePerHost: 0,
  });
}

/** Makes a request; rejects if the server closes the connection. */
async function fetchNothing(port: number, client: Deno.HttpClient): Promise<void> {
  const response = await fetch(`https://localhost:${port}/nothing`, { client });
  await response.body?.cancel();
}
