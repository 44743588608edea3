/**
 * A client of server reflection, which asks in either version of the service and tells of the answers
 * what a test compares.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponse,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as ServerReflectionAlpha,
  type ServerReflectionResponse as ServerReflectionResponseAlpha,
} from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { connectService, type ProtocolName } from "./connect_node.ts";
import { readFile } from "./library.ts";

/** The versions of the service. */
export const REFLECTION_VERSIONS = ["v1", "v1alpha"] as const;

/** One of {@linkcode REFLECTION_VERSIONS}. */
export type ReflectionVersion = typeof REFLECTION_VERSIONS[number];

/** What is asked. */
export type Question = NonNullable<
  MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]
>;

/** A response of either version. */
export type Response = ServerReflectionResponse | ServerReflectionResponseAlpha;

/** A client on a connection of its own, closed with the test's block. */
export interface ReflectionClient extends Disposable {
  /** Asks one question after the other, on one stream. */
  ask(...questions: Question[]): Promise<Response[]>;
  /** Asks whatever comes, until the stream ends. */
  stream(requests: Iterable<Request> | AsyncIterable<Request>): AsyncIterable<Response>;
}

/** A request as it is sent. */
export interface Request {
  host?: string;
  messageRequest?: Question;
}

/** Options for {@linkcode connectReflection}. */
export interface ReflectionClientOptions {
  /**
   * What it asks.
   *
   * @default {"v1"}
   */
  version?: ReflectionVersion;
  /**
   * What it speaks.
   *
   * @default {"grpc"}
   */
  protocol?: ProtocolName;
}

/** Connects to a server. */
export function connectReflection(
  baseUrl: string,
  { version = "v1", protocol = "grpc" }: ReflectionClientOptions = {},
): ReflectionClient {
  const service = (version === "v1" ? ServerReflection : ServerReflectionAlpha) as // Their messages are the same, save for their names.
  typeof ServerReflection;
  // With compression connect-node in Deno fails with "Premature close" after some dozen messages.
  const client = connectService(service, baseUrl, {
    protocol,
    transport: { acceptCompression: [] },
  });
  const stream: ReflectionClient["stream"] = (requests) =>
    client.serverReflectionInfo(generatorOf(requests));
  return {
    stream,
    ask: (...questions) =>
      Array.fromAsync(stream(questions.map((messageRequest) => ({ messageRequest })))),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** Which services are there? */
export const LIST: Question = { case: "listServices", value: "" };

/** Which file declares this? */
export function symbol(value: string): Question {
  return { case: "fileContainingSymbol", value };
}

/** What is in this file? */
export function fileName(value: string): Question {
  return { case: "fileByFilename", value };
}

/** Which file declares this extension? */
export function extension(containingType: string, extensionNumber: number): Question {
  return { case: "fileContainingExtension", value: { containingType, extensionNumber } };
}

/** Which extensions has this message? */
export function numbersOf(value: string): Question {
  return { case: "allExtensionNumbersOfType", value };
}

/** What a response says, as a test compares it: names of files, numbers, services, or the error. */
export function tell({ messageResponse: { case: kind, value } }: Response): unknown {
  switch (kind) {
    case "fileDescriptorResponse":
      return value.fileDescriptorProto.map((bytes) => readFile(bytes).name);
    case "allExtensionNumbersResponse":
      return [value.baseTypeName, ...value.extensionNumber];
    case "listServicesResponse":
      return value.service.map(({ name }) => name);
    case "errorResponse":
      return `${value.errorCode} ${value.errorMessage}`;
  }
}

/** The files that a response brings. */
export function filesOf(
  { messageResponse: { case: kind, value } }: Response,
): FileDescriptorProto[] {
  return kind === "fileDescriptorResponse" ? value.fileDescriptorProto.map(readFile) : [];
}

/** Connect's clients begin to iterate a second time when a call is over, which streams resent. */
async function* generatorOf<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}
