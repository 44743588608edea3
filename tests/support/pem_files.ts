/**
 * The PEM files that a server under test reads, in a temporary directory that goes with the test's
 * block. What is in them is `certificates.ts`'s.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import {
  createTestCa,
  issueTestClient,
  issueTestServer,
  type TestCa,
  type TestCertificate,
} from "./certificates.ts";

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
  /** Options of `app.serve()` for TLS. */
  readonly tls: Pick<PemFiles, "sslCertificateChain" | "sslPrivateKey">;
  /** Options of `app.serve()` for mTLS. */
  readonly mtls: Pick<PemFiles, "caCertificate" | "sslCertificateChain" | "sslPrivateKey">;
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
  const caCertificate = await write("ca.pem", ca.certificate);
  const tls = {
    sslCertificateChain: await write("server.pem", server.certificate),
    sslPrivateKey: await write("server-key.pem", server.privateKey),
  };
  return {
    ca,
    directory,
    caCertificate,
    ...tls,
    tls,
    mtls: { ...tls, caCertificate },
    clientCertificateChain: await write("client.pem", client.certificate),
    clientPrivateKey: await write("client-key.pem", client.privateKey),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Texts of {@linkcode PemFiles}. */
export type PemTexts = Record<keyof PemFiles, string>;

/** Reads PEM files, for what takes texts only. */
export async function readPemTexts(files: PemFiles): Promise<PemTexts> {
  return {
    caCertificate: await Deno.readTextFile(files.caCertificate),
    sslCertificateChain: await Deno.readTextFile(files.sslCertificateChain),
    sslPrivateKey: await Deno.readTextFile(files.sslPrivateKey),
    clientCertificateChain: await Deno.readTextFile(files.clientCertificateChain),
    clientPrivateKey: await Deno.readTextFile(files.clientPrivateKey),
  };
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
