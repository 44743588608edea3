/**
 * An app as operators get it: the code holds defaults, and what they set goes over them, as
 * docs/configuration.md tells. Serve it by `serve` of the command line, or as a program of its own
 * (`binary.ts`).
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

export const app: FastGRPC = new FastGRPC({ timeout: "30s" });
app.addService(Greeter, greeterHandlers);

await app.run({
  port: 50051,
  // Where the command certs puts them: relative to where it is started.
  sslCertificateChain: "certs/server.pem",
  sslPrivateKey: "certs/server-key.pem",
  gracefulTimeout: "30s",
  healthCheck: true,
  reflection: true,
});
