/**
 * What the contestants in JavaScript share: the greeter, and how they are told to serve it. They run
 * in Deno and in Node as they are.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";

/** The .proto file of the service, and the folder of its imports. */
export const PROTO = "greeter/v1/greeter.proto";
export const { BENCH_PROTO_FOLDER: PROTO_FOLDER } = process.env;

/** Whether to log each call and to run an interceptor. */
export const IS_OBSERVED = process.env.BENCH_OBSERVED !== undefined;

/** The PEM files, as `node:http2` takes them, or undefined for plaintext. */
export const TLS = process.env.BENCH_CERT === undefined ? undefined : {
  cert: readFileSync(process.env.BENCH_CERT),
  key: readFileSync(process.env.BENCH_KEY),
  ...(process.env.BENCH_CA !== undefined && {
    ca: readFileSync(process.env.BENCH_CA),
    requestCert: true,
    rejectUnauthorized: true,
  }),
};

/** What grpc-js and who builds on it takes. */
export function createCredentials({ createInsecure, createSsl }) {
  if (TLS === undefined) return createInsecure();
  // Without any, all of the roots that it brings are named to clients, by a server in Deno in a
  // message that is too long for them.
  const roots = TLS.ca ?? TLS.cert;
  return createSsl(roots, [{ private_key: TLS.key, cert_chain: TLS.cert }], "ca" in TLS);
}

/** The reply to a name. */
export function greet(name) {
  return { message: `Hello ${name}` };
}

/** Logs a call. */
export function logCall(method, code, start) {
  console.error(JSON.stringify({ method, code, durationMs: performance.now() - start }));
}

/** Tells the harness the port. */
export function tell(port) {
  console.log(port);
}
