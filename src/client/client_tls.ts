/**
 * What a client trusts, and what it shows of itself, from PEM files. The server's files are
 * `transport/tls.ts`'s.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
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
  /**
   * The name that the server's certificate must be for, and that the server is told (SNI), where the
   * address is another: that of a tunnel, or of one of several servers.
   *
   * @default {undefined} the host of the URL
   */
  serverName?: string;
}

/** The names of {@linkcode ClientTlsFiles}. */
export const CLIENT_TLS_OPTIONS: readonly string[] = [
  "caCertificate",
  "clientCertificateChain",
  "clientPrivateKey",
  "serverName",
];

const HOST_NAME = /^[\w-]+(\.[\w-]+)*$/;

/** What {@linkcode ClientTlsFiles} hold, as `node:tls` takes it. */
export interface ClientTlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/**
 * Reads and checks the PEM files, at once: a client is made without waiting for anything.
 *
 * @throws {ConfigError} If one of a pair is missing, or a file is unreadable, is no PEM, is encrypted,
 *   or does not match.
 */
export function loadClientTls(files: ClientTlsFiles): ClientTlsTexts {
  const { caCertificate, clientCertificateChain, clientPrivateKey, serverName } = files;
  return {
    ...(serverName !== undefined && { servername: checkServerName(serverName) }),
    ...(caCertificate !== undefined && loadCa({ option: "caCertificate", file: caCertificate })),
    ...loadIdentity(clientCertificateChain, clientPrivateKey),
  };
}

function checkServerName(name: string): string {
  if (typeof name === "string" && HOST_NAME.test(name)) return name;
  throw new ConfigError(
    `Cannot use "serverName" ${JSON.stringify(name)}: a host's name is wanted, without a port`,
  );
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
