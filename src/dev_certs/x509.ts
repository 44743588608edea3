/**
 * X.509 for development and tests: a certificate authority of one level, and the server and client
 * certificates that it signs. Which names, keys and validity are wanted, and where the PEM files
 * are kept, is left to the caller; keys are `key_pair.ts`'s.
 *
 * @module
 */

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "../deps/dev_certs.ts";

/** One name that a certificate is valid for. */
export type SubjectAltName =
  | { readonly dns: string }
  | { readonly ip: string }
  | { readonly uri: string };

/** Options for {@linkcode createCaCertificate}. */
export interface CaCertificateOptions {
  /** The CA's name: subject and issuer of its own certificate. */
  commonName: string;
  /** The CA's keys. */
  keys: CryptoKeyPair;
  /** First moment at which the certificate is valid. */
  notBefore: Date;
  /** Last moment at which the certificate is valid. */
  notAfter: Date;
}

/** Options for {@linkcode issueCertificate}. */
export interface LeafCertificateOptions {
  /** The holder's name. */
  commonName: string;
  /** The side of a TLS connection that the certificate is for. */
  usage: "server" | "client";
  /**
   * Names that the certificate is valid for.
   *
   * @default {[]} the extension is left out
   */
  sans?: readonly SubjectAltName[];
  /** The holder's public key. */
  publicKey: CryptoKey;
  /** First moment at which the certificate is valid. */
  notBefore: Date;
  /** Last moment at which the certificate is valid. */
  notAfter: Date;
}

/** What signs certificates. */
export interface CertificateAuthority {
  /** The certificate that clients and servers are told to trust. */
  readonly certificate: X509Certificate;
  /** The keys of {@linkcode CertificateAuthority.certificate}. */
  readonly keys: CryptoKeyPair;
}

/**
 * Makes the self-signed certificate of a CA that may sign leaves but no further CA
 * (RFC 5280, sections 4.2.1.3 and 4.2.1.9).
 *
 * @param options the CA's name, keys and validity
 * @returns the certificate
 */
export async function createCaCertificate(options: CaCertificateOptions): Promise<X509Certificate> {
  const { commonName, keys, notBefore, notAfter } = options;
  return await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    serialNumber: randomSerialNumber(),
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

/**
 * Issues a server or a client certificate.
 *
 * @param authority the CA that signs it
 * @param options whom it is for and how long it is valid
 * @returns the certificate
 */
export async function issueCertificate(
  authority: CertificateAuthority,
  options: LeafCertificateOptions,
): Promise<X509Certificate> {
  const { commonName, usage, sans = [], publicKey, notBefore, notAfter } = options;
  const purpose = usage === "server" ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([purpose]),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
  ];
  // RFC 5280 wants at least one name in the extension, so that an empty one is malformed.
  if (sans.length > 0) extensions.push(new SubjectAlternativeNameExtension(sans.map(generalName)));
  return await X509CertificateGenerator.create({
    subject: [{ CN: [commonName] }],
    issuer: authority.certificate.subjectName,
    publicKey,
    signingKey: authority.keys.privateKey,
    serialNumber: randomSerialNumber(),
    notBefore,
    notAfter,
    extensions,
  });
}

/**
 * Writes a certificate as PEM.
 *
 * @param certificate the certificate
 * @returns PEM text that ends with a newline
 */
export function encodeCertificate(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

/**
 * Reads the first certificate of a PEM text.
 *
 * @param pem the text
 * @returns the certificate, or `undefined` where the text holds none
 */
export function decodeCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/**
 * Tells whether a name consists of this common name and nothing else.
 *
 * @param name the subject or the issuer of a certificate
 * @param commonName the name to compare with
 */
export function hasCommonName(name: Name, commonName: string): boolean {
  return name.toString() === new Name([{ CN: [commonName] }]).toString();
}

/**
 * Tells whether a certificate was issued for a key.
 *
 * @param certificate the certificate
 * @param publicKey the public key that it should hold
 */
export async function isCertificateFor(
  certificate: X509Certificate,
  publicKey: CryptoKey,
): Promise<boolean> {
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  return spki.toHex() === new Uint8Array(certificate.publicKey.rawData).toHex();
}

function generalName(san: SubjectAltName): JsonGeneralName {
  if ("dns" in san) return { type: "dns", value: san.dns };
  if ("ip" in san) return { type: "ip", value: san.ip };
  return { type: "url", value: san.uri };
}

function randomSerialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // The first bit is the sign, and RFC 5280 (section 4.1.2.2) wants a positive number; the second
  // one keeps all 16 bytes significant.
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toHex();
}
