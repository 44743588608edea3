/**
 * Clients for TLS, none of them ours: a bare connection of `node:tls`, and one call through each of
 * the gRPC libraries.
 *
 * @module
 */

import { connect, type ConnectionOptions } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import type { TestCertificate } from "./certificates.ts";
import { connectGreeter, PROTOCOLS } from "./connect_node.ts";
import { connectGrpcJs } from "./grpc_js.ts";
import { concat, PREFACE, settings } from "./http2_frames.ts";

/** What a client trusts, and what it shows of itself. */
export interface Trust {
  /** PEM of the CA of the server's certificate. */
  readonly ca: string;
  /** The client's certificate. */
  readonly client?: TestCertificate | undefined;
}

/** What a client sees of a server that has accepted it. */
export interface Accepted {
  /** Such as `TLSv1.3`. */
  readonly version: string | null;
  /** Protocol that the server chose. */
  readonly alpn: string | false | null;
  /** Of the server's certificate. */
  readonly fingerprint256: string;
}

/** What a client of HTTP/2 begins with (RFC 9113, section 3.4). */
const H2_OPENING = concat(PREFACE, settings());
const BACKOFF_MS = 5;
const BOUND_MS = 10_000;
const H1_REQUEST = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** Options as `node:tls` takes them. */
export function toTlsOptions({ ca, client }: Trust): { ca: string; cert?: string; key?: string } {
  return client === undefined ? { ca } : { ca, cert: client.certificate, key: client.privateKey };
}

/**
 * Connects and speaks until the server answers: with TLS 1.3 a client learns only then whether its
 * certificate was accepted.
 *
 * @returns Rejects if the server refuses.
 */
export function probeTls(
  port: number,
  trust: Trust,
  options: ConnectionOptions = {},
): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ALPNProtocols: ["h2", "http/1.1"],
      ...toTlsOptions(trust),
      ...options,
    });
    socket.once("secureConnect", () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      const { alpnProtocol: alpn } = socket;
      socket.write(alpn === "h2" ? H2_OPENING : H1_REQUEST);
      socket.once("data", () => {
        resolve({ version: socket.getProtocol(), alpn, fingerprint256 });
        socket.destroy();
      });
    });
    socket.setTimeout(BOUND_MS, () => socket.destroy(new Error("the server does not answer")));
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("the server closed the connection")));
  });
}

/** Says hello over a connection of its own; rejects if that, or the call, fails. */
export type Caller = (port: number, trust: Trust) => Promise<string>;

/** One caller for each library and protocol. */
export const CALLERS: Readonly<Record<string, Caller>> = {
  ...Object.fromEntries(PROTOCOLS.map((protocol) => [
    `connect-node, ${protocol}`,
    async (port: number, trust: Trust) => {
      using client = connectGreeter(`https://localhost:${port}`, {
        protocol,
        tls: toTlsOptions(trust),
      });
      return (await client.sayHello({ name: "TLS" })).message;
    },
  ])),
  "connect-node, HTTP/1.1": async (port, trust) => {
    const client = createClient(
      Greeter,
      createConnectTransport({
        baseUrl: `https://localhost:${port}`,
        httpVersion: "1.1",
        nodeOptions: { ...toTlsOptions(trust), agent: false },
      }),
    );
    return (await client.sayHello({ name: "TLS" })).message;
  },
  "grpc-js": async (port, trust) => {
    const channel = {
      "grpc.initial_reconnect_backoff_ms": BACKOFF_MS,
      "grpc.max_reconnect_backoff_ms": BACKOFF_MS,
    };
    try {
      using client = connectGrpcJs(port, { tls: toTlsOptions(trust), channel });
      return (await client.unary(Greeter.method.sayHello, { name: "TLS" })).message;
    } finally {
      // A timer that grpc-js started after a refusal outlives its client; it fires before this one.
      await new Promise((resolve) => setTimeout(resolve, 2 * BACKOFF_MS));
    }
  },
};
