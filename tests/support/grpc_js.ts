/**
 * Clients of `@grpc/grpc-js`, of any service and with all four kinds of method, built from the
 * generated descriptions.
 *
 * @module
 */

import "./shield_clients.ts";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import {
  create,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  type ClientWritableStream,
  credentials,
  Metadata,
  type requestCallback,
  type StatusObject,
} from "@grpc/grpc-js";

/** Options for {@linkcode connectGrpcJs}. */
export interface GrpcJsOptions {
  /** For TLS, all of them PEM: the CA to trust, and the client's own certificate with its key. */
  tls?: { ca: string; cert?: string; key?: string };
  /** Options of the channel. */
  channel?: ClientOptions;
}

/** Options for {@linkcode GrpcJsClient.call}. */
export interface GrpcJsCallOptions {
  /** What is sent along. */
  metadata?: Metadata;
  /** Leaves a stream of requests open after the last. */
  keepOpen?: boolean;
}

/** What a call came to. */
export interface GrpcJsResult<M extends DescMethod> {
  readonly messages: MessageShape<M["output"]>[];
  readonly header: Metadata | undefined;
  readonly status: StatusObject;
}

/** A client on a channel that is shared with nobody, closed with the test's block. */
export interface GrpcJsClient extends Disposable {
  /** Makes a unary call; rejects with a `ServiceError`. */
  unary<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>>;
  /** Makes a call that is answered with a stream; throws a `ServiceError`. */
  serverStream<M extends DescMethodServerStreaming>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): AsyncIterable<MessageShape<M["output"]>>;
  /** Makes a call of any kind and tells all that came of it, good or bad. */
  call<M extends DescMethod>(
    method: M,
    requests: readonly MessageInitShape<M["input"]>[],
    options?: GrpcJsCallOptions,
  ): Promise<GrpcJsResult<M>>;
}

/** Connects to a port of the loopback. */
export function connectGrpcJs(
  port: number,
  { tls, channel }: GrpcJsOptions = {},
): GrpcJsClient {
  const address = tls === undefined ? `127.0.0.1:${port}` : `localhost:${port}`;
  const client = new Client(address, credentialsOf(tls), {
    "grpc.use_local_subchannel_pool": 1,
    ...channel,
  });
  return {
    unary: (method, request) =>
      new Promise((resolve, reject) => {
        startCall(client, method, [request], {}, (error, reply) => {
          if (error === null) resolve(reply as never);
          else reject(error);
        });
      }),
    serverStream: (method, request) =>
      startCall(client, method, [request], {}, () => {}) as unknown as AsyncIterable<never>,
    call: (method, requests, options = {}) => {
      const { promise, resolve } = Promise.withResolvers<GrpcJsResult<typeof method>>();
      const messages: Message[] = [];
      let header: Metadata | undefined;
      const call = startCall(client, method, requests, options, (_error, reply) => {
        if (reply !== undefined) messages.push(reply);
      });
      call.on("metadata", (received: Metadata) => header = received);
      call.on("status", (status: StatusObject) =>
        // The callback of a unary call comes after its status.
        setTimeout(() => resolve({ messages: messages as never, header, status })));
      call.on("error", () => {});
      if (method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming") {
        call.on("data", (reply: Message) => messages.push(reply));
      }
      return promise;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

function credentialsOf(tls: GrpcJsOptions["tls"]): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { ca, cert, key } = tls;
  return credentials.createSsl(
    Buffer.from(ca),
    key === undefined ? null : Buffer.from(key),
    cert === undefined ? null : Buffer.from(cert),
  );
}

function startCall<M extends DescMethod>(
  client: Client,
  method: M,
  requests: readonly MessageInitShape<M["input"]>[],
  { metadata = new Metadata(), keepOpen = false }: GrpcJsCallOptions,
  onReply: requestCallback<Message>,
): EventEmitter {
  const messages: Message[] = requests.map((request) => create(method.input, request as never));
  const how = [
    `/${method.parent.typeName}/${method.name}`,
    (message: Message) => Buffer.from(toBinary(method.input, message)),
    (bytes: Buffer): Message => fromBinary(method.output, bytes),
  ] as const;
  const write = <C extends ClientWritableStream<Message>>(call: C): C => {
    for (const message of messages) call.write(message);
    if (!keepOpen) call.end();
    return call;
  };
  switch (method.methodKind) {
    case "unary":
      return client.makeUnaryRequest(...how, messages[0]!, metadata, onReply);
    case "server_streaming":
      return client.makeServerStreamRequest(...how, messages[0]!, metadata);
    case "client_streaming":
      return write(client.makeClientStreamRequest(...how, metadata, onReply));
    case "bidi_streaming":
      return write(client.makeBidiStreamRequest(...how, metadata));
  }
}
