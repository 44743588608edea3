/**
 * Certificates for tests: a CA of the test's own that issues whatever a test needs, good or bad,
 * and the PEM files that a server under test reads.
 */

import type { X509Certificate } from "@peculiar/x509";
import { pathToFileURL } from "node:url";
import {
  createKeyPair,
  encodePrivateKey,
  type KeyPairAlgorithm,
} from "../../src/dev_certs/key_pair.ts";
import {
  createCaCertificate,
  encodeCertificate,
  issueCertificate,
  type SubjectAltName,
} from "../../src/dev_certs/x509.ts";

/** Options for {@linkcode TestCa.issue}. */
export interface IssueOptions {
  /** The holder's name. */
  commonName: string;
  /** The side of a TLS connection that the certificate is for. */
  usage: "server" | "client";
  /**
   * Names that the certificate is valid for.
   *
   * @default {[]}
   */
  sans?: readonly SubjectAltName[];
  /**
   * First moment at which it is valid.
   *
   * @default {Date} an hour ago
   */
  notBefore?: Date;
  /**
   * Last moment at which it is valid.
   *
   * @default {Date} in an hour
   */
  notAfter?: Date;
  /**
   * Algorithm of its key.
   *
   * @default {KeyPairAlgorithm} ECDSA over P-256
   */
  keyAlgorithm?: KeyPairAlgorithm;
}

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  /** The certificate. */
  readonly certificate: string;
  /** Its private key. */
  readonly privateKey: string;
}

/** A CA that exists in memory only. */
export interface TestCa extends TestCertificate {
  /** Issues a certificate with a new key. */
  issue(options: IssueOptions): Promise<TestCertificate>;
}

/**
 * Makes a CA. Two of them with the same name do not trust each other's certificates.
 *
 * @param name its common name
 */
export async function createTestCa(name: string = "FastGRPC test CA"): Promise<TestCa> {
  const keys = await createKeyPair();
  const certificate = await createCaCertificate({ commonName: name, keys, ...defaultValidity() });
  const issue = async (options: IssueOptions) => {
    const { keyAlgorithm, ...request } = options;
    const { publicKey, privateKey } = await createKeyPair(keyAlgorithm);
    return await encode(
      await issueCertificate({ certificate, keys }, {
        ...defaultValidity(),
        ...request,
        publicKey,
      }),
      privateKey,
    );
  };
  return { ...await encode(certificate, keys.privateKey), issue };
}

/** What {@linkcode createPemSet} writes; what is left out is issued for `localhost`. */
export interface PemSetOptions {
  /** CA whose certificate is `caCertificate`, and which issues what is left out. */
  ca?: TestCa;
  /** The server's certificate. */
  server?: TestCertificate;
  /** The client's certificate. */
  client?: TestCertificate;
}

/** PEM files of one CA, server and client, as `ensureDevCerts()` returns them too. */
export interface PemFiles {
  /** The CA's certificate. */
  readonly caCertificate: URL;
  /** The server's certificate. */
  readonly sslCertificateChain: URL;
  /** The server's private key. */
  readonly sslPrivateKey: URL;
  /** The client's certificate. */
  readonly clientCertificateChain: URL;
  /** The client's private key. */
  readonly clientPrivateKey: URL;
}

/** {@linkcode PemFiles} that are removed when the set is disposed of. */
export interface PemSet extends PemFiles, AsyncDisposable {
  /** The CA that issued what was left out of the options. */
  readonly ca: TestCa;
  /** Directory of the files, with a slash at its end. */
  readonly directory: URL;
}

/**
 * Writes a PEM set into a temporary directory, named as the kit's development certificates.
 *
 * @param options what to write instead of certificates made for the purpose
 */
export async function createPemSet(options: PemSetOptions = {}): Promise<PemSet> {
  const ca = options.ca ?? await createTestCa();
  const server = options.server ?? await issueTestServer(ca);
  const client = options.client ?? await issueTestClient(ca);
  const { directory, [Symbol.asyncDispose]: dispose } = await createTempDirectory();
  const write = async (name: string, pem: string) => {
    const url = new URL(name, directory);
    await Deno.writeTextFile(url, pem);
    return url;
  };
  return {
    ca,
    directory,
    caCertificate: await write("ca.pem", ca.certificate),
    sslCertificateChain: await write("server.pem", server.certificate),
    sslPrivateKey: await write("server-key.pem", server.privateKey),
    clientCertificateChain: await write("client.pem", client.certificate),
    clientPrivateKey: await write("client-key.pem", client.privateKey),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Texts of {@linkcode PemFiles}. */
export type PemTexts = Record<keyof PemFiles, string>;

/**
 * Reads PEM files, for what takes texts only.
 *
 * @param files where they are
 */
export async function readPemTexts(files: PemFiles): Promise<PemTexts> {
  return {
    caCertificate: await Deno.readTextFile(files.caCertificate),
    sslCertificateChain: await Deno.readTextFile(files.sslCertificateChain),
    sslPrivateKey: await Deno.readTextFile(files.sslPrivateKey),
    clientCertificateChain: await Deno.readTextFile(files.clientCertificateChain),
    clientPrivateKey: await Deno.readTextFile(files.clientPrivateKey),
  };
}

/** Issues a server certificate for `localhost`, `127.0.0.1` and `::1`. */
export async function issueTestServer(ca: TestCa): Promise<TestCertificate> {
  const sans = [{ dns: "localhost" }, { ip: "127.0.0.1" }, { ip: "::1" }];
  return await ca.issue({ commonName: "localhost", usage: "server", sans });
}

/** Issues a client certificate for `spiffe://localhost/test-client`. */
export async function issueTestClient(ca: TestCa): Promise<TestCertificate> {
  const sans = [{ uri: "spiffe://localhost/test-client" }];
  return await ca.issue({ commonName: "fastgrpc-test-client", usage: "client", sans });
}

/** A directory that is removed with all it holds when it is disposed of. */
export interface TempDirectory extends AsyncDisposable {
  /** The directory, with a slash at its end. */
  readonly directory: URL;
}

/** Makes an empty temporary directory. */
export async function createTempDirectory(): Promise<TempDirectory> {
  const directory = pathToFileURL(`${await Deno.makeTempDir({ prefix: "fastgrpc-" })}/`);
  return {
    directory,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

function defaultValidity(): { notBefore: Date; notAfter: Date } {
  const hourMs = 3_600_000;
  return { notBefore: new Date(Date.now() - hourMs), notAfter: new Date(Date.now() + hourMs) };
}

async function encode(
  certificate: X509Certificate,
  privateKey: CryptoKey,
): Promise<TestCertificate> {
  return {
    certificate: encodeCertificate(certificate),
    privateKey: await encodePrivateKey(privateKey),
  };
}
