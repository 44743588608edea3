/**
 * TLS from PEM files. `deno task certs` makes some for development.
 *
 * @module
 */

import { FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const app = new FastGRPC();
app.addService(Greeter, greeterHandlers);

await app.run({
  port: Number(Deno.args[0] ?? 50051),
  sslCertificateChain: "certs/server.pem",
  sslPrivateKey: "certs/server-key.pem",
});
