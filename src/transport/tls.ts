/**
 * TLS from PEM files, checked before a port opens: Deno takes any bytes for a certificate or a key,
 * and would then fail every handshake.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { ConfigError } from "../errors.ts";
import { serverLog } from "../log.ts";
import {
  checkKeyPair,
  parseCertificates,
  type PemFile,
  readPem,
  splitCertificates,
} from "./pem.ts";

/** Where the PEM files for TLS are. None of them: plaintext. */
export interface TlsFiles {
  /**
   * The server's certificate, followed by those of intermediate CAs. Together with `sslPrivateKey`.
   *
   * @default {undefined} plaintext
   */
  sslCertificateChain?: string | URL;
  /**
   * The private key of the server's certificate, not encrypted.
   *
   * @default {undefined} plaintext
   */
  sslPrivateKey?: string | URL;
  /**
   * CA certificates for mTLS: each client must show a certificate that one of them signed.
   *
   * @default {undefined} clients need no certificate
   */
  caCertificate?: string | URL;
}

/** What {@linkcode TlsFiles} hold, checked. */
export interface TlsContext {
  /** The server's certificate chain, PEM. */
  readonly cert: string;
  /** Its private key, PEM. */
  readonly key: string;
  /** The CAs that sign client certificates, PEM; `undefined` without mTLS. */
  readonly ca: string | undefined;
}

/**
 * Reads and checks the PEM files.
 *
 * @returns `undefined` if no file is named: plaintext.
 * @throws {ConfigError} If one of a pair is missing, or a file is unreadable, is no PEM, is encrypted, or
 *   does not match.
 */
export async function loadTls(files: TlsFiles): Promise<TlsContext | undefined> {
  const { sslCertificateChain, sslPrivateKey, caCertificate } = files;
  if (sslCertificateChain === undefined && sslPrivateKey === undefined) {
    if (caCertificate === undefined) return undefined;
    throw new ConfigError(
      `Cannot serve mTLS with "caCertificate" alone: set "sslCertificateChain" and "sslPrivateKey" as well`,
    );
  }
  if (sslPrivateKey === undefined || sslCertificateChain === undefined) {
    const [set, missing] = sslPrivateKey === undefined
      ? ["sslCertificateChain", "sslPrivateKey"]
      : ["sslPrivateKey", "sslCertificateChain"];
    throw new ConfigError(`Cannot serve TLS with "${set}" alone: set "${missing}" as well`);
  }
  const chainFile: PemFile = { option: "sslCertificateChain", file: sslCertificateChain };
  const keyFile: PemFile = { option: "sslPrivateKey", file: sslPrivateKey };
  // One after the other, so that no file is still being read when an error is thrown.
  const cert = await readPem(chainFile);
  const key = await readPem(keyFile);
  const caFile: PemFile | undefined = caCertificate === undefined
    ? undefined
    : { option: "caCertificate", file: caCertificate };
  const ca = caFile && await readPem(caFile);
  checkKeyPair(chainFile, cert, keyFile, key);
  if (caFile !== undefined) parseCertificates(caFile, ca!);
  return { cert, key, ca };
}

/** The CAs of a checked bundle. */
export function parseCaBundle(ca: string): X509Certificate[] {
  return splitCertificates(ca);
}

/** Tells the operator of a server certificate that clients will refuse because of its dates. */
export function warnOfDates({ cert }: TlsContext): void {
  const { validFrom, validTo, subject } = new X509Certificate(cert);
  const now = Date.now();
  if (Date.parse(validTo) < now) {
    serverLog.warn("Certificate {subject} expired at {validTo}: clients will refuse it", {
      subject,
      validTo,
    });
  } else if (Date.parse(validFrom) > now) {
    serverLog.warn(
      "Certificate {subject} is not valid before {validFrom}: clients will refuse it",
      {
        subject,
        validFrom,
      },
    );
  }
}
