/**
 * The example server: `deno task serve`, with `--mtls` or `--plaintext` as variants.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ConfigError, FastGRPC, type TlsFiles } from "@fastgrpc/fastgrpc";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "./greeter.ts";

const HELP = `Serves the example service greeter.v1.Greeter.

Options:
  --mtls        ask clients for a certificate
  --plaintext   serve without TLS
  --port <n>    TCP port (default 50051)
  --help        show this
`;

interface Flags {
  mtls: boolean;
  plaintext: boolean;
  port: number;
  help: boolean;
}

try {
  const flags = readFlags();
  if (flags.help) console.log(HELP);
  else await serve(flags);
} catch (error) {
  // A mistake in how it was started needs no stack.
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}

async function serve(flags: Flags): Promise<void> {
  const app = new FastGRPC({ timeout: "30s" });
  app.addService(Greeter, greeterHandlers);
  await app.run({
    port: flags.port,
    ...(flags.plaintext ? {} : await developmentTls(flags)),
    gracefulTimeout: "30s",
    healthCheck: true,
    reflection: true,
    onListen: ({ port }) => console.log(introduction({ ...flags, port })),
  });
}

/** Certificates for development, made on first use and renewed before they expire. */
async function developmentTls({ mtls }: Flags): Promise<TlsFiles> {
  const { ensureDevCerts } = await import("../src/dev_certs/dev_certs.ts");
  const { describeMade } = await import("../src/cli/make_certs.ts");
  const { certificates, sslCertificateChain, sslPrivateKey, caCertificate } =
    await ensureDevCerts();
  for (const certificate of certificates) {
    if (certificate.created) console.log(describeMade(certificate, "certs"));
  }
  return { sslCertificateChain, sslPrivateKey, ...(mtls && { caCertificate }) };
}

function readFlags(): Flags {
  const { mtls, plaintext, port, help } = parse();
  if (mtls && plaintext) {
    throw new ConfigError("Cannot serve mTLS in plaintext: use either --mtls or --plaintext");
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new ConfigError(`Cannot serve on --port "${port}": use a whole number from 0 to 65535`);
  }
  return { mtls, plaintext, port: Number(port), help };
}

function parse() {
  try {
    return parseArgs({
      options: {
        mtls: { type: "boolean", default: false },
        plaintext: { type: "boolean", default: false },
        port: { type: "string", default: "50051" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${HELP}`, { cause: error });
  }
}

function introduction({ port, plaintext, mtls }: Flags): string {
  const url = `${plaintext ? "http" : "https"}://localhost:${port}`;
  const kind = plaintext ? "plaintext" : mtls ? "mTLS" : "TLS";
  const options = [
    "--protocol grpc",
    ...(plaintext ? ["--http2-prior-knowledge"] : ["--cacert certs/ca.pem"]),
    ...(mtls ? ["--cert certs/client.pem", "--key certs/client-key.pem"] : []),
    `--data '{"name": "Deno"}'`,
  ];
  return `
greeter.v1.Greeter and grpc.health.v1.Health at ${url} (${kind}), by gRPC, gRPC-Web and Connect

Call it, in this folder:
  npx -y -p @bufbuild/buf@1.74.0 buf curl ${options.join(" ")} \\
    ${url}/greeter.v1.Greeter/SayHello

Ctrl+C stops it gracefully.
`;
}
