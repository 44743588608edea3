/**
 * Clients of gRPC services: typed calls over gRPC, Connect or gRPC-Web, with TLS and mTLS from PEM
 * files, deadlines that bind and that a handler's calls inherit from its own.
 *
 * @module
 */

import type { DescService } from "./deps.ts";
import {
  type ClientOptions,
  resolveClientOptions,
  type ResolvedClientOptions,
} from "./client/client_options.ts";
import { type ClientTlsTexts, loadClientTls } from "./client/client_tls.ts";
import { Http1Client } from "./client/http1_client.ts";
import { Http2Client } from "./client/http2_client.ts";
import { createProtocolTransport } from "./client/protocol_transport.ts";
import { prepareServiceClient, type ServiceClient } from "./client/code_client.ts";
import type { Service } from "./code_first/code_service.ts";
import { callLog } from "./log.ts";

export type { Protocol } from "./context.ts";
export type { Duration } from "./duration.ts";
export type { CallContext, CallOptions } from "./client/call_scope.ts";
export type { CallerOptions, ClientOptions } from "./client/client_options.ts";
export type { ClientTlsFiles } from "./client/client_tls.ts";
export type { CodeMethodCaller, CodeServiceClient, ServiceClient } from "./client/code_client.ts";
export type { ClientLife, GeneratedServiceClient, MethodCaller } from "./client/service_client.ts";

/**
 * Creates a client. Nothing is connected before the first call, and the connection is opened anew when
 * it is lost.
 *
 * @param service As generated, such as `Greeter`, or in code: a `Service`, declared in one chain.
 * @param url Where the server is: `https://host:port`, or `http://host:port` for plaintext.
 * @returns The client, to be closed.
 * @throws {TypeError | RangeError} If the URL or an option cannot be used.
 * @throws {ConfigError} If a PEM file cannot be used, or the lock of a service in code.
 *
 * @example Usage
 * ```ts ignore
 * import { createClient } from "@fastgrpc/fastgrpc/client";
 * import { Greeter } from "./gen/greeter/v1/greeter_pb.ts";
 *
 * await using client = createClient(Greeter, "http://localhost:50051", { timeout: "5s" });
 * const { message } = await client.sayHello({ name: "Ada" });
 * ```
 */
export function createClient<S extends DescService | Service>(
  service: S,
  url: string | URL,
  options: ClientOptions = {},
): ServiceClient<S> {
  const create = prepareServiceClient("create a client", service);
  const resolved = resolveClientOptions(options);
  const { origin, baseUrl } = resolveUrl(url);
  if (options.tls !== undefined && origin.startsWith("http:")) {
    throw new TypeError(
      `Cannot use "tls" with ${origin}, which is plaintext: write "https:" in its place`,
    );
  }
  const httpClient = createHttpClient(origin, resolved);
  const transport = createProtocolTransport({
    ...resolved,
    baseUrl,
    httpClient: (request) => httpClient.request(request),
  });
  return create({ ...resolved, transport, close: () => httpClient.close() });
}

function createHttpClient(
  origin: string,
  { httpVersion, tls: files, times }: ResolvedClientOptions,
): Http1Client | Http2Client {
  let tls = loadClientTls(files);
  if (httpVersion === "1.1") return new Http1Client({ origin, tls, times });
  return new Http2Client(() => {
    tls = reloadClientTls(files, tls);
    return { origin, tls, times };
  });
}

/** Files that are being renewed may not fit for a moment: what was good before is used on. */
function reloadClientTls(
  files: Parameters<typeof loadClientTls>[0],
  last: ClientTlsTexts,
): ClientTlsTexts {
  try {
    return loadClientTls(files);
  } catch (error) {
    callLog.warn("The client's certificates cannot be read anew: {error}", { error });
    return last;
  }
}

function resolveUrl(url: string | URL): { origin: string; baseUrl: string } {
  const wanted = `"https://host:port", or "http://host:port" for plaintext`;
  if (typeof url !== "string" && !(url instanceof URL)) {
    throw new TypeError(`Cannot create a client for ${String(url)}: a URL is wanted, ${wanted}`);
  }
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`Cannot create a client for "${url}": write it as ${wanted}`);
  }
  const { origin, pathname, username, password, search, hash } = parsed;
  if (username !== "" || password !== "") {
    throw new TypeError(
      `Cannot create a client for ${origin} with a user's name in the URL: send it in a header`,
    );
  }
  if (search !== "" || hash !== "") {
    throw new TypeError(`Cannot create a client for "${url}": leave out what follows its path`);
  }
  return { origin, baseUrl: origin + pathname.replace(/\/+$/, "") };
}
