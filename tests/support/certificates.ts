/**
 * Certificates for tests, good and bad: a CA of the test's own that issues whatever a test needs.
 * It shares nothing but the encoding of keys with `src/dev_certs/`, and its certificates name no key
 * of their issuer, so that CAs of the same name differ in nothing but their signatures. The files
 * that a server reads are `pem_files.ts`'s.
 *
 * @module
 */

import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type JsonGeneralName,
  type JsonName,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { encodePrivateKey } from "../../src/dev_certs/key_pair.ts";

const HOUR_MS = 3_600_000;
const ECDSA_P256 = { name: "ECDSA", namedCurve: "P-256" };
const SUBJECT_ALT_NAME = "2.5.29.17";

/** What {@linkcode TestCa.issue} makes; what is left out is as an ordinary client has it. */
export interface IssueOptions {
  /**
   * The holder's name.
   *
   * @default {[{ CN: ["test"] }]}
   */
  subject?: JsonName;
  /** Subject alternative names, or the bytes that stand in their place. */
  names?: JsonGeneralName[] | Uint8Array;
  /**
   * The side of a TLS connection that the certificate is for.
   *
   * @default {"client"}
   */
  usage?: "server" | "client";
  /**
   * What `crypto.subtle.generateKey()` makes its key with.
   *
   * @default {{ name: "ECDSA", namedCurve: "P-256" }}
   */
  algorithm?: EcKeyGenParams | RsaHashedKeyGenParams | { name: "Ed25519" };
  /**
   * When it begins to be valid, in milliseconds from now.
   *
   * @default {-3600000} an hour ago
   */
  fromMs?: number;
  /**
   * Until when it is valid, in milliseconds from now.
   *
   * @default {3600000} in an hour
   */
  toMs?: number;
}

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  /** The certificate. */
  readonly certificate: string;
  /** Its private key. */
  readonly privateKey: string;
}

/** A CA that exists in memory only, a root or below one. */
export interface TestCa extends TestCertificate {
  /** Issues a certificate with a new key. */
  issue(options?: IssueOptions): Promise<TestCertificate>;
  /** Issues the certificate of an intermediate CA. */
  issueCa(name: string): Promise<TestCa>;
}

/** Makes a root CA. Two of them with the same name do not trust each other's certificates. */
export async function createTestCa(name: string = "FastGRPC test CA"): Promise<TestCa> {
  const keys = await createKeys(ECDSA_P256);
  const subject = [{ CN: [name] }];
  const certificate = await sign({ subject, issuer: subject, keys, signer: keys, isCa: true });
  return toCa({ subject, keys, certificate });
}

/** Issues a server certificate for `localhost`, `127.0.0.1` and `::1`. */
export async function issueTestServer(
  ca: TestCa,
  options: IssueOptions = {},
): Promise<TestCertificate> {
  const names: JsonGeneralName[] = [
    { type: "dns", value: "localhost" },
    { type: "ip", value: "127.0.0.1" },
    { type: "ip", value: "::1" },
  ];
  return await ca.issue({ subject: [{ CN: ["localhost"] }], names, usage: "server", ...options });
}

/** Issues a client certificate for `spiffe://localhost/test-client`. */
export async function issueTestClient(ca: TestCa): Promise<TestCertificate> {
  return await ca.issue({
    subject: [{ CN: ["fastgrpc-test-client"] }],
    names: [{ type: "url", value: "spiffe://localhost/test-client" }],
  });
}

interface Identity {
  readonly subject: JsonName;
  readonly keys: CryptoKeyPair;
  readonly certificate: TestCertificate;
}

function toCa({ subject, keys, certificate }: Identity): TestCa {
  const ours = { issuer: subject, signer: keys };
  return {
    ...certificate,
    async issue({ algorithm = ECDSA_P256, subject = [{ CN: ["test"] }], ...options } = {}) {
      return await sign({ ...ours, subject, keys: await createKeys(algorithm), ...options });
    },
    async issueCa(name) {
      const keys = await createKeys(ECDSA_P256);
      const subject = [{ CN: [name] }];
      return toCa({
        subject,
        keys,
        certificate: await sign({ ...ours, subject, keys, isCa: true }),
      });
    },
  };
}

interface SignOptions extends Omit<IssueOptions, "algorithm"> {
  readonly subject: JsonName;
  readonly issuer: JsonName;
  readonly keys: CryptoKeyPair;
  readonly signer: CryptoKeyPair;
  readonly isCa?: boolean;
}

async function sign(options: SignOptions): Promise<TestCertificate> {
  const { subject, issuer, keys, signer, isCa = false, names, usage = "client" } = options;
  const { fromMs = -HOUR_MS, toMs = HOUR_MS } = options;
  const extensions: Extension[] = [new BasicConstraintsExtension(isCa, undefined, true)];
  if (!isCa) {
    const purpose = usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
    extensions.push(new ExtendedKeyUsageExtension([purpose]));
  }
  if (names instanceof Uint8Array) {
    extensions.push(new Extension(SUBJECT_ALT_NAME, false, new Uint8Array(names)));
  } else if (names !== undefined) {
    extensions.push(new SubjectAlternativeNameExtension(names));
  }
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer,
    extensions,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    notBefore: new Date(Date.now() + fromMs),
    notAfter: new Date(Date.now() + toMs),
  });
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: await encodePrivateKey(keys.privateKey),
  };
}

async function createKeys(algorithm: NonNullable<IssueOptions["algorithm"]>) {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}
