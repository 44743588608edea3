/**
 * Clients of `@grpc/grpc-js`, built from generated descriptions of services.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import "./shield_clients.ts";
import {
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type CallOptions,
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";

/** A client on a channel of its own, closed with the test's block. */
export interface GrpcJsClient extends Disposable {
  /** Makes a unary call; rejects with a `ServiceError`. */
  unary<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
    options?: CallOptions,
  ): Promise<MessageShape<M["output"]>>;
  /** Makes a call that is answered with a stream; throws a `ServiceError`. */
  serverStream<M extends DescMethodServerStreaming>(
    method: M,
    request: MessageInitShape<M["input"]>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<M["output"]>>;
}

/** Connects without TLS, with a channel that is shared with nobody. */
export function connectGrpcJs(port: number, options: ClientOptions = {}): GrpcJsClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
  return {
    unary: (method, request, options = {}) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          pathOf(method),
          serializer(method),
          deserializer(method),
          create(method.input, request),
          new Metadata(),
          options,
          (error: ServiceError | null, reply?: Message) =>
            error === null ? resolve(reply as never) : reject(error),
        );
      }),
    serverStream: (method, request, options = {}) =>
      client.makeServerStreamRequest(
        pathOf(method),
        serializer(method),
        deserializer(method),
        create(method.input, request),
        new Metadata(),
        options,
      ) as AsyncIterable<never>,
    [Symbol.dispose]: () => client.close(),
  };
}

/** As gRPC calls a method: `/package.Service/Method`. */
export function pathOf(method: DescMethod): string {
  const { parent }: { parent: DescService } = method;
  return `/${parent.typeName}/${method.name}`;
}

function serializer(method: DescMethod): (message: Message) => Buffer {
  return (message) => Buffer.from(toBinary(method.input, message));
}

function deserializer(method: DescMethod): (bytes: Buffer) => Message {
  return (bytes) => fromBinary(method.output, bytes);
}
