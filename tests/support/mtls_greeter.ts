/**
 * The greeter with mTLS, and with PEM files that a test may change while it runs.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import type { LogRecord } from "@logtape/logtape";
import { type CapturedLog, captureLog } from "./captured_log.ts";
import type { TestCertificate } from "./certificates.ts";
import { type GreeterOptions, type RunningGreeter, serveGreeter } from "./greeter.ts";
import { createPemSet, type PemSet, type PemSetOptions } from "./pem_files.ts";
import { probeTls, type Trust } from "./tls_clients.ts";

const BOUND_MS = 5000;

/** A running greeter with its files. */
export interface MtlsGreeter extends AsyncDisposable, Pick<RunningGreeter, "port" | "baseUrl"> {
  readonly pem: PemSet;
  readonly log: CapturedLog;
  /** Replaces the server's pair, as an operator does: one file after the other. */
  replaceServer(server: TestCertificate): Promise<void>;
  /** Replaces the CA of the clients. */
  replaceCa(certificate: string): Promise<void>;
  /** Messages about the reload so far. */
  reloadLog(): string[];
  /** Waits until new connections get a certificate. */
  waitForServer(server: TestCertificate, trust: Trust): Promise<void>;
}

/** Options for {@linkcode serveMtls}. */
export interface MtlsGreeterOptions
  extends PemSetOptions, Pick<GreeterOptions, "handlers" | "serve"> {
  /** Lays out the files in another way before they are served. */
  arrange?: (pem: PemSet) => Promise<void>;
}

/** Serves, with a look at the files every few milliseconds unless told otherwise. */
export async function serveMtls(options: MtlsGreeterOptions = {}): Promise<MtlsGreeter> {
  const log = await captureLog();
  const pem = await createPemSet(options);
  await options.arrange?.(pem);
  const { caCertificate, sslCertificateChain, sslPrivateKey } = pem.mtls;
  const { port, baseUrl, [Symbol.asyncDispose]: dispose } = await serveGreeter({
    handlers: options.handlers ?? {},
    serve: {
      ...pem.mtls,
      certificateReload: "5ms",
      ...options.serve,
    },
  });
  const reloadLog = () => log.records.map(textOf).filter((text) => text.startsWith("Certificates"));
  return {
    port,
    baseUrl,
    pem,
    log,
    async replaceServer({ certificate, privateKey }) {
      await Deno.writeTextFile(sslPrivateKey, privateKey);
      await Deno.writeTextFile(sslCertificateChain, certificate);
    },
    replaceCa: (certificate) => Deno.writeTextFile(caCertificate, certificate),
    reloadLog,
    async waitForServer({ certificate }, trust) {
      const { fingerprint256 } = new X509Certificate(certificate);
      const until = performance.now() + BOUND_MS;
      while (performance.now() < until) {
        const seen = await probeTls(port, trust, { rejectUnauthorized: false }).catch(() => {});
        if (seen?.fingerprint256 === fingerprint256) return;
      }
      throw new Error(`not within ${BOUND_MS} ms: another certificate; ${reloadLog()}`);
    },
    async [Symbol.asyncDispose]() {
      await dispose();
      await pem[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    },
  };
}

/** A record as it would be printed. */
function textOf({ message }: LogRecord): string {
  return message.join("");
}
