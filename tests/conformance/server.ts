/**
 * The server under test, as the conformance suite's runner starts it: what it has to be like comes in
 * on the standard input, where it listens goes out on the standard output. An app of the kit like any
 * other; SIGTERM ends it.
 *
 * The arguments are the image with the suite's descriptors, and the engine of HTTP/2.
 */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FastGRPC, type TlsFiles } from "@fastgrpc/fastgrpc";
import type { Engine } from "../../src/transport/connections.ts";
import { type ConformanceApi, loadConformanceApi, type ServerRequest } from "./api.ts";
import { conformanceHandlers, rememberQuery } from "./handlers.ts";

const LENGTH_BYTES = 4;
const HOSTNAME = "127.0.0.1";

const stopped = new AbortController();
Deno.addSignalListener("SIGTERM", () => stopped.abort());
const [image, engine] = Deno.args as [image: string, engine: Engine];
await serve(await loadConformanceApi(image), stopped.signal);
Deno.exit(0);

async function serve(api: ConformanceApi, signal: AbortSignal): Promise<void> {
  const request = await readRequest(api);
  const directory = await Deno.makeTempDir({ prefix: "fastgrpc-conformance-" });
  try {
    const app = new FastGRPC({ maxReceiveBytes: request.messageReceiveLimit });
    app.use(rememberQuery);
    app.addService(api.service, conformanceHandlers(api));
    const tls = await writePemFiles(request, directory);
    const server = await app.serve({ engine, port: 0, hostname: HOSTNAME, signal, ...tls });
    await writeResponse(api, request, server.addr.port);
    await server.finished;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The certificates come as texts, and an app has files. */
async function writePemFiles(
  { useTls, serverCreds, clientTlsCert }: ServerRequest,
  directory: string,
): Promise<TlsFiles> {
  if (!useTls || serverCreds === undefined) return {};
  const write = async (name: string, pem: Uint8Array) => {
    await Deno.writeFile(`${directory}/${name}`, pem, { mode: 0o600 });
    return `${directory}/${name}`;
  };
  return {
    sslCertificateChain: await write("server.pem", serverCreds.cert),
    sslPrivateKey: await write("server-key.pem", serverCreds.key),
    ...(clientTlsCert.length > 0 && { caCertificate: await write("ca.pem", clientTlsCert) }),
  };
}

async function readRequest({ serverRequest }: ConformanceApi): Promise<ServerRequest> {
  const input = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  return fromBinary(serverRequest, input.subarray(LENGTH_BYTES));
}

async function writeResponse(
  { serverResponse }: ConformanceApi,
  { useTls, serverCreds }: ServerRequest,
  port: number,
): Promise<void> {
  const message = toBinary(
    serverResponse,
    create(serverResponse, {
      host: HOSTNAME,
      port,
      ...(useTls && serverCreds && { pemCert: serverCreds.cert }),
    }),
  );
  const output = new Uint8Array(LENGTH_BYTES + message.length);
  new DataView(output.buffer).setUint32(0, message.length);
  output.set(message, LENGTH_BYTES);
  await new Blob([output]).stream().pipeTo(Deno.stdout.writable, { preventClose: true });
}
