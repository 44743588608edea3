/**
 * What can be said about development certificates, and what is told of them.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { normalizeHost } from "./hosts.ts";

/** Apple's systems refuse a server certificate of more: https://support.apple.com/102028 */
export const MAX_VALID_DAYS = 398;
/** When a certificate is made anew. */
export const RENEW_BEFORE_DAYS = 7;

/** Options for `ensureDevCerts()`. */
export interface DevCertsOptions {
  /**
   * Where the files are kept: a path or a `file:` URL. It is made where it is missing.
   *
   * @default {"certs"}
   */
  directory?: string | URL;
  /**
   * Days that a new server or client certificate is valid, from 8 to 398. It is renewed 7 days
   * before they are over.
   *
   * @default {90}
   */
  validDays?: number;
  /**
   * DNS names and IP addresses that the server's certificate is for, besides `localhost`,
   * `127.0.0.1` and `::1`.
   *
   * @default {[]} those that the certificate had before, if there was one
   */
  hosts?: readonly string[];
  /**
   * Makes the server's and the client's certificates anew, though they are still good. The CA and the
   * private keys stay.
   *
   * @default {false}
   */
  force?: boolean;
}

/** One certificate of {@linkcode DevCertificates}. */
export interface DevCertificate {
  /** Its PEM file. */
  url: URL;
  /** Whether this call made it; otherwise it was there and is still good. */
  created: boolean;
  /** Last moment at which it is valid. */
  notAfter: Date;
  /** The hosts that it is for; none for the CA and the client. */
  hosts: readonly string[];
}

/** PEM files for a server with mTLS and for its client, named as the options that take them. */
export interface DevCertificates {
  /** The CA's certificate, which both sides are told to trust. */
  caCertificate: URL;
  /** The server's certificate, for `localhost`, `127.0.0.1`, `::1`, and `hosts`. */
  sslCertificateChain: URL;
  /** The server's private key. */
  sslPrivateKey: URL;
  /** The client's certificate, for `spiffe://localhost/dev-client`. */
  clientCertificateChain: URL;
  /** The client's private key. */
  clientPrivateKey: URL;
  /** Whether this call made any certificate. */
  created: boolean;
  /** The CA's, the server's and the client's certificate, in this order. */
  certificates: readonly DevCertificate[];
}

/** {@linkcode DevCertsOptions}, total. */
export interface ResolvedDevCertsOptions {
  readonly directory: URL;
  readonly validDays: number;
  readonly hosts: readonly string[];
  readonly force: boolean;
}

/** @throws {RangeError} If an option is out of range. */
export function resolveDevCertsOptions(options: DevCertsOptions): ResolvedDevCertsOptions {
  const { directory = "certs", validDays = 90, hosts = [], force = false } = options;
  const minimum = RENEW_BEFORE_DAYS + 1;
  if (!Number.isInteger(validDays) || validDays < minimum || validDays > MAX_VALID_DAYS) {
    throw new RangeError(
      `Cannot make development certificates: "validDays" must be a whole number from ${minimum} ` +
        `to ${MAX_VALID_DAYS}: current value is ${validDays}`,
    );
  }
  const { href } = directory instanceof URL ? directory : pathToFileURL(directory);
  return {
    directory: new URL(href.endsWith("/") ? href : `${href}/`),
    validDays,
    hosts: hosts.map(normalizeHost),
    force,
  };
}
