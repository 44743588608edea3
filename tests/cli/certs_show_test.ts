import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createTestCa, type IssueOptions, issueTestServer } from "../support/certificates.ts";
import { createCliFolder } from "../support/cli.ts";
import { transcript } from "../support/command.ts";

const READ_ONLY = { flags: ["--allow-read=."] };
const DAY_MS = 86_400_000;
const SHA256 = "[0-9A-F]{2}(:[0-9A-F]{2}){31}";
const DAY = "\\d{4}-\\d\\d-\\d\\d";

Deno.test("certs --show shows all of the directory, and which key is whose", async () => {
  await using folder = await createCliFolder();
  await folder.run(["certs"], { flags: ["--allow-read=certs", "--allow-write=certs"] });
  const result = await folder.run(["certs", "--show"], { flags: ["--allow-read=certs"] });
  assertEquals([result.code, result.stderr], [0, ""], transcript(result));
  const key = (name: string, cn: string) =>
    `certs/${name}-key.pem\n {2}private key {2}ECDSA, P-256, of CN=${cn} in certs/${name}\\.pem\n\n`;
  const end = `key     ECDSA, P-256\n    sha256  ${SHA256}\n\n`;
  const valid = (days: string) => `    valid   ${DAY} to ${DAY}, ${days} days left\n    `;
  const ca = "FastGRPC development CA";
  assertMatch(
    result.stdout,
    new RegExp(
      `^${key("ca", ca)}certs/ca\\.pem\n  CN=${ca}\n    a CA\n    issuer  itself\n` +
        `${valid("36\\d\\d")}${end}` +
        `${key("client", "fastgrpc-dev-client")}certs/client\\.pem\n  CN=fastgrpc-dev-client\n` +
        `    for     spiffe://localhost/dev-client\n    issuer  CN=${ca}, in certs/ca\\.pem\n` +
        `${valid("89")}${end}` +
        `${key("server", "localhost")}certs/server\\.pem\n  CN=localhost\n` +
        `    for     localhost, 127\\.0\\.0\\.1, ::1\n    issuer  CN=${ca}, in certs/ca\\.pem\n` +
        `${valid("89")}${end}$`,
    ),
  );
});

Deno.test("certs --show follows a chain through the files, by signatures and not by names", async () => {
  await using folder = await createCliFolder();
  const [root, other] = [await createTestCa("Root"), await createTestCa("Root")];
  const middle = await root.issueCa("Middle");
  const leaf = await issueTestServer(middle);
  await folder.write("chain.pem", leaf.certificate + middle.certificate);
  await folder.write("tls.key", leaf.privateKey);
  await folder.write("roots.crt", other.certificate + root.certificate);
  const show = (...files: string[]) => folder.run(["certs", "--show", ...files], READ_ONLY);

  const whole = await show("chain.pem", "roots.crt", "tls.key");
  assertEquals(whole.code, 0, transcript(whole));
  assertStringIncludes(whole.stdout, "  CN=localhost\n    for ");
  assertStringIncludes(whole.stdout, "    issuer  CN=Middle, in chain.pem\n");
  assertStringIncludes(whole.stdout, "    issuer  CN=Root, in roots.crt\n");
  assertStringIncludes(
    whole.stdout,
    "tls.key\n  private key  ECDSA, P-256, of CN=localhost in chain",
  );

  await folder.write("roots.crt", other.certificate);
  const broken = await show("chain.pem", "roots.crt");
  assertStringIncludes(broken.stdout, "    issuer  CN=Root, not shown here\n");
  const alone = await show("tls.key");
  assertEquals(alone.code, 0, transcript(alone));
  assertEquals(alone.stdout, "tls.key\n  private key  ECDSA, P-256\n\n");

  const strange = await show("roots.crt", "tls.key");
  assertEquals(strange.code, 1, transcript(strange));
  assertStringIncludes(strange.stdout, "ECDSA, P-256, of none of these certificates\n");
  assertStringIncludes(
    strange.stderr,
    "tls.key: the private key belongs to none of these certificates\n",
  );
});

/** Dates of a certificate, the exit code, and what is said of it. */
const DATES: Readonly<Record<string, readonly [IssueOptions, number, RegExp]>> = {
  "good for long": [{ toMs: 14.1 * DAY_MS }, 0, /^$/],
  "that soon expires": [{ toMs: 13.9 * DAY_MS }, 0, /^a\.pem: CN=test: 13 days left\n$/],
  "of the last hours": [{ toMs: 5.5 * DAY_MS / 24 }, 0, /^a\.pem: CN=test: 5 hours left\n$/],
  "that has expired": [
    { fromMs: -9 * DAY_MS, toMs: -3.5 * DAY_MS },
    1,
    /test: expired 3 days ago\n$/,
  ],
  "that has just expired": [{ toMs: -90_000 }, 1, /^a\.pem: CN=test: expired 1 minute ago\n$/],
  "of the future": [
    { fromMs: DAY_MS, toMs: 30 * DAY_MS },
    1,
    /CN=test is not valid before 2.*Z\n$/,
  ],
};

for (const [what, [options, code, stderr]] of Object.entries(DATES)) {
  Deno.test(`certs --show judges a certificate ${what}`, async () => {
    await using folder = await createCliFolder();
    const { certificate } = await (await createTestCa()).issue(options);
    await folder.write("a.pem", certificate);
    const result = await folder.run(["certs", "--show", "a.pem"], READ_ONLY);
    assertEquals(result.code, code, transcript(result));
    assertMatch(result.stderr, stderr);
    assertMatch(result.stdout, /^ {4}valid {3}.* (left|ago)$/m);
  });
}

Deno.test("certs --show tells RSA and Ed25519 keys", async () => {
  await using folder = await createCliFolder();
  const ca = await createTestCa();
  const rsa = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, hash: "SHA-256" };
  const publicExponent = new Uint8Array([1, 0, 1]);
  const algorithms = [{ ...rsa, publicExponent }, { name: "Ed25519" } as const];
  for (const [index, described] of ["RSA, 2048 bits", "ed25519"].entries()) {
    const { certificate, privateKey } = await ca.issue({ algorithm: algorithms[index]! });
    await folder.write("both.pem", privateKey + certificate);
    const result = await folder.run(["certs", "--show", "both.pem"], READ_ONLY);
    assertEquals(result.code, 0, transcript(result));
    assertStringIncludes(result.stdout, `private key  ${described}, of CN=test in both.pem\n`);
    assertStringIncludes(result.stdout, `    key     ${described}\n`);
  }
});

Deno.test("certs --show lets nobody write to the terminal by a certificate's names", async () => {
  await using folder = await createCliFolder();
  const { certificate } = await (await createTestCa()).issue({
    subject: [{ CN: ["a\u009b31m\u202eb\u0007"] }],
    names: [{ type: "url", value: "spiffe://a/\u001b]0;title\u0007" }],
  });
  await folder.write("a.pem", certificate);
  const { stdout, stderr } = await folder.run(["certs", "--show", "a.pem"], READ_ONLY);
  assertEquals(/[^\n\x20-\x7e]/.test(stdout + stderr), false, stdout);
  assertStringIncludes(stdout, "\\u009b31m");
  assertStringIncludes(stdout, "spiffe://a/\\u001b]0;title\\u0007");
});

const { certificate: GOOD, privateKey: KEY } = await (await createTestCa()).issue();
const ENCRYPTED = 'encrypted, decrypt it with "openssl pkey"';

/** Files, and what is said of them. */
const WRONG: Readonly<Record<string, readonly [text: string | Uint8Array, stderr: string]>> = {
  "an empty file": ["", "it has neither a certificate nor a private key in PEM"],
  "garbage": [crypto.getRandomValues(new Uint8Array(999)), "it has neither a certificate nor a"],
  "DER": [Uint8Array.fromBase64(GOOD.replace(/-.*-|\n/g, "")), '"openssl x509 -inform der"'],
  "a request for a certificate": [
    GOOD.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"),
    "it has neither a certificate nor a private key in PEM",
  ],
  "a broken certificate behind a good one": [
    `${GOOD}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    "block 2 in it is no certificate, or cut off",
  ],
  "a certificate that was cut off": [GOOD.slice(0, 300), "block 1 in it is no certificate, or cut"],
  "a key that was cut off": [KEY.slice(0, 100), "its private key is broken, cut off, or of a kind"],
  "an encrypted key": [KEY.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"), ENCRYPTED],
  "an encrypted key of the old form": [
    KEY.replace("-\n", "-\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n")
      .replaceAll("PRIVATE", "EC PRIVATE"),
    ENCRYPTED,
  ],
};

for (const [what, [content, stderr]] of Object.entries(WRONG)) {
  Deno.test(`certs --show fails with 2 for ${what}`, async () => {
    await using folder = await createCliFolder();
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder.path}/a.pem`, bytes);
    const result = await folder.run(["certs", "--show", "a.pem"], READ_ONLY);
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, "Cannot show a.pem: ");
    assertStringIncludes(result.stderr, stderr);
    assertEquals(result.stderr.includes("    at "), false, result.stderr);
  });
}

/** Arguments and permissions, and what is said. */
const UNREADABLE: readonly (readonly [args: string[], flags: string[], stderr: string])[] = [
  [["gone.pem"], READ_ONLY.flags, "Cannot show gone.pem: No such file or directory"],
  [["."], READ_ONLY.flags, "Cannot show .: Is a directory"],
  [["a.pem"], [], "Cannot show a.pem: allow it by --allow-read=a.pem\n"],
  [[], READ_ONLY.flags, "Cannot show what is in certs: it is no directory that can be read, make"],
  [
    ["--dir=."],
    READ_ONLY.flags,
    'Cannot show what is in .: it has no file whose name ends in ".pem"',
  ],
  [[], [], "Cannot show what is in certs: allow it by --allow-read=certs\n"],
];

for (const [args, flags, stderr] of UNREADABLE) {
  Deno.test(`certs --show ${args} with [${flags}] says what it cannot read`, async () => {
    await using folder = await createCliFolder();
    const result = await folder.run(["certs", "--show", ...args], { flags });
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertStringIncludes(result.stderr, stderr);
  });
}
