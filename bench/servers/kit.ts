/** The kit, as the benchmark's contestant. @module */

import {
  createContextKey,
  FastGRPC,
  type Interceptor,
  type ServeOptions,
  type TlsFiles,
} from "@fastgrpc/fastgrpc";
import { configure, jsonLinesFormatter } from "@logtape/logtape";
import { greeterHandlers } from "../../examples/greeter.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

const requestId = createContextKey("");
const intercept: Interceptor = (next) => (request) => {
  request.contextValues.set(requestId, request.header.get("x-request-id") ?? "");
  return next(request);
};

const app = new FastGRPC();
if (Deno.env.has("BENCH_OBSERVED")) {
  app.use(intercept);
  await configure({
    sinks: { errors: (record) => console.error(jsonLinesFormatter(record).trimEnd()) },
    loggers: [
      { category: ["fastgrpc", "access"], lowestLevel: "info", sinks: ["errors"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["errors"] },
    ],
  });
}
app.addService(Greeter, greeterHandlers);
const server = await app.serve({ port: 0, hostname: "127.0.0.1", ...tls(), ...options() });
console.log(server.addr.port);

function options(): Pick<ServeOptions, "engine" | "telemetry" | "adminPort"> {
  return {
    ...(Deno.args.includes("direct") && { engine: "direct" }),
    telemetry: Deno.args.includes("telemetry"),
    ...(Deno.args.includes("admin-port") && { adminPort: 0 }),
  };
}

function tls(): TlsFiles {
  const sslCertificateChain = Deno.env.get("BENCH_CERT");
  const sslPrivateKey = Deno.env.get("BENCH_KEY");
  const caCertificate = Deno.env.get("BENCH_CA");
  if (sslCertificateChain === undefined || sslPrivateKey === undefined) return {};
  return { sslCertificateChain, sslPrivateKey, ...(caCertificate && { caCertificate }) };
}
