import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../../mod.ts";
import {
  createTestCa,
  issueTestClient,
  issueTestServer,
  type TestCertificate,
} from "../support/certificates.ts";
import { connectGreeter } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { type MtlsGreeter, serveMtls } from "../support/mtls_greeter.ts";
import type { PemSet } from "../support/pem_files.ts";
import { slowDown } from "../support/slow_wire.ts";
import { Gate } from "../support/stalling.ts";
import { CALLERS, probeTls, toTlsOptions } from "../support/tls_clients.ts";
import { eventually } from "../support/waiting.ts";

const RELOADED = "Certificates were reloaded: new connections get the new ones";

Deno.test("certificateReload gives new connections the new certificate", async () => {
  const [ca, client] = await createIdentity();
  await using greeter = await serveMtls({ ca });
  const next = await issueTestServer(ca);
  const before = await seenBy(greeter, ca.certificate, client);

  await greeter.replaceServer(next);

  await greeter.waitForServer(next, { ca: ca.certificate, client });
  assertNotEquals(await seenBy(greeter, ca.certificate, client), before);
  assertEquals(greeter.reloadLog().at(-1), RELOADED);
});

Deno.test("certificateReload leaves sessions and calls in flight alone", async () => {
  const [ca, client] = await createIdentity();
  const gate = new Gate();
  await using greeter = await serveMtls({
    ca,
    handlers: {
      async sayHello({ name }) {
        await gate.pass();
        return { message: name };
      },
    },
  });
  using old = connectGreeter(greeter.baseUrl, {
    tls: toTlsOptions({ ca: ca.certificate, client }),
  });
  const inFlight = old.sayHello({ name: "in flight" });
  await gate.reached(1);
  const other = await createTestCa("Other");
  const next = await issueTestServer(other);
  const newcomer = await issueTestClient(other);

  await greeter.replaceCa(other.certificate);
  await greeter.replaceServer(next);
  await greeter.waitForServer(next, { ca: other.certificate, client: newcomer });
  gate.open();

  assertEquals((await inFlight).message, "in flight");
  assertEquals((await old.sayHello({ name: "afterwards" })).message, "afterwards");
  await assertRejects(() => seenBy(greeter, other.certificate, client));
});

Deno.test("certificateReload refuses a client of the old CA whose handshake had begun", async () => {
  const [ca, client] = await createIdentity();
  await using greeter = await serveMtls({ ca });
  // What the client has to say comes after a while, its ClientHello being held up.
  await using wire = slowDown(greeter.port, { pieces: 60, pauseMs: 5 });
  const other = await createTestCa("Other");
  const refused = assertRejects(() => probeTls(wire.port, { ca: ca.certificate, client }));
  await eventually("the handshake has begun", () => wire.heldUp >= 1);
  await greeter.replaceCa(other.certificate);
  await refused;
  assertEquals(greeter.reloadLog(), [RELOADED]);
});

Deno.test("certificateReload keeps the settings of TLS", async () => {
  const [ca, client] = await createIdentity();
  await using greeter = await serveMtls({ ca });
  const next = await issueTestServer(ca);
  const trust = { ca: ca.certificate, client };
  await greeter.replaceServer(next);
  await greeter.waitForServer(next, trust);

  const { alpn, version } = await probeTls(greeter.port, trust, { maxVersion: "TLSv1.2" });

  assertEquals([alpn, version], ["h2", "TLSv1.2"]);
  await assertRejects(() => probeTls(greeter.port, { ca: ca.certificate }));
  await assertRejects(() => probeTls(greeter.port, trust, { ALPNProtocols: ["spdy/1"] }));
  for (const [name, call] of Object.entries(CALLERS)) {
    assertEquals(await call(greeter.port, trust), "Hello TLS", name);
  }
});

interface Damage {
  title: string;
  damage(greeter: MtlsGreeter, next: TestCertificate): Promise<void>;
  says: RegExp;
}

const DAMAGES: Damage[] = [
  {
    title: "a key that was replaced before its certificate",
    damage: ({ pem }, { privateKey }) => Deno.writeTextFile(pem.sslPrivateKey, privateKey),
    says: /it does not match the first certificate/,
  },
  {
    title: "a certificate that was replaced before its key",
    damage: ({ pem }, { certificate }) => Deno.writeTextFile(pem.sslCertificateChain, certificate),
    says: /it does not match the first certificate/,
  },
  {
    title: "a certificate that is half written",
    damage: ({ pem }, { certificate }) =>
      Deno.writeTextFile(pem.sslCertificateChain, certificate.slice(0, certificate.length / 2)),
    says: /certificate 1 in it is broken or cut off/,
  },
  {
    title: "a key that is gone",
    damage: ({ pem }) => Deno.remove(pem.sslPrivateKey),
    says: /Cannot read "sslPrivateKey"/,
  },
  {
    title: "an empty CA",
    damage: (greeter) => greeter.replaceCa(""),
    says: /Cannot use "caCertificate"/,
  },
];

for (const { title, damage, says } of DAMAGES) {
  Deno.test(`certificateReload outlives ${title}`, async () => {
    const [ca, client] = await createIdentity();
    await using greeter = await serveMtls({ ca });
    const next = await issueTestServer(ca);
    const before = await seenBy(greeter, ca.certificate, client);

    await damage(greeter, next);
    await eventually("a line in the log", () => greeter.reloadLog().length > 0);
    // Each takes longer than the interval between two looks at the files.
    for (let count = 0; count < 5; count++) {
      assertEquals(await seenBy(greeter, ca.certificate, client), before);
    }
    assertEquals(greeter.reloadLog().length, 1, "it is logged once");
    assertMatch(greeter.reloadLog()[0]!, /^Certificates stay as they were: /);
    assertMatch(greeter.reloadLog()[0]!, says);

    await greeter.replaceCa(ca.certificate);
    await greeter.replaceServer(next);
    await greeter.waitForServer(next, { ca: ca.certificate, client });
  });
}

Deno.test({
  name: "certificateReload sees the swap of a link, as Kubernetes makes it",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const [ca, client] = await createIdentity();
    const next = await issueTestServer(ca);
    await using greeter = await serveMtls({ ca, arrange: linkAsKubernetes });
    const { directory } = greeter.pem;
    await Deno.mkdir(new URL("..second", directory));
    const files = [["ca", ca.certificate], ["server", next.certificate], [
      "server-key",
      next.privateKey,
    ]];
    for (const [name, text] of files) {
      await Deno.writeTextFile(new URL(`..second/${name}.pem`, directory), text!);
    }

    await Deno.symlink("..second", new URL("..data_tmp", directory));
    await Deno.rename(new URL("..data_tmp", directory), new URL("..data", directory));

    await greeter.waitForServer(next, { ca: ca.certificate, client });
    assertEquals(greeter.reloadLog().at(-1), RELOADED);
  },
});

for (const certificateReload of [Infinity, "30d"]) {
  Deno.test(`certificateReload ${certificateReload} does not look at the files meanwhile`, async () => {
    const [ca, client] = await createIdentity();
    await using greeter = await serveMtls({ ca, serve: { certificateReload } });
    const before = await seenBy(greeter, ca.certificate, client);
    await greeter.replaceServer(await issueTestServer(ca));
    for (let count = 0; count < 5; count++) {
      assertEquals(await seenBy(greeter, ca.certificate, client), before);
    }
    assertEquals(greeter.reloadLog(), []);
  });
}

Deno.test("certificateReload ends with a port that cannot be opened", async () => {
  await using greeter = await serveMtls();
  const serve = { ...greeter.pem.tls, port: greeter.port };
  // What is left of it would be found by the sanitizers.
  await assertRejects(() => serveGreeter({ serve }), ConfigError, "it is in use");
});

async function createIdentity() {
  const ca = await createTestCa();
  return [ca, await issueTestClient(ca)] as const;
}

/** Fingerprint of the certificate that a new connection gets. */
async function seenBy({ port }: { port: number }, ca: string, client: TestCertificate) {
  return (await probeTls(port, { ca, client })).fingerprint256;
}

/** Puts the files behind two links each: `server.pem` to `..data/server.pem`, `..data` to a folder. */
async function linkAsKubernetes({ directory }: PemSet): Promise<void> {
  await Deno.mkdir(new URL("..first", directory));
  await Deno.symlink("..first", new URL("..data", directory));
  for (const name of ["ca.pem", "server.pem", "server-key.pem"]) {
    await Deno.rename(new URL(name, directory), new URL(`..first/${name}`, directory));
    await Deno.symlink(`..data/${name}`, new URL(name, directory));
  }
}
