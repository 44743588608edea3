/**
 * The program that `interop_servers.ts` starts for services in code: the one of `wide_service.ts`, with
 * reflection. Its argument is the kind of port.
 *
 * @module
 */

import { createWideApp } from "./wide_service.ts";

const [kind] = Deno.args;
await createWideApp().run({
  port: 0,
  hostname: "127.0.0.1",
  healthCheck: true,
  reflection: true,
  ...(kind !== "plaintext" && {
    sslCertificateChain: "certs/server.pem",
    sslPrivateKey: "certs/server-key.pem",
  }),
  ...(kind === "mTLS" && { caCertificate: "certs/ca.pem" }),
});
