import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  createTestCa,
  issueTestClient,
  type TestCa,
  type TestCertificate,
} from "../support/certificates.ts";
import { type GreeterOptions, serveGreeter } from "../support/greeter.ts";
import { createPemSet } from "../support/pem_files.ts";
import { CALLERS, probeTls } from "../support/tls_clients.ts";

const HOUR_MS = 3_600_000;
const CA_NAME = "FastGRPC test CA";

interface Stranger {
  title: string;
  issue(ca: TestCa): Promise<TestCertificate> | undefined;
}

const issueAt = (ca: TestCa, fromMs: number, toMs: number) => ca.issue({ fromMs, toMs });

const STRANGERS: Stranger[] = [
  { title: "no certificate", issue: () => undefined },
  {
    title: "a certificate of a foreign CA",
    issue: async () => await issueTestClient(await createTestCa("Foreign")),
  },
  {
    title: "a certificate of a foreign CA with the same name",
    issue: async () => await issueTestClient(await createTestCa(CA_NAME)),
  },
  { title: "an expired certificate", issue: (ca) => issueAt(ca, -HOUR_MS, -60_000) },
  { title: "a certificate that is not valid yet", issue: (ca) => issueAt(ca, 60_000, HOUR_MS) },
  {
    title: "a certificate that is for servers",
    issue: (ca) => ca.issue({ usage: "server" }),
  },
];

for (const { title, issue } of STRANGERS) {
  Deno.test(`app.serve() with mTLS refuses a client with ${title}`, async () => {
    const ca = await createTestCa(CA_NAME);
    const served: string[] = [];
    await using pem = await createPemSet({ ca });
    await using greeter = await serveGreeter({ serve: pem.mtls, handlers: listing(served) });
    const good = { ca: ca.certificate, client: await issueTestClient(ca) };
    const bad = { ca: ca.certificate, client: await issue(ca) };

    await assertRejects(() => probeTls(greeter.port, bad));
    for (const [name, call] of Object.entries(CALLERS)) {
      const [refused, accepted] = await Promise.allSettled([
        call(greeter.port, bad),
        call(greeter.port, good),
      ]);
      assertEquals(refused.status, "rejected", name);
      assertEquals(accepted, { status: "fulfilled", value: "Hello TLS" }, name);
    }

    assertNotEquals(served.length, 0);
    assertEquals(new Set(served), new Set(["CN=fastgrpc-test-client"]));
  });
}

for (const [name, call] of Object.entries(CALLERS)) {
  Deno.test(`app.serve() with mTLS takes a client's intermediate CAs from ${name}`, async () => {
    const served: string[] = [];
    const root = await createTestCa("Root");
    const intermediate = await (await root.issueCa("Upper")).issueCa("Lower");
    const upper = await root.issueCa("Upper");
    const lower = await upper.issueCa("Lower");
    const { certificate, privateKey } = await lower.issue();
    const certificates = [certificate, lower.certificate, upper.certificate];
    await using pem = await createPemSet();
    await Deno.writeTextFile(pem.caCertificate, root.certificate);
    await using greeter = await serveGreeter({ serve: pem.mtls, handlers: listing(served) });
    const callWith = (certificate: string) =>
      call(greeter.port, { ca: pem.ca.certificate, client: { certificate, privateKey } });

    assertEquals(await callWith(certificates.join("")), "Hello TLS");
    await assertRejects(() => callWith(certificate));
    await assertRejects(() => callWith(certificate + intermediate.certificate));
    assertEquals(served, ["CN=test"]);
  });
}

Deno.test("app.serve() with mTLS takes clients of each CA in the bundle", async () => {
  const cas = [await createTestCa("One"), await createTestCa("Two"), await createTestCa("Three")];
  const bundle = cas.map(({ certificate }) => certificate).join("some words in between\n");
  await using pem = await createPemSet();
  await Deno.writeTextFile(pem.caCertificate, bundle);
  await using greeter = await serveGreeter({ serve: pem.mtls });
  for (const ca of cas) {
    const trust = { ca: pem.ca.certificate, client: await issueTestClient(ca) };
    assertEquals(await CALLERS["grpc-js"]!(greeter.port, trust), "Hello TLS");
  }
});

/** Handlers that note whom they have served. */
function listing(served: string[]): NonNullable<GreeterOptions["handlers"]> {
  return {
    sayHello({ name }, { peer }) {
      served.push(peer.certificate!.subject);
      return { message: `Hello ${name}` };
    },
  };
}
