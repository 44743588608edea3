import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { ensureDevCerts } from "../../src/dev_certs/dev_certs.ts";
import { normalizeHost } from "../../src/dev_certs/hosts.ts";
import { ConfigError } from "../../src/errors.ts";
import { createTempDirectory, type TempDirectory } from "../support/pem_files.ts";

const LOCAL = ["localhost", "127.0.0.1", "::1"];

const NORMAL: Readonly<Record<string, string>> = {
  "api.test": "api.test",
  "API.Test": "api.test",
  "*.api.test": "*.api.test",
  "bücher.example": "xn--bcher-kva.example",
  "my_service": "my_service",
  "192.168.1.7": "192.168.1.7",
  "2001:DB8::0:1": "2001:db8::1",
  "::ffff:1.2.3.4": "::ffff:102:304",
};

const NO_HOSTS = [
  ...[
    "",
    " ",
    "a b",
    "a:80",
    "https://a",
    "a/b",
    "[::1]",
    "fe80::1%eth0",
    "*",
    "a.*.b",
    "-a",
    "a-",
  ],
  ...["a..b", ".a", "a,b", "a\nb", "a\0b", `${"a".repeat(60)}.`.repeat(5) + "b"],
];

Deno.test("normalizeHost() gives each host one form", () => {
  for (const [host, normal] of Object.entries(NORMAL)) assertEquals(normalizeHost(host), normal);
});

Deno.test("normalizeHost() refuses what is no host", () => {
  for (const host of NO_HOSTS) {
    assertThrows(() => normalizeHost(host), RangeError, `for host "${host}"`);
  }
});

Deno.test("ensureDevCerts() makes the server's certificate for hosts, besides the local ones", async () => {
  await using temp = await createTempDirectory();
  const hosts = ["API.test", "192.168.1.7", "2001:DB8::0:1", "localhost"];
  const { certificates } = await ensureDevCerts({ ...temp, hosts });
  const server = [...LOCAL, "api.test", "192.168.1.7", "2001:db8::1"];
  assertEquals(certificates.map((each) => each.hosts), [[], server, []]);
  const certificate = await readServer(temp);
  assertEquals(certificate.checkHost("api.test"), "api.test");
  assertEquals(certificate.checkIP("192.168.1.7"), "192.168.1.7");
  assertEquals(certificate.checkHost("other.test"), undefined);
});

Deno.test("ensureDevCerts() does not touch a good certificate that is for other hosts", async () => {
  await using temp = await createTempDirectory();
  await ensureDevCerts({ ...temp, hosts: ["a.test", "b.test"] });
  const { raw } = await readServer(temp);
  await assertRejects(
    () => ensureDevCerts({ ...temp, hosts: ["b.test", "c.test"] }),
    ConfigError,
    "for c.test: it is good, but for localhost, 127.0.0.1, ::1, a.test, b.test only: set",
  );
  assertEquals((await ensureDevCerts({ ...temp, hosts: ["b.test"] })).created, false);
  assertEquals((await readServer(temp)).raw, raw);
});

Deno.test("ensureDevCerts() makes good certificates anew by force, with the same CA and keys", async () => {
  await using temp = await createTempDirectory();
  const [ca] = (await ensureDevCerts({ ...temp, hosts: ["a.test"] })).certificates;
  const before = await readServer(temp);
  const forced = await ensureDevCerts({ ...temp, hosts: ["c.test"], force: true });
  assertEquals(forced.certificates.map(({ created }) => created), [false, true, true]);
  assertEquals(forced.certificates[0]!.notAfter, ca!.notAfter);
  assertEquals(forced.certificates[1]!.hosts, [...LOCAL, "c.test"]);
  const after = await readServer(temp);
  assert(after.serialNumber !== before.serialNumber);
  assertEquals(
    after.publicKey.export({ format: "jwk" }),
    before.publicKey.export({ format: "jwk" }),
  );
});

Deno.test("ensureDevCerts() keeps the hosts of a certificate that it renews", async () => {
  await using temp = await createTempDirectory();
  await ensureDevCerts({ ...temp, hosts: ["a.test"], validDays: 8 });
  for (const options of [{ force: true }, {}]) {
    // By itself it is renewed when it does not fit its key.
    if (!options.force) await Deno.remove(new URL("server-key.pem", temp.directory));
    const { certificates } = await ensureDevCerts({ ...temp, ...options });
    assertEquals(certificates[1]!.created, true);
    assertEquals(certificates[1]!.hosts, [...LOCAL, "a.test"]);
  }
});

async function readServer({ directory }: TempDirectory): Promise<X509Certificate> {
  return new X509Certificate(await Deno.readTextFile(new URL("server.pem", directory)));
}
