/**
 * What is in PEM files: certificates and private keys, in the order in which they stand there.
 *
 * @module
 */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ConfigError } from "../errors.ts";
import type { PeerCertificate } from "../peer.ts";
import { readCertificate } from "../transport/client_certificate.ts";

/** A certificate of a file. */
export interface PemCertificate {
  readonly kind: "certificate";
  readonly file: string;
  readonly certificate: X509Certificate;
  /** Its names, as they stand in it. */
  readonly names: PeerCertificate;
}

/** A private key of a file. */
export interface PemKey {
  readonly kind: "key";
  readonly file: string;
  readonly key: KeyObject;
}

/** A block; one that was cut off has no end. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN )[^])*/g;
const END = /-----END [A-Z0-9 ]+-----/;
/** In the old form of keys. */
const ENCRYPTED = /^Proc-Type: 4,ENCRYPTED/m;

/**
 * Reads a PEM file.
 *
 * @throws {ConfigError} If it cannot be read, or something in it is broken or encrypted, or it has
 *   neither a certificate nor a private key.
 */
export async function readPemContents(file: string): Promise<(PemCertificate | PemKey)[]> {
  const text = await readText(file);
  const contents = [...text.matchAll(BLOCK)].flatMap((
    [block, label],
    index,
  ): (PemCertificate | PemKey)[] => {
    if (label === "CERTIFICATE") return [toCertificate(file, block, index)];
    if (label!.endsWith("PRIVATE KEY")) return [toKey(file, block, label!)];
    // Parameters of a curve stand before keys, for one.
    return [];
  });
  if (contents.length > 0) return contents;
  throw cannotShow(
    file,
    "it has neither a certificate nor a private key in PEM: of DER, make PEM with " +
      '"openssl x509 -inform der"',
  );
}

function toCertificate(file: string, block: string, index: number): PemCertificate {
  try {
    if (!END.test(block)) throw new TypeError("it has no end");
    const certificate = new X509Certificate(block);
    return { kind: "certificate", file, certificate, names: readCertificate(certificate) };
  } catch (cause) {
    throw cannotShow(file, `block ${index + 1} in it is no certificate, or cut off`, cause);
  }
}

function toKey(file: string, block: string, label: string): PemKey {
  if (label === "ENCRYPTED PRIVATE KEY" || ENCRYPTED.test(block)) {
    throw cannotShow(file, 'it is encrypted, decrypt it with "openssl pkey"');
  }
  try {
    return { kind: "key", file, key: createPrivateKey(block) };
  } catch (cause) {
    throw cannotShow(
      file,
      "its private key is broken, cut off, or of a kind not known here",
      cause,
    );
  }
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder().decode(await Deno.readFile(file));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotCapable
      ? `allow it by --allow-read=${file}`
      : (cause as Error).message.split(": ", 1)[0]!;
    throw cannotShow(file, reason, cause);
  }
}

function cannotShow(file: string, reason: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot show ${file}: ${reason}`, { cause });
}
