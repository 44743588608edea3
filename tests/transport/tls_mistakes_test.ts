import { assert, assertRejects, assertStringIncludes } from "@std/assert";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { ConfigError, FastGRPC, type TlsFiles } from "../../mod.ts";
import { createTestCa } from "../support/certificates.ts";
import { createPemSet, type PemSet } from "../support/pem_files.ts";

const TRUNCATED = 0.6;

interface Mistake {
  title: string;
  /** Spoils the files, and gives those that the server is told. */
  make(pem: PemSet): TlsFiles | Promise<TlsFiles>;
  /** Parts of the error's message, the remedy among them. */
  says: string[];
}

const MISTAKES: Mistake[] = [
  {
    title: "a certificate chain without a key",
    make: ({ sslCertificateChain }) => ({ sslCertificateChain }),
    says: ['Cannot serve TLS with "sslCertificateChain" alone', 'set "sslPrivateKey" as well'],
  },
  {
    title: "a key without a certificate chain",
    make: ({ sslPrivateKey }) => ({ sslPrivateKey }),
    says: ['Cannot serve TLS with "sslPrivateKey" alone', 'set "sslCertificateChain" as well'],
  },
  {
    title: "a CA without both",
    make: ({ caCertificate }) => ({ caCertificate }),
    says: [
      'Cannot serve mTLS with "caCertificate" alone',
      'set "sslCertificateChain" and "sslPrivateKey" as well',
    ],
  },
  ...(["sslCertificateChain", "sslPrivateKey", "caCertificate"] as const).map((option) => ({
    title: `a missing ${option}`,
    make: (pem: PemSet) => ({ ...pem.mtls, [option]: new URL("nothing.pem", pem.directory) }),
    says: [`Cannot read "${option}" file://`, "/nothing.pem: ENOENT: no such file"],
  })),
  {
    title: "an empty path, such as a variable that is not set",
    make: (pem) => ({ ...pem.mtls, caCertificate: "" }),
    says: ['Cannot read "caCertificate": it is empty, name a file or leave it out'],
  },
  {
    title: "a directory in place of a file",
    make: (pem) => ({ ...pem.mtls, caCertificate: pem.directory }),
    says: ['Cannot read "caCertificate"', "EISDIR"],
  },
  {
    title: "a URL that is not of a file",
    make: (pem) => ({ ...pem.mtls, caCertificate: new URL("https://localhost/ca.pem") }),
    says: ['Cannot read "caCertificate" https://localhost/ca.pem', "file"],
  },
  {
    title: "a certificate in DER",
    make: async (pem) => {
      const text = await Deno.readTextFile(pem.sslCertificateChain);
      const der = Uint8Array.fromBase64(text.replace(/-----.*-----/g, ""));
      await Deno.writeFile(pem.sslCertificateChain, der);
      return pem.mtls;
    },
    says: ['Cannot use "sslCertificateChain"', "a PEM file is wanted"],
  },
  {
    title: "an empty CA file",
    make: (pem) => write(pem, "caCertificate", ""),
    says: ['Cannot use "caCertificate"', "a PEM file is wanted"],
  },
  {
    title: "a broken certificate inside a bundle",
    make: async (pem) => {
      const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
      const ca = await Deno.readTextFile(pem.caCertificate);
      return write(pem, "caCertificate", ca + broken + ca);
    },
    says: ['Cannot use "caCertificate"', "certificate 2 in it is broken"],
  },
  ...(["sslCertificateChain", "caCertificate"] as const).map((option) => ({
    title: `a ${option} whose last certificate is cut off`,
    make: async (pem: PemSet) => {
      const { certificate } = await createTestCa();
      const bundle = await Deno.readTextFile(pem[option]) + certificate;
      const end = bundle.length - Math.round(certificate.length * TRUNCATED);
      return write(pem, option, bundle.slice(0, end));
    },
    says: [`Cannot use "${option}"`, "certificate 2 in it is broken"],
  })),
  {
    title: "a certificate in place of a key",
    make: (pem) => ({ ...pem.mtls, sslPrivateKey: pem.sslCertificateChain }),
    says: ['Cannot use "sslPrivateKey"', "it is no private key in PEM"],
  },
  {
    title: "a key that is cut off",
    make: async (pem) => {
      const key = await Deno.readTextFile(pem.sslPrivateKey);
      return write(pem, "sslPrivateKey", key.slice(0, key.length * TRUNCATED));
    },
    says: ['Cannot use "sslPrivateKey"', "it is no private key in PEM"],
  },
  ...(["pkcs8", "sec1"] as const).map((type) => ({
    title: `an encrypted key in ${type}`,
    make: (pem: PemSet) => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const cipher = { cipher: "aes-128-cbc", passphrase: "secret" };
      const key = type === "pkcs8"
        ? privateKey.export({ format: "pem", type, ...cipher })
        : `-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----`;
      return write(pem, "sslPrivateKey", String(key));
    },
    says: ['Cannot use "sslPrivateKey"', "it is encrypted", 'decrypt it with "openssl pkey"'],
  })),
  {
    title: "the key of another certificate",
    make: (pem) => ({ ...pem.mtls, sslPrivateKey: pem.clientPrivateKey }),
    says: ['Cannot use "sslPrivateKey"', "it does not match", "server.pem", "use the key that"],
  },
  {
    title: "a key of another type than the certificate's",
    make: (pem) => write(pem, "sslPrivateKey", pkcs8(generateKeyPairSync("ed25519").privateKey)),
    says: ['Cannot use "sslPrivateKey"', "it does not match", "server.pem"],
  },
  ...([
    ["RSA with 1024 bits", () => generateKeyPairSync("rsa", { modulusLength: 1024 })],
    ["secp256k1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
    ["Ed448", () => generateKeyPairSync("ed448")],
  ] as const).map(([title, generate]) => ({
    title: `a key that TLS does not take: ${title}`,
    make: (pem: PemSet) => write(pem, "sslPrivateKey", pkcs8(generate().privateKey)),
    says: ['Cannot use "sslPrivateKey"', "TLS does not take a key of its kind", "use ECDSA"],
  })),
];

for (const { title, make, says } of MISTAKES) {
  Deno.test(`app.serve() refuses ${title}, and opens no port`, async () => {
    await using pem = await createPemSet();
    const files = await make(pem);
    const port = findFreePort();

    const error = await assertRejects(
      () => new FastGRPC().serve({ hostname: "127.0.0.1", port, ...files }),
      ConfigError,
    );

    for (const part of says) assertStringIncludes(error.message, part);
    await assertRejects(
      () => Deno.connect({ hostname: "127.0.0.1", port }),
      Deno.errors.ConnectionRefused,
    );
  });
}

type Option = keyof TlsFiles;

async function write(pem: PemSet, option: Option, text: string): Promise<TlsFiles> {
  await Deno.writeTextFile(pem[option], text);
  return pem.mtls;
}

/** A port of the loopback that was free a moment ago. */
function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function pkcs8(key: KeyObject): string {
  return String(key.export({ type: "pkcs8", format: "pem" }));
}

for (const option of ["sslCertificateChain", "sslPrivateKey", "caCertificate"] as const) {
  Deno.test(`app.serve() refuses the text of a PEM file as ${option}, and repeats none of it`, async () => {
    await using pem = await createPemSet();
    const text = await Deno.readTextFile(pem[option]);
    const error = await assertRejects(
      () => new FastGRPC().serve({ hostname: "127.0.0.1", port: 0, ...pem.mtls, [option]: text }),
      ConfigError,
      `Cannot read "${option}": it holds PEM, name the file that has it`,
    );
    const shown = Deno.inspect(error, { depth: 10 }) + error.stack;
    for (const line of text.trim().split("\n")) assert(!shown.includes(line), line);
  });
}
