/**
 * The service and the messages of the conformance suite, as far as a server under test uses them.
 * Their descriptors are built from the suite's own sources when it runs, so that nothing of them is
 * copied here; this file tells TypeScript what is in them.
 *
 * @module
 */

import {
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  type Message,
} from "@bufbuild/protobuf";
import type { GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import { type Any, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const PACKAGE = "connectrpc.conformance.v1";

type Of<Name extends string> = Message<`${typeof PACKAGE}.${Name}`>;

/** A header field, a trailer, or a parameter of a query. */
export type Field = Of<"Header"> & { name: string; value: string[] };

/** An error to answer with. */
export type ErrorDefinition = Of<"Error"> & { code: number; message?: string; details: Any[] };

/** How to answer with one message. */
export type UnaryDefinition = Of<"UnaryResponseDefinition"> & {
  responseHeaders: Field[];
  responseTrailers: Field[];
  responseDelayMs: number;
  response:
    | { case: "responseData"; value: Uint8Array }
    | { case: "error"; value: ErrorDefinition }
    | { case: undefined; value?: undefined };
};

/** How to answer with a stream of messages. */
export type StreamDefinition = Of<"StreamResponseDefinition"> & {
  responseHeaders: Field[];
  responseTrailers: Field[];
  responseDelayMs: number;
  responseData: Uint8Array[];
  error?: ErrorDefinition;
};

/** What the server has seen of a request. */
export type RequestInfo = Of<"ConformancePayload.RequestInfo"> & {
  requestHeaders: Field[];
  timeoutMs?: bigint;
  requests: Any[];
  connectGetInfo?: Of<"ConformancePayload.ConnectGetInfo"> & { queryParams: Field[] };
};

/** What an answer carries. */
export type Payload = Of<"ConformancePayload"> & { data: Uint8Array; requestInfo?: RequestInfo };

type UnaryRequest = Of<"UnaryRequest"> & { responseDefinition?: UnaryDefinition };
type StreamRequest = Of<"BidiStreamRequest"> & {
  responseDefinition?: StreamDefinition;
  fullDuplex: boolean;
};
type Response = Of<"UnaryResponse"> & { payload?: Payload };

interface Method<Kind, Input extends Message> {
  methodKind: Kind;
  input: GenMessage<Input>;
  output: GenMessage<Response>;
}

/** The service; the messages of its methods differ in their names alone. */
export type ConformanceService = GenService<{
  unary: Method<"unary", UnaryRequest>;
  idempotentUnary: Method<"unary", UnaryRequest>;
  unimplemented: Method<"unary", UnaryRequest>;
  serverStream: Method<"server_streaming", StreamRequest>;
  clientStream: Method<"client_streaming", UnaryRequest>;
  bidiStream: Method<"bidi_streaming", StreamRequest>;
}>;

/** What the runner wants of a server, on its standard input. */
export type ServerRequest = Of<"ServerCompatRequest"> & {
  useTls: boolean;
  serverCreds?: Of<"TLSCreds"> & { cert: Uint8Array; key: Uint8Array };
  clientTlsCert: Uint8Array;
  messageReceiveLimit: number;
};

/** What a server answers once it listens, on its standard output. */
export type ServerResponse = Of<"ServerCompatResponse"> & {
  host: string;
  port: number;
  pemCert: Uint8Array;
};

/** All descriptors that the server under test needs. */
export interface ConformanceApi {
  readonly service: ConformanceService;
  readonly requestInfo: GenMessage<RequestInfo>;
  readonly serverRequest: GenMessage<ServerRequest>;
  readonly serverResponse: GenMessage<ServerResponse>;
}

/** Reads the descriptors from the image that `buf build` has made. */
export async function loadConformanceApi(image: string | URL): Promise<ConformanceApi> {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, await Deno.readFile(image)),
  );
  const service = registry.getService(`${PACKAGE}.ConformanceService`);
  if (service === undefined) throw new Error(`${image} has no ConformanceService`);
  return {
    // A descriptor knows its types at run time; that they are those above, the suite itself shows.
    service: service as unknown as ConformanceService,
    requestInfo: message<RequestInfo>(registry, "ConformancePayload.RequestInfo"),
    serverRequest: message<ServerRequest>(registry, "ServerCompatRequest"),
    serverResponse: message<ServerResponse>(registry, "ServerCompatResponse"),
  };
}

function message<T extends Message>(registry: FileRegistry, name: string): GenMessage<T> {
  const desc = registry.getMessage(`${PACKAGE}.${name}`);
  if (desc === undefined) throw new Error(`The conformance suite has no message ${name}`);
  return desc as unknown as GenMessage<T>;
}
