/**
 * Makes development certificates in `certs/`, or says until when those that are there are good.
 * Run it as `deno task certs`.
 */

import { ensureDevCerts } from "../src/dev_certs/dev_certs.ts";

const { certificates } = await ensureDevCerts();

for (const { url, created, notAfter } of certificates) {
  const file = `certs/${url.pathname.split("/").at(-1)}`;
  const until = notAfter.toISOString().slice(0, 10);
  console.log(`${created ? "made  " : "reused"}  ${file.padEnd(16)}  valid until ${until}`);
}
