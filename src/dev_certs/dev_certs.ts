/**
 * Development certificates: a certificate authority of the project's own, and one server and one
 * client certificate that it signed, kept as PEM files in a directory and renewed when they are
 * about to expire. What goes into a certificate is `x509.ts`'s, and serving with the files is left
 * to who runs the app. Nothing here is for production.
 *
 * Several processes may do this at once, and none takes a lock. A private key is put into place
 * whole and is never written again; certificates are only issued for the keys that are there.
 * So whoever writes last, each certificate fits its key, and the CA's fits what it signed.
 *
 * @module
 */

import type { X509Certificate } from "../deps/dev_certs.ts";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ConfigError } from "../errors.ts";
import { createKeyPair, decodeKeyPair, encodePrivateKey } from "./key_pair.ts";
import { createSecretFile, readTextFileIfExists, replaceFile } from "./pem_files.ts";
import {
  type CertificateAuthority,
  createCaCertificate,
  decodeCertificate,
  encodeCertificate,
  hasCommonName,
  isCertificateFor,
  issueCertificate,
  type LeafCertificateOptions,
} from "./x509.ts";

const CA_NAME = "FastGRPC development CA";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CA_VALID_DAYS = 3650;
/** Apple's systems refuse a server certificate of more: https://support.apple.com/102028 */
const MAX_VALID_DAYS = 398;
const RENEW_BEFORE_DAYS = 7;
/** How far the clock of a peer may be behind, as a container's or a virtual machine's can be. */
const CLOCK_SKEW_MS = HOUR_MS;

type Profile = Pick<LeafCertificateOptions, "commonName" | "usage" | "sans">;

const SERVER: Profile = {
  commonName: "localhost",
  usage: "server",
  sans: [{ dns: "localhost" }, { ip: "127.0.0.1" }, { ip: "::1" }],
};

const CLIENT: Profile = {
  commonName: "fastgrpc-dev-client",
  usage: "client",
  sans: [{ uri: "spiffe://localhost/dev-client" }],
};

/** Options for {@linkcode ensureDevCerts}. */
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
}

/** One certificate of {@linkcode DevCertificates}. */
export interface DevCertificate {
  /** Its PEM file. */
  url: URL;
  /** Whether this call made it; otherwise it was there and is still good. */
  created: boolean;
  /** Last moment at which it is valid. */
  notAfter: Date;
}

/** PEM files for a server with mTLS and for its client, named as the options that take them. */
export interface DevCertificates {
  /** The CA's certificate, which both sides are told to trust. */
  caCertificate: URL;
  /** The server's certificate, for `localhost`, `127.0.0.1` and `::1`. */
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

/**
 * Makes development certificates, or reuses those that are there.
 *
 * A certificate is made anew when it is missing, within 7 days of its end, or fits neither its key
 * nor the CA. Private keys are made once, with mode 0600, and never overwritten: to have new ones,
 * delete the directory. With `directory` inside the project, `--allow-read` and `--allow-write` of
 * it are all the permissions needed, and the first is enough as long as nothing has to be made.
 *
 * @param options where they are kept and how long they are valid
 * @returns the files
 * @throws {RangeError} when `validDays` is no whole number from 8 to 398
 * @throws {ConfigError} when a file in the directory is of another origin, such as a real
 *   certificate, or cannot be read or written
 *
 * @example
 * ```ts ignore
 * import { ensureDevCerts } from "./src/dev_certs/dev_certs.ts";
 *
 * const { caCertificate, sslCertificateChain, sslPrivateKey } = await ensureDevCerts();
 * await app.run({ port: 50051, caCertificate, sslCertificateChain, sslPrivateKey });
 * ```
 */
export async function ensureDevCerts(options: DevCertsOptions = {}): Promise<DevCertificates> {
  const { directory, validDays } = resolveDevCertsOptions(options);
  // All three before anything is written, so that a refusal leaves the directory as it was.
  const caSlot = await readSlot(directory, "ca");
  const serverSlot = await readSlot(directory, "server");
  const clientSlot = await readSlot(directory, "client");

  const ca = await ensureCa(caSlot);
  const server = await ensureLeaf(serverSlot, { ca, profile: SERVER, validDays });
  const client = await ensureLeaf(clientSlot, { ca, profile: CLIENT, validDays });

  const issued = [ca, server, client];
  return {
    caCertificate: caSlot.url,
    sslCertificateChain: serverSlot.url,
    sslPrivateKey: serverSlot.keyUrl,
    clientCertificateChain: clientSlot.url,
    clientPrivateKey: clientSlot.keyUrl,
    created: issued.some(({ created }) => created),
    certificates: issued.map(({ url, created, certificate: { notAfter } }) => ({
      url,
      created,
      notAfter,
    })),
  };
}

function resolveDevCertsOptions(options: DevCertsOptions): { directory: URL; validDays: number } {
  const { directory = "certs", validDays = 90 } = options;
  const minimum = RENEW_BEFORE_DAYS + 1;
  if (!Number.isInteger(validDays) || validDays < minimum || validDays > MAX_VALID_DAYS) {
    throw new RangeError(
      `Cannot make development certificates: "validDays" must be a whole number from ${minimum} ` +
        `to ${MAX_VALID_DAYS}: current value is ${validDays}`,
    );
  }
  const { href } = directory instanceof URL ? directory : pathToFileURL(directory);
  return { directory: new URL(href.endsWith("/") ? href : `${href}/`), validDays };
}

/** Where one certificate and its key belong, and the certificate that is there. */
interface Slot {
  readonly url: URL;
  readonly keyUrl: URL;
  readonly found: X509Certificate | undefined;
}

async function readSlot(directory: URL, name: string): Promise<Slot> {
  const url = new URL(`${name}.pem`, directory);
  const keyUrl = new URL(`${name}-key.pem`, directory);
  const pem = await readTextFileIfExists(url);
  if (pem === undefined) return { url, keyUrl, found: undefined };
  const found = decodeCertificate(pem);
  // The CA issued its own certificate, so that this holds for all three.
  if (found !== undefined && hasCommonName(found.issuerName, CA_NAME)) {
    return { url, keyUrl, found };
  }
  throw new ConfigError(
    `Cannot make development certificates: "${fileURLToPath(url)}" must be missing or issued by ` +
      `"${CA_NAME}": it is ${found ? `issued by "${found.issuer}"` : "no certificate"}: ` +
      `move it away, or choose another directory`,
  );
}

/** A certificate that is in its place and good, with its keys. */
interface Issued extends CertificateAuthority {
  readonly url: URL;
  readonly created: boolean;
}

async function ensureCa(slot: Slot): Promise<Issued> {
  const keys = await ensureKeyPair(slot.keyUrl);
  return await ensureCertificate(slot, {
    keys,
    signer: keys,
    // A CA has to outlive all that it signs.
    neededDays: MAX_VALID_DAYS,
    issue: () => createCaCertificate({ commonName: CA_NAME, keys, ...validity(CA_VALID_DAYS) }),
  });
}

interface LeafOptions {
  ca: CertificateAuthority;
  profile: Profile;
  validDays: number;
}

async function ensureLeaf(slot: Slot, options: LeafOptions): Promise<Issued> {
  const { ca, profile, validDays } = options;
  const keys = await ensureKeyPair(slot.keyUrl);
  const { publicKey } = keys;
  return await ensureCertificate(slot, {
    keys,
    signer: ca.keys,
    neededDays: RENEW_BEFORE_DAYS,
    issue: () => issueCertificate(ca, { ...profile, publicKey, ...validity(validDays) }),
  });
}

async function ensureKeyPair(url: URL): Promise<CryptoKeyPair> {
  let pem = await readTextFileIfExists(url);
  if (pem === undefined) {
    pem = await createSecretFile(url, await encodePrivateKey((await createKeyPair()).privateKey));
  }
  try {
    return await decodeKeyPair(pem);
  } catch (cause) {
    throw new ConfigError(
      `Cannot make development certificates: "${fileURLToPath(url)}" must be missing or hold an ` +
        `unencrypted P-256 key in PKCS #8: move it away, or choose another directory`,
      { cause },
    );
  }
}

interface CertificatePlan {
  keys: CryptoKeyPair;
  signer: CryptoKeyPair;
  neededDays: number;
  issue: () => Promise<X509Certificate>;
}

async function ensureCertificate(slot: Slot, plan: CertificatePlan): Promise<Issued> {
  const { url, found } = slot;
  const { keys } = plan;
  if (found !== undefined && await isUsable(found, plan)) {
    return { url, keys, certificate: found, created: false };
  }
  const certificate = await plan.issue();
  await replaceFile(url, encodeCertificate(certificate));
  return { url, keys, certificate, created: true };
}

async function isUsable(certificate: X509Certificate, plan: CertificatePlan): Promise<boolean> {
  const { keys, signer, neededDays } = plan;
  const now = Date.now();
  return certificate.notBefore.getTime() <= now &&
    certificate.notAfter.getTime() > now + neededDays * DAY_MS &&
    await isCertificateFor(certificate, keys.publicKey) &&
    await certificate.verify({ publicKey: signer.publicKey, signatureOnly: true });
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const notBeforeMs = Date.now() - CLOCK_SKEW_MS;
  return { notBefore: new Date(notBeforeMs), notAfter: new Date(notBeforeMs + days * DAY_MS) };
}
