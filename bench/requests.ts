/**
 * The requests of the benchmark as files for its clients, each with the one reply that is right.
 *
 * @module
 */

import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  file_greeter_v1_greeter,
  SayHelloRequestSchema,
  SayHelloResponseSchema,
  SayHelloTimesRequestSchema,
} from "../gen/greeter/v1/greeter_pb.ts";
import { CACHE } from "./folders.ts";

/** What clients send, unless their contestant has it otherwise. */
export const CONTENT_TYPE = "application/grpc+proto";

const PREFIX_BYTES = 5;
const KIB = 1024;

/** How many messages a streaming call has. */
const TIMES = 1000;

/** A request and its reply, both with gRPC's prefix. */
export interface Request {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly reply: Uint8Array;
  /** How many such replies the call has. */
  readonly times: number;
  /** Of the file that holds the request. */
  readonly file: string;
}

/** The name of a request. */
export type RequestName = "hello" | "1-kib" | "64-kib" | "1-mib" | "times" | "chat";

/** All requests. */
export const REQUESTS: Readonly<Record<RequestName, Request>> = {
  hello: sayHello("hello", "World"),
  "1-kib": sayHello("1-kib", "x".repeat(KIB)),
  "64-kib": sayHello("64-kib", "x".repeat(64 * KIB)),
  "1-mib": sayHello("1-mib", "x".repeat(KIB * KIB)),
  times: toRequest("times", "SayHelloTimes", {
    bytes: envelope(SayHelloTimesRequestSchema, { name: "World", times: TIMES }),
    reply: greeting("World"),
    times: TIMES,
  }),
  chat: { ...sayHello("chat", "World"), path: "/greeter.v1.Greeter/Chat" },
};

/** Of the file with the descriptors of the service, for who has no generated code. */
export const DESCRIPTORS: string = new URL("greeter.binpb", CACHE).pathname;

/** Writes the files. */
export async function writeRequests(): Promise<void> {
  for (const { file, bytes } of Object.values(REQUESTS)) await Deno.writeFile(file, bytes);
  const descriptors = create(FileDescriptorSetSchema, { file: [file_greeter_v1_greeter.proto] });
  await Deno.writeFile(DESCRIPTORS, toBinary(FileDescriptorSetSchema, descriptors));
}

function sayHello(file: string, name: string): Request {
  const bytes = envelope(SayHelloRequestSchema, { name });
  return toRequest(file, "SayHello", { bytes, reply: greeting(name), times: 1 });
}

function toRequest(
  name: string,
  method: string,
  parts: Pick<Request, "bytes" | "reply" | "times">,
): Request {
  const file = new URL(`${name}.bin`, CACHE).pathname;
  return { ...parts, file, path: `/greeter.v1.Greeter/${method}` };
}

function greeting(name: string): Uint8Array {
  return envelope(SayHelloResponseSchema, { message: `Hello ${name}` });
}

function envelope<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Uint8Array {
  const message = toBinary(schema, create(schema, init));
  const bytes = new Uint8Array(PREFIX_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}
