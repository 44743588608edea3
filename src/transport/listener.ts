/**
 * One listening socket with its connections: HTTP/2 and HTTP/1.1, with TLS or without.
 *
 * @module
 */

import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Settings,
} from "node:http2";
import { type AddressInfo, Server as NetServer } from "node:net";
import { Server as TlsServer } from "node:tls";
import { serverLog } from "../log.ts";
import type { HttpStream } from "../http_stream.ts";
import { CertificateReload } from "./certificate_reload.ts";
import type { ResolvedConnectionLimits } from "./connection_limits.ts";
import { Connections, type Engine, type NodeHttp2Server } from "./connections.ts";
import { Http1Request } from "./http1_request.ts";
import { explainListenError, resolveListenAddress } from "./listen_address.ts";
import { createPeerReader } from "./peer_reader.ts";
import { loadTls, type TlsContext, type TlsFiles } from "./tls.ts";

/** Options for {@linkcode mountOn}. */
export interface MountOnOptions {
  /** What speaks HTTP/2. */
  readonly engine: Engine;
  /** How many streams of one connection may be open. */
  readonly maxConcurrentStreams: number;
  /** Gets each request. */
  readonly onStream: (stream: HttpStream) => void;
  /** What a client may take. */
  readonly limits: ResolvedConnectionLimits;
}

/** Options for {@linkcode listen}. */
export interface ListenOptions extends MountOnOptions {
  /** TCP port, 0 for one that is free. */
  readonly port: number;
  /** Address to listen on, `undefined` for all. */
  readonly hostname: string | undefined;
  /** Whether other processes may listen there, too. Linux spreads connections over them. */
  readonly reusePort?: boolean;
  /** PEM files; none for plaintext. */
  readonly tls: TlsFiles;
  /** How often the PEM files are read, in milliseconds. */
  readonly certificateReloadMs: number;
}

/** Where a server listens, in the shape of `Deno.NetAddr`. */
export interface NetAddress {
  /** Always `"tcp"`. */
  readonly transport: "tcp";
  /** The address, such as `"127.0.0.1"`; `"::"` or `"0.0.0.0"` for all of the machine's. */
  readonly hostname: string;
  /** The TCP port. */
  readonly port: number;
}

/** A server that is served. */
export interface Listener {
  /** The server of `node:http2`. */
  readonly server: NodeHttp2Server;
  /** Its connections. */
  readonly connections: Connections;
  /** Takes no more connections. Those that are open stay. */
  stopAccepting(): void;
  /** Frees what was held besides connections. */
  close(): Promise<void>;
}

/**
 * Opens a port.
 *
 * @throws {ConfigError} If a PEM file cannot be used, or the port cannot be opened: it is taken, the
 *   address is not this machine's, or Deno may not.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const context = await loadTls(options.tls);
  const settings = { maxConcurrentStreams: options.maxConcurrentStreams };
  const server = context === undefined
    ? createServer({ settings })
    : createTlsServer(context, settings);
  const reload = context && new CertificateReload(server as Http2SecureServer, {
    files: options.tls,
    context,
    intervalMs: options.certificateReloadMs,
  });
  try {
    const listener = await mount(server, options, context?.ca !== undefined, reload);
    await bind(server, options);
    return listener;
  } catch (error) {
    await reload?.[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Serves on a server that somebody else has made, and opens.
 *
 * @throws {TypeError} If it is no server of `node:http2`, or has a request handler already.
 */
export async function mountOn(
  server: NodeHttp2Server,
  options: MountOnOptions,
): Promise<Listener> {
  if (!(server instanceof NetServer) || !("updateSettings" in server)) {
    throw new TypeError(
      "Cannot mount the app on what is no server of node:http2: use createServer() or createSecureServer() of it",
    );
  }
  return await mount(server, options, server instanceof TlsServer, undefined);
}

async function mount(
  server: NodeHttp2Server,
  { onStream, limits, engine, maxConcurrentStreams }: MountOnOptions,
  hasClientCertificates: boolean,
  reload: CertificateReload | undefined,
): Promise<Listener> {
  const connections = new Connections({
    onStream,
    limits,
    engine,
    maxConcurrentStreams,
    readPeer: await createPeerReader(hasClientCertificates),
    isTrusted: (socket) => reload === undefined || reload.isTrusted(socket),
  });
  connections.attach(server);
  server.on("tlsClientError", (error: Error) => {
    serverLog.info("TLS handshake failed: {error}", { error: error.message });
  });
  return {
    server,
    connections,
    // node:http2's own close() would also tell every client at once to use no more streams, and
    // those on their way here would be lost.
    stopAccepting: () => void NetServer.prototype.close.call(server),
    close: async () => await reload?.[Symbol.asyncDispose](),
  };
}

/** ALPN prefers h2; a client that offers neither h2 nor HTTP/1.1 is refused by TLS. */
function createTlsServer(context: TlsContext, settings: Settings): Http2SecureServer {
  return createSecureServer({
    settings,
    cert: context.cert,
    key: context.key,
    ...(context.ca !== undefined &&
      { ca: context.ca, requestCert: true, rejectUnauthorized: true }),
    allowHTTP1: true,
    Http1IncomingMessage: Http1Request,
    minVersion: "TLSv1.2",
  });
}

/**
 * Makes sure that nobody listens on a port.
 *
 * @returns The port, one that is free for 0.
 * @throws {ConfigError} If it is in use, or Deno may not listen there.
 */
export async function claimPort(
  options: Pick<ListenOptions, "port" | "hostname">,
): Promise<number> {
  const server = new NetServer((socket) => void socket.destroy());
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function bind(
  server: NetServer,
  { port, hostname, reusePort = false }: Pick<ListenOptions, "port" | "hostname" | "reusePort">,
): Promise<void> {
  const host = await resolveListenAddress(port, hostname);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error) => reject(explainListenError(error, port, host)));
  server.listen({ port, reusePort, ...(host !== undefined && { host }) }, () => {
    server.removeAllListeners("error");
    // One connection that cannot be accepted must not end the process.
    server.on(
      "error",
      (error) => serverLog.error("Cannot accept a connection: {error}", { error }),
    );
    resolve();
  });
  await promise;
}

/** Where a server listens, `undefined` if it does not. */
export function addressOf(server: NodeHttp2Server): NetAddress | undefined {
  const bound = server.address() as AddressInfo | null;
  if (bound === null) return undefined;
  return { transport: "tcp", hostname: bound.address, port: bound.port };
}

/** An address as it stands in a URL. */
export function formatAddress({ hostname, port }: NetAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
