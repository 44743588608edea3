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
import { fileURLToPath } from "node:url";
import { ConfigError } from "../errors.ts";
import {
  type DevCertificate,
  type DevCertificates,
  type DevCertsOptions,
  MAX_VALID_DAYS,
  RENEW_BEFORE_DAYS,
  resolveDevCertsOptions,
} from "./dev_certs_options.ts";
import { hostsOf, LOCAL_HOSTS, toSubjectAltNames } from "./hosts.ts";
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

export type { DevCertificate, DevCertificates, DevCertsOptions };

const CA_NAME = "FastGRPC development CA";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CA_VALID_DAYS = 3650;
/** How far the clock of a peer may be behind, as a container's or a virtual machine's can be. */
const CLOCK_SKEW_MS = HOUR_MS;

type Profile = Pick<LeafCertificateOptions, "commonName" | "usage" | "sans">;

const SERVER: Profile = { commonName: "localhost", usage: "server" };

const CLIENT: Profile = {
  commonName: "fastgrpc-dev-client",
  usage: "client",
  sans: [{ uri: "spiffe://localhost/dev-client" }],
};

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
 * @throws {RangeError} when `validDays` is no whole number from 8 to 398, or a host is none
 * @throws {ConfigError} when a file in the directory is of another origin, such as a real
 *   certificate, or cannot be read or written, or the server's certificate is still good, but not
 *   for all `hosts`
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
  const { directory, validDays, hosts, force } = resolveDevCertsOptions(options);
  // All three before anything is written, so that a refusal leaves the directory as it was.
  const caSlot = await readSlot(directory, "ca");
  const serverSlot = await readSlot(directory, "server");
  const clientSlot = await readSlot(directory, "client");

  const ca = await ensureCa(caSlot);
  const server = await ensureServer(serverSlot, { ca, validDays, hosts, force });
  const client = await ensureLeaf(clientSlot, { ca, profile: CLIENT, validDays, force });

  const issued = [ca, server, client];
  return {
    caCertificate: caSlot.url,
    sslCertificateChain: serverSlot.url,
    sslPrivateKey: serverSlot.keyUrl,
    clientCertificateChain: clientSlot.url,
    clientPrivateKey: clientSlot.keyUrl,
    created: issued.some(({ created }) => created),
    certificates: issued.map(({ url, created, certificate }) => ({
      url,
      created,
      notAfter: certificate.notAfter,
      hosts: hostsOf(certificate),
    })),
  };
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
  const slot = await readCertificate(url, keyUrl);
  const keyPem = await readTextFileIfExists(keyUrl);
  if (keyPem !== undefined) await readKeyPair(keyUrl, keyPem);
  return slot;
}

async function readCertificate(url: URL, keyUrl: URL): Promise<Slot> {
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
  force: boolean;
}

async function ensureServer(
  slot: Slot,
  { hosts, ...options }: Omit<LeafOptions, "profile"> & { hosts: readonly string[] },
): Promise<Issued> {
  const had = slot.found === undefined ? [] : hostsOf(slot.found);
  const wanted = new Set([...LOCAL_HOSTS, ...hosts.length > 0 ? hosts : had]);
  const sans = toSubjectAltNames([...wanted]);
  const server = await ensureLeaf(slot, { ...options, profile: { ...SERVER, sans } });
  const missing = server.created ? [] : hosts.filter((host) => !had.includes(host));
  if (missing.length === 0) return server;
  throw new ConfigError(
    `Cannot reuse "${fileURLToPath(slot.url)}" for ${missing.join(", ")}: it is good, but for ` +
      `${had.join(", ")} only: set "force", or --force, to have it made anew`,
  );
}

async function ensureLeaf(slot: Slot, options: LeafOptions): Promise<Issued> {
  const { ca, profile, validDays, force } = options;
  const keys = await ensureKeyPair(slot.keyUrl);
  const { publicKey } = keys;
  return await ensureCertificate(slot, {
    keys,
    signer: ca.keys,
    neededDays: force ? Infinity : RENEW_BEFORE_DAYS,
    issue: () => issueCertificate(ca, { ...profile, publicKey, ...validity(validDays) }),
  });
}

async function ensureKeyPair(url: URL): Promise<CryptoKeyPair> {
  let pem = await readTextFileIfExists(url);
  if (pem === undefined) {
    pem = await createSecretFile(url, await encodePrivateKey((await createKeyPair()).privateKey));
  }
  return await readKeyPair(url, pem);
}

async function readKeyPair(url: URL, pem: string): Promise<CryptoKeyPair> {
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
