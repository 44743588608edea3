/**
 * Takes up new certificates without a restart. The files are read again at intervals rather than
 * watched: mounted secrets change by the swap of a link far above the file, and network file
 * systems tell of no change at all.
 *
 * @module
 */

import type { X509Certificate } from "node:crypto";
import type { Http2SecureServer } from "node:http2";
import type { TLSSocket } from "node:tls";
import { Deadline } from "../deadline.ts";
import { serverLog } from "../log.ts";
import { leadsTo, mayResume } from "./resumption.ts";
import { loadTls, parseCaBundle, type TlsContext, type TlsFiles, warnOfDates } from "./tls.ts";

/** Keeps the certificates of one server up to date. */
export class CertificateReload implements AsyncDisposable {
  readonly #server: Http2SecureServer;
  readonly #files: TlsFiles;
  readonly #intervalMs: number;
  #current: TlsContext;
  #trusted: readonly X509Certificate[];
  /** Whether the CAs are others than those that a handshake may have begun with. */
  #hasNewCas = false;
  #failure: string | undefined;
  #cancelTimer = () => {};
  #reading: Promise<void> | undefined;
  #disposed = false;

  /** Starts to look at the files, every so many milliseconds. */
  constructor(
    server: Http2SecureServer,
    { files, context, intervalMs }: { files: TlsFiles; context: TlsContext; intervalMs: number },
  ) {
    this.#server = server;
    this.#files = files;
    this.#intervalMs = intervalMs;
    this.#current = context;
    this.#trusted = parseCaBundle(context.ca ?? "");
    warnOfDates(context);
    this.#schedule();
  }

  /** Whether a client may be let in, after its handshake, by the CAs of now. */
  isTrusted(socket: TLSSocket): boolean {
    return this.#hasNewCas ? leadsTo(socket, this.#trusted) : mayResume(socket, this.#trusted);
  }

  /** Looks no more. Resolves when no file is being read. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#cancelTimer();
    await this.#reading;
  }

  #schedule(): void {
    if (this.#disposed) return;
    this.#cancelTimer = new Deadline(this.#intervalMs).onPass(() => {
      this.#reading = this.#reload().then(() => this.#schedule());
    });
  }

  /** A pair that is broken, or half written, leaves the old one in place. */
  async #reload(): Promise<void> {
    try {
      const next = (await loadTls(this.#files))!;
      this.#failure = undefined;
      if (this.#disposed || isSame(next, this.#current)) return;
      this.#server.setSecureContext({ ...next, minVersion: "TLSv1.2" });
      this.#hasNewCas ||= next.ca !== this.#current.ca;
      this.#current = next;
      this.#trusted = parseCaBundle(next.ca ?? "");
      warnOfDates(next);
      serverLog.info("Certificates were reloaded: new connections get the new ones");
    } catch (error) {
      const failure = String(error);
      // Once, not at each interval until somebody mends it.
      if (failure !== this.#failure) {
        serverLog.error("Certificates stay as they were: {error}", { error });
      }
      this.#failure = failure;
    }
  }
}

function isSame(a: TlsContext, b: TlsContext): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
