/**
 * Certificates that the kit's own tools do not make: of intermediate CAs, with several names, with
 * another kind of key, malformed.
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
import type { TestCertificate } from "./certificates.ts";

const HOUR_MS = 3_600_000;
const ECDSA_P256 = { name: "ECDSA", namedCurve: "P-256" };
const SUBJECT_ALT_NAME = "2.5.29.17";

/** What {@linkcode CustomCa.issue} makes; what is left out is as an ordinary client has it. */
export interface CustomOptions {
  /**
   * The holder's name.
   *
   * @default {[{ CN: ["custom"] }]}
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
  /** How long it is valid from now, in milliseconds; it began an hour ago. */
  validMs?: number;
}

/** A CA, on whichever level. */
export interface CustomCa extends TestCertificate {
  /** Issues a certificate with a new key. */
  issue(options?: CustomOptions): Promise<TestCertificate>;
  /** Issues a CA certificate. */
  issueCa(name: string): Promise<CustomCa>;
}

/** Makes a root CA. */
export async function createCustomCa(name: string): Promise<CustomCa> {
  const keys = await createKeys(ECDSA_P256);
  const subject = [{ CN: [name] }];
  const certificate = await sign({ subject, issuer: subject, keys, signer: keys, isCa: true });
  return toCa({ subject, keys, certificate });
}

interface Identity {
  readonly subject: JsonName;
  readonly keys: CryptoKeyPair;
  readonly certificate: TestCertificate;
}

function toCa({ subject, keys, certificate }: Identity): CustomCa {
  const ours = { issuer: subject, signer: keys };
  return {
    ...certificate,
    async issue({ algorithm = ECDSA_P256, subject = [{ CN: ["custom"] }], ...options } = {}) {
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

interface SignOptions extends Omit<CustomOptions, "algorithm"> {
  readonly subject: JsonName;
  readonly issuer: JsonName;
  readonly keys: CryptoKeyPair;
  readonly signer: CryptoKeyPair;
  readonly isCa?: boolean;
}

async function sign(options: SignOptions): Promise<TestCertificate> {
  const { subject, issuer, keys, signer, isCa = false, validMs = HOUR_MS } = options;
  const { names, usage = "client" } = options;
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
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + validMs),
  });
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: await encodePrivateKey(keys.privateKey),
  };
}

async function createKeys(algorithm: NonNullable<CustomOptions["algorithm"]>) {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}
