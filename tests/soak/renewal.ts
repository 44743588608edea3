/**
 * Certificates that are renewed while a server runs, as an operator does it: one file after the other.
 *
 * @module
 */

import { createTestCa, issueTestServer } from "../support/certificates.ts";
import { createPemSet, type PemSet } from "../support/pem_files.ts";
import { sleep } from "./soak_service.ts";

/** How often the server gets another certificate. */
const INTERVAL_MS = 1500;

/** PEM files, and another pair for the server every now and then. */
export interface RenewedFiles extends AsyncDisposable {
  readonly pem: PemSet;
  /** How often the server got another pair, or another bundle of CAs. */
  readonly count: () => number;
}

/** Writes PEM files, and renews them until disposed of. */
export async function renewCertificates(): Promise<RenewedFiles> {
  const pem = await createPemSet();
  const other = await createTestCa("Another CA");
  const controller = new AbortController();
  let count = 0;
  const renew = async () => {
    const { certificate, privateKey } = await issueTestServer(pem.ca);
    await replace(pem.sslPrivateKey, privateKey);
    await replace(pem.sslCertificateChain, certificate);
    // Every other time one more CA is trusted, or no longer.
    const cas = [pem.ca.certificate, ...(count % 4 < 2 ? [] : [other.certificate])];
    await replace(pem.caCertificate, cas.join(""));
    count++;
  };
  const work = (async () => {
    try {
      while (true) {
        await sleep(INTERVAL_MS, controller.signal);
        await renew();
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  })();
  return {
    pem,
    count: () => count,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await work;
      await pem[Symbol.asyncDispose]();
    },
  };
}

/** At once, so that nobody reads half of it. */
async function replace(file: URL, text: string): Promise<void> {
  const next = new URL(`${file.href}.next`);
  await Deno.writeTextFile(next, text);
  await Deno.rename(next, file);
}
