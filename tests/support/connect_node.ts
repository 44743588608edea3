/**
 * Clients of connect-node over HTTP/2, in the three protocols, each on a connection of its own; and
 * what calls with them begin and end with.
 *
 * @module
 */

import "./shield_clients.ts";
import { assertInstanceOf } from "@std/assert";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

/** The protocols, as connect-node's transports name them. */
export const PROTOCOLS = ["grpc", "grpc-web", "connect"] as const;

/** One of {@linkcode PROTOCOLS}. */
export type ProtocolName = typeof PROTOCOLS[number];

const TRANSPORTS = {
  "grpc": createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
  "connect": createConnectTransport,
};

/** Options for {@linkcode connectService}. */
export interface ConnectOptions {
  /**
   * What it speaks.
   *
   * @default {"grpc"}
   */
  protocol?: ProtocolName;
  /** Options of TLS: `ca`, `cert`, `key`. */
  tls?: Record<string, unknown>;
  /** Further options of the transport, such as `useBinaryFormat`. */
  transport?: Record<string, unknown>;
}

/** A client of a service, closed with the test's block. */
export function connectService<S extends DescService>(
  service: S,
  baseUrl: string,
  { protocol = "grpc", tls = {}, transport = {} }: ConnectOptions = {},
): Client<S> & Disposable {
  // Without its idle timer, which it may start after it was aborted: a timeout that is too long for
  // a timer is ignored.
  const sessionManager = new Http2SessionManager(
    baseUrl,
    { idleConnectionTimeoutMs: 2 ** 31 },
    tls,
  );
  const client = createClient(
    service,
    TRANSPORTS[protocol]({ baseUrl, httpVersion: "2", sessionManager, ...transport }),
  );
  return Object.assign(client, { [Symbol.dispose]: () => sessionManager.abort() });
}

/** A client of the example service. */
export function connectGreeter(
  baseUrl: string,
  options: ConnectOptions = {},
): Client<typeof Greeter> & Disposable {
  return connectService(Greeter, baseUrl, options);
}

/** A stream of requests to the example service. */
export async function* requestsOf(...names: string[]): AsyncGenerator<{ name: string }> {
  for (const name of names) yield { name };
}

/** How a call ended: `OK`, or code and message such as `NotFound: no such name`. */
export async function codeOf(work: PromiseLike<unknown>): Promise<string> {
  try {
    await work;
    return "OK";
  } catch (error) {
    assertInstanceOf(error, ConnectError);
    return `${Code[error.code]}: ${error.rawMessage}`;
  }
}
