/**
 * Connect's own client for each of the three protocols, over whatever carries a request.
 *
 * @module
 */

import {
  type CommonTransportOptions,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  type Interceptor,
  type Transport,
  type UniversalClientFn,
} from "../deps.ts";
import type { Protocol } from "../context.ts";
import { COMPRESSIONS } from "../protocol/compression.ts";

/** Names of the protocols. */
export const PROTOCOLS: readonly Protocol[] = ["grpc", "connect", "grpc-web"];

/** Names of the encodings of messages. */
export const COMPRESSION_NAMES: readonly string[] = COMPRESSIONS.map(({ name }) => name);

const TRANSPORTS: Readonly<Record<Protocol, (options: CommonTransportOptions) => Transport>> = {
  "grpc": createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
  "connect": createConnectTransport,
};

/** Shorter messages are sent as they are. */
const COMPRESS_MIN_BYTES = 1024;

/** What a transport is made from. */
export interface ProtocolTransportOptions {
  readonly protocol: Protocol;
  /** Where requests go to. */
  readonly baseUrl: string;
  /** Carries them there. */
  readonly httpClient: UniversalClientFn;
  /** Outermost first. */
  readonly interceptors: readonly Interceptor[];
  /** Largest message to receive, in bytes, after decompression. */
  readonly maxReceiveBytes: number;
  /** Largest message to send, in bytes. */
  readonly maxSendBytes: number;
  /** By which requests are compressed, `undefined` for not at all. */
  readonly compression: string | undefined;
}

/** Makes a transport. Deadlines are the caller's: Connect's would fire at once above 24.8 days. */
export function createProtocolTransport(options: ProtocolTransportOptions): Transport {
  const { protocol, baseUrl, httpClient, interceptors, compression } = options;
  const transport = TRANSPORTS[protocol]({
    baseUrl,
    httpClient,
    interceptors: [...interceptors],
    useBinaryFormat: true,
    acceptCompression: [...COMPRESSIONS],
    sendCompression: COMPRESSIONS.find(({ name }) => name === compression) ?? null,
    compressMinBytes: COMPRESS_MIN_BYTES,
    readMaxBytes: options.maxReceiveBytes,
    writeMaxBytes: options.maxSendBytes,
  });
  return {
    unary: transport.unary,
    stream(...call) {
      const response = transport.stream(...call);
      // Of a stream that nobody reads, nobody handles the error either, which would end the process.
      response.catch(() => {});
      return response;
    },
  };
}
