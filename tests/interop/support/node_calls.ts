/**
 * Calls of any kind by grpc-js, described and answered in JSON. It runs in Node, where `node_main.ts`
 * makes the calls that `node_process.ts` asks for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import { Greeter, SayHelloTimesRequestSchema } from "../../../gen/greeter/v1/greeter_pb.ts";

/** Where to connect. */
export interface NodeTarget {
  /** One port of the loopback, or those among which the client balances its calls. */
  readonly port: number | readonly number[];
  /** PEM file of the CA to trust; without one there is no TLS. */
  readonly ca?: string;
  /** PEM files of the client's certificate and its key, for mTLS. */
  readonly own?: { readonly certificate: string; readonly key: string };
  /**
   * Whether a stream that was refused, and so reached no server, is tried again without a word.
   *
   * @default {true} as clients of gRPC have it
   */
  readonly retries?: boolean;
}

/** A call to make. */
export interface NodeCall {
  readonly method: "sayHello" | "sayHelloTimes" | "sayHelloToAll" | "chat";
  readonly requests: readonly { readonly name: string; readonly times?: number }[];
  /** Whether each request waits for the reply to the one before. */
  readonly inTurn?: boolean;
  /** Names and values; those of binary fields in base64. */
  readonly metadata?: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs?: number;
  /** Whether it begins late rather than fail while no server that the client knows is there. */
  readonly waitForReady?: boolean;
  /** After how many replies the client cancels. */
  readonly cancelAfter?: number;
}

/** What came of it; values of binary fields in base64. */
export interface NodeOutcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly trailer: Readonly<Record<string, readonly string[]>>;
}

/** Connects; the channel is shared with nobody. */
export function connectNode({ port, ca, own, retries = true }: NodeTarget): Client {
  const channel = ca === undefined ? credentials.createInsecure() : credentials.createSsl(
    readFileSync(ca),
    own && readFileSync(own.key),
    own && readFileSync(own.certificate),
  );
  return new Client(addressOf(port), channel, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
    "grpc.enable_retries": retries ? 1 : 0,
    ...(typeof port !== "number" && BALANCED),
  });
}

/** What a client configures for a Service without an address of its own. */
const BALANCED = {
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // A certificate has no addresses of Pods.
  "grpc.ssl_target_name_override": "localhost",
  "grpc.default_authority": "localhost",
  // A server that was started again is found within a second.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
};

function addressOf(port: NodeTarget["port"]): string {
  if (typeof port === "number") return `localhost:${port}`;
  return `ipv4:${port.map((each) => `127.0.0.1:${each}`).join()}`;
}

/** Makes one call. To grpc-js all kinds of method are streams that may have one message. */
export function makeCall(client: Client, call: NodeCall): Promise<NodeOutcome> {
  const { input, name } = Greeter.method[call.method];
  const stream = client.makeBidiStreamRequest(
    `/${Greeter.typeName}/${name}`,
    (message: Uint8Array) => Buffer.from(message),
    (bytes: Buffer) => fromBinary(Greeter.method[call.method].output, bytes).message,
    toMetadata(call),
    call.timeoutMs === undefined ? {} : { deadline: Date.now() + call.timeoutMs },
  );
  const requests = call.requests.map((request) =>
    input === SayHelloTimesRequestSchema
      ? toBinary(SayHelloTimesRequestSchema, create(SayHelloTimesRequestSchema, request))
      : toBinary(Greeter.method.sayHello.input, create(Greeter.method.sayHello.input, request))
  );
  const sendNext = () => {
    const next = requests.shift();
    if (next === undefined) stream.end();
    else stream.write(next);
  };
  if (call.inTurn) sendNext();
  else while (!stream.writableEnded) sendNext();
  const messages: string[] = [];
  let header = new Metadata();
  stream.on("data", (message: string) => {
    messages.push(message);
    if (messages.length === call.cancelAfter) stream.cancel();
    else if (call.inTurn) sendNext();
  });
  stream.on("metadata", (fields: Metadata) => header = fields);
  stream.on("error", () => {});
  return new Promise((resolve) => {
    stream.on("status", ({ code, details, metadata }: StatusObject) => {
      const [head, trailer] = [toFields(header), toFields(metadata)];
      resolve({ code, details, messages, header: head, trailer });
    });
  });
}

function toMetadata({ metadata: fields = [], waitForReady = false }: NodeCall): Metadata {
  const metadata = new Metadata({ waitForReady });
  for (const [name, value] of fields) {
    metadata.add(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  }
  return metadata;
}

function toFields(metadata: Metadata): Record<string, string[]> {
  const names = Object.keys(metadata.getMap());
  const toText = (value: string | Buffer) =>
    typeof value === "string" ? value : value.toString("base64");
  return Object.fromEntries(names.map((name) => [name, metadata.get(name).map(toText)]));
}
