import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type DevCertificates, ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";
import { createKeyPair, decodeKeyPair, encodePrivateKey } from "../../src/dev_certs/key_pair.ts";
import {
  decodeCertificate,
  encodeCertificate,
  issueCertificate,
} from "../../src/dev_certs/x509.ts";
import { ConfigError } from "../../src/errors.ts";
import { createTestCa, issueTestServer } from "../support/certificates.ts";
import { createTempDirectory, readPemTexts } from "../support/pem_files.ts";

const DAY_MS = 86_400_000;
/** 1.3.6.1.5.5.7.3.1 and .2 (RFC 5280, section 4.2.1.12) in DER. */
const SERVER_AUTH = "06082b06010505070301";
const CLIENT_AUTH = "06082b06010505070302";
const NAMES = [
  "ca-key.pem",
  "ca.pem",
  "client-key.pem",
  "client.pem",
  "server-key.pem",
  "server.pem",
];

Deno.test("ensureDevCerts() makes six files, with keys that only their owner may read", async () => {
  await using temp = await createTempDirectory();
  const directory = new URL("new/certs", temp.directory);

  const { created } = await ensureDevCerts({ directory });

  assert(created);
  assertEquals(await readNames(directory), NAMES);
  if (Deno.build.os === "windows") return;
  for (const name of NAMES.filter((name) => name.endsWith("-key.pem"))) {
    const { mode } = await Deno.stat(`${directory.pathname}/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, name);
  }
});

Deno.test("ensureDevCerts() takes a path as well as a URL", async () => {
  await using temp = await createTempDirectory();
  const certs = await ensureDevCerts({ directory: temp.directory.pathname });
  assertEquals(certs.caCertificate, new URL("ca.pem", temp.directory));
});

Deno.test("ensureDevCerts() issues certificates that fit their names, uses and keys", async () => {
  await using temp = await createTempDirectory();
  const { ca, server, client } = await assertConsistent(await ensureDevCerts(temp));

  assertEquals([server.checkHost("localhost"), server.checkHost("example.com")], [
    "localhost",
    undefined,
  ]);
  assertEquals([server.checkIP("127.0.0.1"), server.checkIP("127.0.0.2")], [
    "127.0.0.1",
    undefined,
  ]);
  assertEquals(server.checkIP("::1"), "::1");
  assertEquals(client.subject, "CN=fastgrpc-dev-client");
  assertEquals(client.subjectAltName, "URI:spiffe://localhost/dev-client");
  // Deno 2.9 has the key usage in X509Certificate.keyUsage, where Node has the extended one.
  const purposes = (certificate: X509Certificate) => [
    certificate.raw.toString("hex").includes(SERVER_AUTH),
    certificate.raw.toString("hex").includes(CLIENT_AUTH),
  ];
  assertEquals([purposes(server), purposes(client)], [[true, false], [false, true]]);
  assertEquals([ca.ca, server.ca, client.ca], [true, false, false]);
  for (const { serialNumber } of [ca, server, client]) {
    assert(/^[4-7][0-9A-F]{31}$/.test(serialNumber), serialNumber);
  }
});

Deno.test("ensureDevCerts() keeps leaves short-lived and starts them in the past", async () => {
  await using temp = await createTempDirectory();
  const { server, ca } = await assertConsistent(
    await ensureDevCerts({ ...temp, validDays: 398 }),
  );
  const days = (Date.parse(server.validTo) - Date.parse(server.validFrom)) / DAY_MS;
  assertEquals(days, 398);
  assert(Date.parse(server.validFrom) < Date.now() - 30 * 60_000);
  assert(Date.parse(ca.validTo) > Date.now() + 3000 * DAY_MS);
});

Deno.test("ensureDevCerts() reuses what is there", async () => {
  await using temp = await createTempDirectory();
  await ensureDevCerts(temp);
  const before = await readAll(temp.directory);

  const { created, certificates } = await ensureDevCerts(temp);

  assert(!created);
  assertEquals(certificates.map((certificate) => certificate.created), [false, false, false]);
  assertEquals(await readAll(temp.directory), before);
});

const DAMAGES: { title: string; damage(directory: URL): Promise<void>; made: boolean[] }[] = [
  {
    title: "a leaf within 7 days of its end",
    damage: (directory) => reissueServer(directory, 6.9),
    made: [false, true, false],
  },
  {
    title: "a missing leaf",
    damage: (directory) => Deno.remove(new URL("client.pem", directory)),
    made: [false, false, true],
  },
  {
    title: "a leaf whose key has gone",
    damage: (directory) => Deno.remove(new URL("server-key.pem", directory)),
    made: [false, true, false],
  },
  {
    title: "a missing CA certificate, whose key is still there",
    damage: (directory) => Deno.remove(new URL("ca.pem", directory)),
    made: [true, false, false],
  },
  {
    title: "everything when the CA's key has gone",
    damage: (directory) => Deno.remove(new URL("ca-key.pem", directory)),
    made: [true, true, true],
  },
];

for (const { title, damage, made } of DAMAGES) {
  Deno.test(`ensureDevCerts() renews ${title}`, async () => {
    await using temp = await createTempDirectory();
    await ensureDevCerts(temp);
    await damage(temp.directory);

    const certs = await ensureDevCerts(temp);

    assertEquals(certs.certificates.map(({ created }) => created), made);
    await assertConsistent(certs);
    assert(!(await ensureDevCerts(temp)).created);
  });
}

Deno.test("ensureDevCerts() keeps a leaf that is good for more than 7 days", async () => {
  await using temp = await createTempDirectory();
  await ensureDevCerts(temp);
  await reissueServer(temp.directory, 7.1);
  assert(!(await ensureDevCerts(temp)).created);
});

Deno.test("ensureDevCerts() never overwrites a private key", async () => {
  await using temp = await createTempDirectory();
  const url = new URL("server-key.pem", temp.directory);
  await ensureDevCerts(temp);
  const pem = await encodePrivateKey((await createKeyPair()).privateKey);
  await Deno.writeTextFile(url, pem);

  await assertConsistent(await ensureDevCerts(temp));

  assertEquals(await Deno.readTextFile(url), pem);
});

for (const name of ["ca.pem", "server.pem", "client.pem"]) {
  Deno.test(`ensureDevCerts() refuses a foreign ${name} and leaves all as it was`, async () => {
    await using temp = await createTempDirectory();
    const { certificate } = await issueTestServer(await createTestCa("Example Root"));
    await Deno.writeTextFile(new URL(name, temp.directory), certificate);

    await assertRejects(
      () => ensureDevCerts(temp),
      ConfigError,
      `${name}" must be missing or issued by "FastGRPC development CA": ` +
        `it is issued by "CN=Example Root": move it away, or choose another directory`,
    );
    assertEquals(await readAll(temp.directory), [[name, certificate]]);
  });
}

Deno.test("ensureDevCerts() refuses a file that is no certificate", async () => {
  await using temp = await createTempDirectory();
  await Deno.writeTextFile(new URL("server.pem", temp.directory), "notes");
  await assertRejects(() => ensureDevCerts(temp), ConfigError, "it is no certificate");
});

Deno.test("ensureDevCerts() refuses a key of another kind", async () => {
  await using temp = await createTempDirectory();
  const { privateKey } = await createKeyPair({ name: "ECDSA", namedCurve: "P-384" });
  const pem = await encodePrivateKey(privateKey);
  await Deno.writeTextFile(new URL("server-key.pem", temp.directory), pem);
  await assertRejects(() => ensureDevCerts(temp), ConfigError, "hold an unencrypted P-256 key");
  assertEquals(await Deno.readTextFile(new URL("server-key.pem", temp.directory)), pem);
});

const OBSTACLES: { title: string; put(directory: URL): Promise<void>; message: RegExp }[] = [
  {
    title: "a certificate that cannot be read",
    put: (directory) => Deno.mkdir(new URL("server.pem", directory)),
    message: /^Cannot read ".*\/server\.pem": .*: make it a file that you may read, or delete it$/,
  },
  {
    title: "a key that cannot be read",
    put: (directory) => Deno.mkdir(new URL("client-key.pem", directory)),
    message: /^Cannot read ".*\/client-key\.pem": .*: make it a file that you may read/,
  },
  {
    title: "a key that is a link to nothing",
    put: (directory) => Deno.symlink("gone.pem", new URL("ca-key.pem", directory)),
    message: /^Cannot read ".*\/ca-key\.pem": it is a link to a file that is not there, delete it$/,
  },
];

for (const { title, put, message } of OBSTACLES) {
  Deno.test(`ensureDevCerts() tells of ${title}`, async () => {
    await using temp = await createTempDirectory();
    await put(temp.directory);
    const error = await assertRejects(() => ensureDevCerts(temp), ConfigError);
    assertMatch(error.message, message);
  });
}

Deno.test("ensureDevCerts() tells of a directory that cannot be made", async () => {
  await using temp = await createTempDirectory();
  const directory = new URL("certs", temp.directory);
  await Deno.symlink("gone", directory);
  const error = await assertRejects(() => ensureDevCerts({ directory }), ConfigError);
  assertMatch(
    error.message,
    /^Cannot write ".*\/certs\/ca-key\.pem": .*: make its directory one that you may write to$/,
  );
});

Deno.test("ensureDevCerts() puts a certificate in the place of a link to nothing", async () => {
  await using temp = await createTempDirectory();
  await Deno.symlink("gone.pem", new URL("server.pem", temp.directory));
  await assertConsistent(await ensureDevCerts(temp));
});

for (const validDays of [7, 399, 8.5, NaN]) {
  Deno.test(`ensureDevCerts() refuses validDays ${validDays}`, async () => {
    await using temp = await createTempDirectory();
    await assertRejects(
      () => ensureDevCerts({ ...temp, validDays }),
      RangeError,
      `"validDays" must be a whole number from 8 to 398: current value is ${validDays}`,
    );
  });
}

Deno.test("ensureDevCerts() called many times at once leaves one consistent set", async () => {
  await using temp = await createTempDirectory();

  const all = await Promise.all(Array.from({ length: 16 }, () => ensureDevCerts(temp)));

  assertEquals(await readNames(temp.directory), NAMES);
  await assertConsistent(all[0]!);
  assert(!(await ensureDevCerts(temp)).created);
});

async function assertConsistent(
  certs: DevCertificates,
): Promise<Record<"ca" | "server" | "client", X509Certificate>> {
  const pem = await readPemTexts(certs);
  const ca = new X509Certificate(pem.caCertificate);
  const server = new X509Certificate(pem.sslCertificateChain);
  const client = new X509Certificate(pem.clientCertificateChain);
  for (const certificate of [ca, server, client]) {
    assert(certificate.verify(ca.publicKey), certificate.subject);
  }
  assert(server.checkPrivateKey(createPrivateKey(pem.sslPrivateKey)));
  assert(client.checkPrivateKey(createPrivateKey(pem.clientPrivateKey)));
  return { ca, server, client };
}

async function readNames(directory: URL): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
}

async function readAll(directory: URL): Promise<[string, string][]> {
  const names = await readNames(directory);
  return await Promise.all(names.map(async (name): Promise<[string, string]> => [
    name,
    await Deno.readTextFile(new URL(name, directory)),
  ]));
}

/** Replaces the server's certificate by one of the same CA and key that ends in so many days. */
async function reissueServer(directory: URL, days: number): Promise<void> {
  const read = (name: string) => Deno.readTextFile(new URL(name, directory));
  const authority = {
    certificate: decodeCertificate(await read("ca.pem"))!,
    keys: await decodeKeyPair(await read("ca-key.pem")),
  };
  const { publicKey } = await decodeKeyPair(await read("server-key.pem"));
  const certificate = await issueCertificate(authority, {
    commonName: "localhost",
    usage: "server",
    publicKey,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
  });
  await Deno.writeTextFile(new URL("server.pem", directory), encodeCertificate(certificate));
}
