/**
 * The example server: `deno task serve`, with `--mtls` or `--plaintext` as variants.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { FastGRPC, type TlsFiles } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const HELP = `Serves the example service greeter.v1.Greeter.

Options:
  --mtls        ask clients for a certificate
  --plaintext   serve without TLS
  --port <n>    TCP port (default 50051)
  --help        show this
`;

const { values: flags } = parseArgs({
  options: {
    mtls: { type: "boolean", default: false },
    plaintext: { type: "boolean", default: false },
    port: { type: "string", default: "50051" },
    help: { type: "boolean", default: false },
  },
});

if (flags.help) {
  console.log(HELP);
} else if (flags.mtls && flags.plaintext) {
  console.error("Cannot serve mTLS in plaintext: use either --mtls or --plaintext");
  Deno.exit(2);
} else {
  await serve();
}

async function serve(): Promise<void> {
  const app = new FastGRPC({ timeout: "30s" });
  app.addService(Greeter, greeterHandlers);
  const port = Number(flags.port);
  const tls = flags.plaintext ? {} : await developmentTls();
  await app.run({
    port,
    ...tls,
    gracefulTimeout: "30s",
    healthCheck: true,
    onListen: (addr) => console.log(introduction(addr.port, tls)),
  });
}

/** Certificates for development, made on first use. */
async function developmentTls(): Promise<TlsFiles> {
  const { ensureDevCerts } = await import("../src/dev_certs/dev_certs.ts");
  const { sslCertificateChain, sslPrivateKey, caCertificate } = await ensureDevCerts();
  return { sslCertificateChain, sslPrivateKey, ...(flags.mtls && { caCertificate }) };
}

function introduction(port: number, tls: TlsFiles): string {
  const scheme = tls.sslPrivateKey === undefined ? "http" : "https";
  const kind = flags.plaintext ? "plaintext" : flags.mtls ? "mTLS" : "TLS";
  const options = [
    "--schema proto",
    "--protocol grpc",
    ...(flags.plaintext ? ["--http2-prior-knowledge"] : ["--cacert certs/ca.pem"]),
    ...(flags.mtls ? ["--cert certs/client.pem", "--key certs/client-key.pem"] : []),
    `--data '{"name": "Deno"}'`,
  ];
  return `
greeter.v1.Greeter and grpc.health.v1.Health at ${scheme}://localhost:${port} (${kind}), by gRPC, gRPC-Web and Connect

Call it:
  npx -y -p @bufbuild/buf@1.74.0 buf curl ${options.join(" ")} \\
    ${scheme}://localhost:${port}/greeter.v1.Greeter/SayHello

Ctrl+C stops it gracefully.
`;
}
