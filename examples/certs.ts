/**
 * Makes development certificates in `certs/`, or says until when those that are there are good.
 * Run it as `deno task certs`.
 *
 * @module
 */

import { type DevCertificate, ensureDevCerts } from "../src/dev_certs/dev_certs.ts";

export { ensureDevCerts };

if (import.meta.main) {
  const { certificates } = await ensureDevCerts();
  for (const certificate of certificates) console.log(describe(certificate));
}

/** One line about one certificate. */
export function describe({ url, created, notAfter }: DevCertificate): string {
  const file = `certs/${url.pathname.split("/").at(-1)}`;
  const until = notAfter.toISOString().slice(0, 10);
  return `${created ? "made  " : "reused"}  ${file.padEnd(16)}  valid until ${until}`;
}
