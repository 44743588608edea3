/**
 * The clients of the soak, which run in Node: grpc-js, connect-node in its three protocols, over
 * HTTP/2 and HTTP/1.1, and `node:http2` alone. All look the same from outside: a channel makes calls
 * of any kind, and is closed, or broken off.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Agent } from "node:https";
import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { openHttp2Channel } from "./http2_channel.ts";

/** The ports and what a client needs for mTLS, all of it PEM. */
export interface Target {
  readonly ports: { readonly plaintext: number; readonly mtls: number };
  readonly tls: Readonly<Record<"ca" | "cert" | "key" | "servername", string>>;
}

/** A message of the greeter, as it is written down. */
export type Request = MessageInitShape<DescMethod["input"]> & { name: string };

/** A call to make. */
export interface CallOptions {
  readonly method: DescMethod;
  readonly requests: readonly Request[];
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A reply of the greeter. */
export type Reply = Message & { readonly message: string };

/** A connection, or what keeps one. */
export interface Channel {
  /** Makes a call; fails with an error whose `code` is gRPC's number. */
  call(options: CallOptions): AsyncIterable<Reply>;
  /** Lets calls in progress finish, where the client can. */
  close(): void;
  /** Ends the connection at once. Without it the client knows no such thing. */
  destroy?(): void;
}

/** How to open each kind of channel, by the name that the report has for it. */
export type Opener = (target: Target, onCertificate: (fingerprint: string) => void) => Channel;

/** All kinds, over TLS (the client shows a certificate) and without. */
export const OPENERS: Readonly<Record<string, Opener>> = {
  "gRPC, grpc-js, plaintext": ({ ports }) => openGrpcJs(ports.plaintext),
  "gRPC, grpc-js, mTLS": ({ ports, tls }) => openGrpcJs(ports.mtls, tls),
  "gRPC, connect-node, plaintext": ({ ports }) =>
    openConnect(createGrpcTransport, ports.plaintext, {}),
  "gRPC, connect-node, mTLS": ({ ports, tls }) => openConnect(createGrpcTransport, ports.mtls, tls),
  "gRPC, node:http2, mTLS": (target, onCertificate) => openHttp2Channel(target, onCertificate),
  "gRPC-Web, connect-node, plaintext": ({ ports }) =>
    openConnect(createGrpcWebTransport, ports.plaintext, {}),
  "gRPC-Web, connect-node, mTLS": ({ ports, tls }) =>
    openConnect(createGrpcWebTransport, ports.mtls, tls),
  "gRPC-Web, connect-node, HTTP/1.1": ({ ports, tls }) =>
    openHttp1(createGrpcWebTransport, ports.mtls, tls),
  "Connect, connect-node, plaintext": ({ ports }) =>
    openConnect(createConnectTransport, ports.plaintext, {}),
  "Connect, connect-node, mTLS": ({ ports, tls }) =>
    openConnect(createConnectTransport, ports.mtls, tls),
  "Connect, connect-node, HTTP/1.1": ({ ports, tls }) =>
    openHttp1(createConnectTransport, ports.mtls, tls),
};

/** What grpc-js calls it. */
const GZIP = 2;

type CreateTransport = (
  options: Parameters<typeof createConnectTransport>[0] & { httpVersion: "1.1" | "2" },
) => Transport;

function openConnect(createTransport: unknown, port: number, tls: Partial<Target["tls"]>): Channel {
  const baseUrl = `${"ca" in tls ? "https" : "http"}://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, tls);
  const transport = (createTransport as CreateTransport)({
    baseUrl,
    httpVersion: "2",
    sessionManager,
    sendCompression: compressionGzip,
  });
  // It has no way of its own to close politely but to be idle.
  const destroy = () => sessionManager.abort();
  return { call: (options) => callConnect(transport, options), close: destroy, destroy };
}

function openHttp1(createTransport: unknown, port: number, tls: Target["tls"]): Channel {
  const agent = new Agent({ keepAlive: true, ...tls });
  const transport = (createTransport as CreateTransport)({
    baseUrl: `https://127.0.0.1:${port}`,
    httpVersion: "1.1",
    nodeOptions: { agent },
  });
  const destroy = () => agent.destroy();
  return { call: (options) => callConnect(transport, options), close: destroy, destroy };
}

async function* callConnect(
  transport: Transport,
  { method, requests, signal, timeoutMs }: CallOptions,
): AsyncGenerator<Reply> {
  if (method.methodKind === "unary") {
    const unary = method as DescMethodUnary;
    const response = await transport.unary(unary, signal, timeoutMs, undefined, requests[0]!);
    yield response.message as Reply;
    return;
  }
  const input = (async function* () {
    yield* requests;
  })();
  const streaming = method as DescMethodStreaming;
  const response = await transport.stream(streaming, signal, timeoutMs, undefined, input);
  yield* response.message as AsyncIterable<Reply>;
}

function openGrpcJs(port: number, tls?: Target["tls"]): Channel {
  const channel = tls === undefined ? credentials.createInsecure() : credentials.createSsl(
    Buffer.from(tls.ca),
    Buffer.from(tls.key),
    Buffer.from(tls.cert),
  );
  const client = new Client(`127.0.0.1:${port}`, channel, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.ssl_target_name_override": "localhost",
    "grpc.default_compression_algorithm": tls === undefined ? 0 : GZIP,
  });
  return { call: (options) => callGrpcJs(client, options), close: () => client.close() };
}

/** To grpc-js all kinds of method are streams, which may have one message. */
async function* callGrpcJs(
  client: Client,
  { method, requests, signal, timeoutMs }: CallOptions,
): AsyncGenerator<Reply> {
  const call = client.makeBidiStreamRequest(
    `/${method.parent.typeName}/${method.name}`,
    (request: Request) => Buffer.from(toBinary(method.input, create(method.input, request))),
    (bytes: Buffer) => fromBinary(method.output, bytes) as Reply,
    new Metadata(),
    timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
  );
  const cancel = () => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for (const request of requests) call.write(request);
    call.end();
    yield* call as AsyncIterable<Reply>;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
