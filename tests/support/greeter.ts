/**
 * The example service under test, on a real port, with clients of three protocols that are not ours.
 *
 * @module
 */

import "./shield_clients.ts";
import { assertEquals } from "@std/assert";
import { type Client, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { type AppOptions, FastGRPC, type ServeOptions, type Server } from "../../mod.ts";
import type { ServiceImplementation, ServiceOptions } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";

export { Greeter };

/** What a test sets; the rest is as an ordinary app has it. */
export interface GreeterOptions {
  app?: AppOptions;
  serve?: ServeOptions;
  service?: ServiceOptions<typeof Greeter>;
  /** Handlers in place of the example's. */
  handlers?: Partial<ServiceImplementation<typeof Greeter>>;
  /** For what else an app can be told before it is served. */
  prepare?: (app: FastGRPC) => void;
}

/** A running greeter, closed with everything it holds when the test's block ends. */
export interface RunningGreeter extends AsyncDisposable {
  app: FastGRPC;
  server: Server;
  /** `http://127.0.0.1:port`, or `https://localhost:port` where it serves TLS. */
  baseUrl: string;
  port: number;
}

/** Serves the greeter on a free port of the loopback. */
export async function serveGreeter(options: GreeterOptions = {}): Promise<RunningGreeter> {
  const app = new FastGRPC(options.app);
  app.addService(Greeter, { ...greeterHandlers, ...options.handlers }, options.service);
  options.prepare?.(app);
  const server = await app.serve({ port: 0, hostname: "127.0.0.1", ...options.serve });
  const { port } = server.addr;
  const isTls = options.serve?.sslCertificateChain !== undefined;
  return {
    app,
    server,
    port,
    baseUrl: isTls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      // The leak sanitizer of Deno does not see what node:http2 holds.
      assertEquals(server.callCount, 0, "calls are left");
      assertEquals(server.connectionCount, 0, "connections are left");
    },
  };
}

/** The protocols, as connect-node's transports name them. */
export const PROTOCOLS = ["grpc", "grpc-web", "connect"] as const;

/** One of {@linkcode PROTOCOLS}. */
export type ProtocolName = typeof PROTOCOLS[number];

const TRANSPORTS = {
  "grpc": createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
  "connect": createConnectTransport,
};

/** Options for {@linkcode connectGreeter}. */
export interface ConnectOptions {
  protocol?: ProtocolName;
  /** Options of TLS: `ca`, `cert`, `key`. */
  tls?: Record<string, unknown>;
  /** Further options of the transport, such as `useBinaryFormat`. */
  transport?: Record<string, unknown>;
}

/** A client of connect-node over HTTP/2, on a connection of its own. */
export function connectGreeter(
  baseUrl: string,
  { protocol = "grpc", tls = {}, transport = {} }: ConnectOptions = {},
): Client<typeof Greeter> & Disposable {
  const sessionManager = createSessionManager(baseUrl, tls);
  const client = createClient(
    Greeter,
    TRANSPORTS[protocol]({ baseUrl, httpVersion: "2", sessionManager, ...transport }),
  );
  return Object.assign(client, { [Symbol.dispose]: () => sessionManager.abort() });
}

/**
 * A connection of connect-node. Without its idle timer, which it may start after it was aborted: a
 * timeout that is too long for a timer is ignored.
 */
export function createSessionManager(
  baseUrl: string,
  tls: Record<string, unknown> = {},
): Http2SessionManager {
  return new Http2SessionManager(baseUrl, { idleConnectionTimeoutMs: 2 ** 31 }, tls);
}
