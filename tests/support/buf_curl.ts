/**
 * `buf curl`, which speaks all three protocols by connect-go.
 *
 * @module
 */

import { type BufResult, runBuf } from "./buf.ts";
import { type InteropServer, tlsArguments } from "./interop_servers.ts";

/** How the protocols are called, and what `buf curl` calls them. */
export const BUF_PROTOCOLS = { "gRPC": "grpc", "gRPC-Web": "grpcweb", "Connect": "connect" };

/**
 * Calls a server.
 *
 * @param args Its flags, save those of TLS.
 * @param path Of a method, or nothing.
 */
export function runBufCurl(
  server: Pick<InteropServer, "kind" | "files" | "url">,
  args: readonly string[],
  path: string = "",
): Promise<BufResult> {
  const tls = tlsArguments(server, {
    plaintext: ["--http2-prior-knowledge"],
    ca: "--cacert",
    cert: "--cert",
    key: "--key",
  });
  return runBuf("curl", ...tls, ...args, server.url + path);
}
