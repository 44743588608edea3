/**
 * Mutual TLS: clients show a certificate, and the handler sees whose it is.
 *
 * @module
 */

import { Code, FastGRPC } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const app = new FastGRPC();
app.addService(Greeter, {
  ...greeterHandlers,
  sayHello(request, context) {
    const { spiffeId } = context.peer.certificate!;
    if (spiffeId === undefined) context.abort(Code.PermissionDenied, "a SPIFFE id is wanted");
    return { message: `Hello ${request.name}, you are ${spiffeId}` };
  },
});

await app.run({
  port: Number(Deno.args[0] ?? 50051),
  sslCertificateChain: "certs/server.pem",
  sslPrivateKey: "certs/server-key.pem",
  caCertificate: "certs/ca.pem",
});
