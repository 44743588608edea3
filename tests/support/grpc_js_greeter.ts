/**
 * A plain `@grpc/grpc-js` client of the greeter, with all four kinds of method and nothing hidden.
 *
 * @module
 */

import "./shield_clients.ts";
import { Buffer } from "node:buffer";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  type Deadline,
  makeGenericClientConstructor,
  type Metadata,
  type requestCallback,
  type ServiceDefinition,
  type StatusObject,
} from "@grpc/grpc-js";
import {
  Greeter,
  type SayHelloRequest,
  type SayHelloResponse,
  type SayHelloTimesRequest,
} from "../../gen/greeter/v1/greeter_pb.ts";
import { pathOf } from "./grpc_js.ts";

/** A request in the making. */
type Init<T> = { [K in keyof T as K extends `$${string}` ? never : K]?: T[K] };
type Callback = requestCallback<SayHelloResponse>;
type Options = { deadline?: Deadline };

/** The client, as grpc-js makes it. */
export interface GrpcJsGreeter {
  sayHello(
    request: Init<SayHelloRequest>,
    metadata: Metadata,
    options: Options,
    callback: Callback,
  ): ClientUnaryCall;
  sayHelloTimes(
    request: Init<SayHelloTimesRequest>,
    metadata?: Metadata,
    options?: Options,
  ): ClientReadableStream<SayHelloResponse>;
  sayHelloToAll(
    metadata: Metadata,
    options: Options,
    callback: Callback,
  ): ClientWritableStream<Init<SayHelloRequest>>;
  chat(
    metadata?: Metadata,
    options?: Options,
  ): ClientDuplexStream<Init<SayHelloRequest>, SayHelloResponse>;
  close(): void;
}

/**
 * Connects.
 *
 * @param channelCredentials Plaintext if there are none.
 */
export function connectGrpcJsGreeter(
  address: string,
  options: ClientOptions = {},
  channelCredentials: ChannelCredentials = credentials.createInsecure(),
): GrpcJsGreeter & Disposable {
  const definition: Record<string, unknown> = {};
  for (const method of Greeter.methods) {
    definition[method.localName] = {
      path: pathOf(method),
      requestStream: method.methodKind === "client_streaming" ||
        method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" ||
        method.methodKind === "bidi_streaming",
      requestSerialize: (request: Record<string, unknown>) =>
        Buffer.from(toBinary(method.input, create(method.input, request))),
      responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
    };
  }
  const GreeterClient = makeGenericClientConstructor(definition as ServiceDefinition, "Greeter");
  const client = new GreeterClient(address, channelCredentials, {
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
  return Object.assign(client as unknown as GrpcJsGreeter, {
    [Symbol.dispose]: () => client.close(),
  });
}

/** What a call came to. */
export interface GrpcJsResult {
  readonly messages: string[];
  readonly header: Metadata | undefined;
  readonly status: StatusObject;
}

/** Calls one method of any kind with these names, to its end. */
export function callGrpcJs(
  client: GrpcJsGreeter,
  method: "sayHello" | "sayHelloTimes" | "sayHelloToAll" | "chat",
  { names, metadata, options = {} }: { names: string[]; metadata: Metadata; options?: Options },
): Promise<GrpcJsResult> {
  const [name = ""] = names;
  const { promise, resolve } = Promise.withResolvers<GrpcJsResult>();
  const messages: string[] = [];
  let header: Metadata | undefined;
  const onReply: Callback = (_error, reply) => {
    if (reply !== undefined) messages.push(reply.message);
  };
  const call = method === "sayHello"
    ? client.sayHello({ name }, metadata, options, onReply)
    : method === "sayHelloTimes"
    ? client.sayHelloTimes({ name, times: names.length }, metadata, options)
    : method === "sayHelloToAll"
    ? client.sayHelloToAll(metadata, options, onReply)
    : client.chat(metadata, options);
  call.on("metadata", (received: Metadata) => header = received);
  call.on("status", (status: StatusObject) =>
    // The callback of a unary call comes after its status.
    setTimeout(() => resolve({ messages, header, status })));
  call.on("error", () => {});
  if (method === "sayHelloTimes" || method === "chat") {
    call.on("data", (reply: SayHelloResponse) => messages.push(reply.message));
  }
  if (method === "sayHelloToAll" || method === "chat") {
    const requests = call as ClientWritableStream<Init<SayHelloRequest>>;
    for (const each of names) requests.write({ name: each });
    requests.end();
  }
  return promise;
}
