/**
 * PEM files: read and checked before they are used, since Deno takes any bytes for a certificate or
 * a key. Which of them go together, and what for, is `tls.ts`'s and the client's.
 *
 * @module
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../config_error.ts";

/** A file that an option names. */
export interface PemFile {
  /** The option's name, for errors. */
  readonly option: string;
  /** Where it is. */
  readonly file: string | URL;
}

/** Also a block that was cut off, which TLS would pass over without a word. */
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----(?:(?!-----BEGIN )[^])*/g;
const PEM_PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^]*?-----END \1PRIVATE KEY-----/;

/** The curves that TLS signs over; a certificate of another one would fail every handshake. */
const CURVES: readonly unknown[] = ["prime256v1", "secp384r1", "secp521r1"];
const MIN_RSA_BITS = 2048;

/** @throws {ConfigError} If it cannot be read. */
export async function readPem(pem: PemFile): Promise<string> {
  const path = pathOf(pem);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(pem, cause);
  }
}

/** As {@linkcode readPem}, at once. */
export function readPemSync(pem: PemFile): string {
  const path = pathOf(pem);
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(pem, cause);
  }
}

/** The certificates of a checked bundle. */
export function splitCertificates(text: string): X509Certificate[] {
  return (text.match(PEM_CERTIFICATE) ?? []).map((block) => new X509Certificate(block));
}

/** @throws {ConfigError} If there is no certificate in it, or a broken one. */
export function parseCertificates({ option, file }: PemFile, text: string): X509Certificate[] {
  const blocks = text.match(PEM_CERTIFICATE) ?? [];
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

/**
 * Checks a certificate chain and the private key of its first certificate.
 *
 * @throws {ConfigError} If one of them cannot be used, or they do not match.
 */
export function checkKeyPair(
  chain: PemFile,
  chainText: string,
  key: PemFile,
  keyText: string,
): void {
  const [leaf] = parseCertificates(chain, chainText);
  if (leaf!.checkPrivateKey(parsePrivateKey(key, keyText))) return;
  throw new ConfigError(
    `Cannot use "${key.option}" ${key.file}: it does not match the first certificate of ` +
      `${chain.file}, use the key that this certificate was issued for`,
  );
}

function pathOf({ option, file }: PemFile): string {
  // The value stays out of the text: it is a private key perhaps.
  if (typeof file === "string" && file.includes("-----BEGIN")) {
    throw new ConfigError(`Cannot read "${option}": it holds PEM, name the file that has it`);
  }
  if (file === "") {
    throw new ConfigError(`Cannot read "${option}": it is empty, name a file or leave it out`);
  }
  try {
    return file instanceof URL ? fileURLToPath(file) : file;
  } catch (cause) {
    throw unreadable({ option, file }, cause);
  }
}

function unreadable({ option, file }: PemFile, cause: unknown): ConfigError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(`Cannot read "${option}" ${file}: ${why}`, { cause });
}

function parsePrivateKey({ option, file }: PemFile, text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new ConfigError(
      `Cannot use "${option}" ${file}: it is encrypted, decrypt it with "openssl pkey"`,
    );
  }
  let key: KeyObject;
  try {
    // Alone: in some set-ups the certificates are in the same file.
    key = createPrivateKey(PEM_PRIVATE_KEY.exec(text)?.[0] ?? text);
  } catch (cause) {
    throw new ConfigError(`Cannot use "${option}" ${file}: it is no private key in PEM`, { cause });
  }
  if (isForTls(key)) return key;
  throw new ConfigError(
    `Cannot use "${option}" ${file}: TLS does not take a key of its kind, ` +
      `use ECDSA (P-256, P-384, P-521), Ed25519, or RSA with ${MIN_RSA_BITS} bits or more`,
  );
}

function isForTls({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject) {
  if (type === "rsa") return (details.modulusLength ?? 0) >= MIN_RSA_BITS;
  return type === "ed25519" || (type === "ec" && CURVES.includes(details.namedCurve));
}
