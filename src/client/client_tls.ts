/**
 * What a client trusts, and what it shows of itself, from PEM files. The server's files are
 * `transport/tls.ts`'s.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { checkKeyPair, parseCertificates, type PemFile, readPemSync } from "../transport/pem.ts";

/** Where a client's PEM files for TLS are. */
export interface ClientTlsFiles {
  /**
   * CA certificates that the server's certificate must be signed by.
   *
   * @default {undefined} the CAs that Deno trusts
   */
  caCertificate?: string | URL;
  /**
   * The client's certificate, followed by those of intermediate CAs, for servers with mTLS. Together
   * with `clientPrivateKey`.
   *
   * @default {undefined} the client shows none
   */
  clientCertificateChain?: string | URL;
  /**
   * The private key of the client's certificate, not encrypted.
   *
   * @default {undefined} the client shows no certificate
   */
  clientPrivateKey?: string | URL;
}

/** The names of {@linkcode ClientTlsFiles}. */
export const CLIENT_TLS_OPTIONS: readonly string[] = [
  "caCertificate",
  "clientCertificateChain",
  "clientPrivateKey",
];

/** What {@linkcode ClientTlsFiles} hold, as `node:tls` takes it. */
export interface ClientTlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads and checks the PEM files, at once: a client is made without waiting for anything.
 *
 * @throws {ConfigError} If one of a pair is missing, or a file is unreadable, is no PEM, is encrypted,
 *   or does not match.
 */
export function loadClientTls(files: ClientTlsFiles): ClientTlsTexts {
  const { caCertificate, clientCertificateChain, clientPrivateKey } = files;
  return {
    ...(caCertificate !== undefined && loadCa({ option: "caCertificate", file: caCertificate })),
    ...loadIdentity(clientCertificateChain, clientPrivateKey),
  };
}

function loadCa(file: PemFile): ClientTlsTexts {
  const ca = readPemSync(file);
  parseCertificates(file, ca);
  return { ca };
}

function loadIdentity(
  chain: string | URL | undefined,
  key: string | URL | undefined,
): ClientTlsTexts {
  if (chain === undefined && key === undefined) return {};
  if (chain === undefined || key === undefined) {
    const [set, missing] = key === undefined
      ? ["clientCertificateChain", "clientPrivateKey"]
      : ["clientPrivateKey", "clientCertificateChain"];
    throw new ConfigError(`Cannot use mTLS with "${set}" alone: set "${missing}" as well`);
  }
  const chainFile: PemFile = { option: "clientCertificateChain", file: chain };
  const keyFile: PemFile = { option: "clientPrivateKey", file: key };
  const cert = readPemSync(chainFile);
  const keyText = readPemSync(keyFile);
  checkKeyPair(chainFile, cert, keyFile, keyText);
  return { cert, key: keyText };
}
