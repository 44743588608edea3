/**
 * Clients for TLS, none of them ours: a bare connection of `node:tls`, and one call through each of
 * the gRPC libraries.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type ConnectionOptions } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Client, credentials } from "@grpc/grpc-js";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SayHelloRequestSchema, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import type { TestCertificate } from "./certificates.ts";
import { connectGreeter, Greeter, PROTOCOLS } from "./greeter.ts";

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

/** Preface of HTTP/2 with empty SETTINGS (RFC 9113, section 3.4). */
export const H2_PREFACE: Buffer = Buffer.from(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
);
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
      socket.write(alpn === "h2" ? H2_PREFACE : H1_REQUEST);
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
  "grpc-js": async (port, { ca, client }) => {
    const grpc = new Client(
      `localhost:${port}`,
      credentials.createSsl(
        Buffer.from(ca),
        client ? Buffer.from(client.privateKey) : null,
        client ? Buffer.from(client.certificate) : null,
      ),
      {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.initial_reconnect_backoff_ms": BACKOFF_MS,
        "grpc.max_reconnect_backoff_ms": BACKOFF_MS,
      },
    );
    try {
      return await new Promise((resolve, reject) =>
        grpc.makeUnaryRequest<Uint8Array, string>(
          "/greeter.v1.Greeter/SayHello",
          (request) => Buffer.from(request),
          (bytes) => fromBinary(SayHelloResponseSchema, bytes).message,
          toBinary(SayHelloRequestSchema, create(SayHelloRequestSchema, { name: "TLS" })),
          (error, message) => error ? reject(error) : resolve(message!),
        )
      );
    } finally {
      grpc.close();
      // A timer that grpc-js started after a refusal outlives its client; it fires before this one.
      await new Promise((resolve) => setTimeout(resolve, 2 * BACKOFF_MS));
    }
  },
};

/** A port of the loopback that was free a moment ago. */
export function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
