/**
 * TLS from PEM files, checked before a port opens: Deno takes any bytes for a certificate or a key,
 * and would then fail every handshake.
 *
 * @module
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";
import { serverLog } from "../log.ts";

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

/** Also a block that was cut off, which TLS would pass over without a word. */
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----(?:(?!-----BEGIN )[^])*/g;
const PEM_PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/;

/** The curves that TLS signs over; a certificate of another one would fail every handshake. */
const CURVES: readonly unknown[] = ["prime256v1", "secp384r1", "secp521r1"];
const MIN_RSA_BITS = 2048;

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
  // One after the other, so that no file is still being read when an error is thrown.
  const cert = await readPem("sslCertificateChain", sslCertificateChain);
  const key = await readPem("sslPrivateKey", sslPrivateKey);
  const ca = caCertificate === undefined
    ? undefined
    : await readPem("caCertificate", caCertificate);
  const [leaf] = parseCertificates("sslCertificateChain", sslCertificateChain, cert);
  const privateKey = parsePrivateKey(sslPrivateKey, key);
  if (!leaf!.checkPrivateKey(privateKey)) {
    throw new ConfigError(
      `Cannot use "sslPrivateKey" ${sslPrivateKey}: it does not match the first certificate of ` +
        `${sslCertificateChain}, use the key that this certificate was issued for`,
    );
  }
  if (ca !== undefined) parseCertificates("caCertificate", caCertificate!, ca);
  return { cert, key, ca };
}

/** The CAs of a checked bundle. */
export function parseCaBundle(ca: string): X509Certificate[] {
  return (ca.match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
}

async function readPem(option: string, file: string | URL): Promise<string> {
  // The value stays out of the text: it is a private key perhaps.
  if (typeof file === "string" && file.includes("-----BEGIN")) {
    throw new ConfigError(`Cannot read "${option}": it holds PEM, name the file that has it`);
  }
  if (file === "") {
    throw new ConfigError(`Cannot read "${option}": it is empty, name a file or leave it out`);
  }
  try {
    return await readFile(file instanceof URL ? fileURLToPath(file) : file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`Cannot read "${option}" ${file}: ${why}`, { cause });
  }
}

function parseCertificates(option: string, file: string | URL, pem: string): X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw new ConfigError(
      `Cannot use "${option}" ${file}: it has no "-----BEGIN CERTIFICATE-----", a PEM file is wanted`,
    );
  }
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new ConfigError(
        `Cannot use "${option}" ${file}: certificate ${index + 1} in it is broken or cut off`,
        { cause },
      );
    }
  });
}

function parsePrivateKey(file: string | URL, pem: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    throw new ConfigError(
      `Cannot use "sslPrivateKey" ${file}: it is encrypted, decrypt it with "openssl pkey"`,
    );
  }
  let key: KeyObject;
  try {
    // Alone: in some set-ups the certificates are in the same file.
    key = createPrivateKey(PEM_PRIVATE_KEY.exec(pem)?.[0] ?? pem);
  } catch (cause) {
    throw new ConfigError(`Cannot use "sslPrivateKey" ${file}: it is no private key in PEM`, {
      cause,
    });
  }
  if (isForTls(key)) return key;
  throw new ConfigError(
    `Cannot use "sslPrivateKey" ${file}: TLS does not take a key of its kind, ` +
      `use ECDSA (P-256, P-384, P-521), Ed25519, or RSA with ${MIN_RSA_BITS} bits or more`,
  );
}

function isForTls({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject) {
  if (type === "rsa") return (details.modulusLength ?? 0) >= MIN_RSA_BITS;
  return type === "ed25519" || (type === "ec" && CURVES.includes(details.namedCurve));
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
