/**
 * What can be set on a client, and all defaults. Options become total here, once, and are checked
 * before the first call.
 *
 * @module
 */

import type { Interceptor } from "../deps.ts";
import type { Protocol } from "../context.ts";
import { type Duration, resolveDuration } from "../duration.ts";
import { assertInteger, assertKnownOptions, suggest } from "../errors.ts";
import { DEFAULT_LANE_OPTIONS } from "../protocol/lane.ts";
import { CLIENT_TLS_OPTIONS, type ClientTlsFiles } from "./client_tls.ts";
import type { ConnectionTimes } from "./http2_connection.ts";
import { COMPRESSION_NAMES, PROTOCOLS } from "./protocol_transport.ts";

/** Options that clients have, wherever their calls go to. */
export interface CallerOptions {
  /**
   * What the client speaks.
   *
   * @default {"grpc"}
   */
  protocol?: Protocol;
  /**
   * Longest time that a call may take, unless the call says otherwise.
   *
   * @default {undefined} no limit
   */
  timeout?: Duration;
  /**
   * Connect's interceptors, the outermost first.
   *
   * @default {[]}
   */
  interceptors?: readonly Interceptor[];
  /**
   * Largest message to receive, in bytes, after decompression. A larger one fails the call with
   * RESOURCE_EXHAUSTED.
   *
   * @default {4194304} 4 MiB, as in other gRPC clients
   */
  maxReceiveBytes?: number;
  /**
   * Largest message to send, in bytes. A larger one fails the call with RESOURCE_EXHAUSTED.
   *
   * @default {4294967295} no limit but the protocol's
   */
  maxSendBytes?: number;
  /**
   * By what requests of 1 KiB and more are compressed. Not every server takes that. Replies are
   * compressed as the server likes.
   *
   * @default {undefined} not at all
   */
  compression?: "gzip" | "deflate" | "br" | "zstd";
}

/** Options for {@linkcode createClient}. */
export interface ClientOptions extends CallerOptions {
  /**
   * PEM files, for `https://` alone. They are read anew for each connection of HTTP/2, so that they
   * may be renewed.
   *
   * @default {undefined} the server's certificate is checked against the CAs that Deno trusts
   */
  tls?: ClientTlsFiles;
  /**
   * Version of HTTP. gRPC takes 2; with 1.1, Connect and gRPC-Web can do all but bidirectional
   * streams.
   *
   * @default {"2"}
   */
  httpVersion?: "2" | "1.1";
  /**
   * How long a connection may take to open.
   *
   * @default {"20s"}
   */
  connectTimeout?: Duration;
  /**
   * After how long without a sign of life the server is sent a PING, while calls are in progress over
   * HTTP/2. Many servers close a connection that sends more than one in five minutes.
   *
   * @default {Infinity} never
   */
  keepaliveInterval?: Duration;
  /**
   * How long the answer to that PING may take, before the connection is given up and its calls fail
   * with UNAVAILABLE.
   *
   * @default {"20s"}
   */
  keepaliveTimeout?: Duration;
  /**
   * For how long a connection of HTTP/2 may have no call, before it is closed. The next call opens
   * another.
   *
   * @default {"30m"} as in other gRPC clients
   */
  idleTimeout?: Duration;
}

/** {@linkcode CallerOptions}, checked and total. */
export interface ResolvedCallerOptions {
  readonly protocol: Protocol;
  readonly timeoutMs: number;
  readonly interceptors: readonly Interceptor[];
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly compression: string | undefined;
}

/** {@linkcode ClientOptions}, checked and total. */
export interface ResolvedClientOptions extends ResolvedCallerOptions {
  readonly httpVersion: "2" | "1.1";
  readonly tls: ClientTlsFiles;
  readonly times: ConnectionTimes;
}

/** The names of {@linkcode CallerOptions}. */
export const CALLER_OPTIONS: readonly string[] = [
  "protocol",
  "timeout",
  "interceptors",
  "maxReceiveBytes",
  "maxSendBytes",
  "compression",
];
const CLIENT_OPTIONS = [
  ...CALLER_OPTIONS,
  "tls",
  "httpVersion",
  "connectTimeout",
  "keepaliveInterval",
  "keepaliveTimeout",
  "idleTimeout",
];

const MAX_MESSAGE_BYTES = 0xffff_ffff;

/** @throws {TypeError | RangeError} If an option is unknown or out of range. */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  assertKnownOptions("create a client", options, CLIENT_OPTIONS);
  const { tls = {}, httpVersion = "2", protocol } = options;
  assertKnownOptions('set "tls" of a client', tls, CLIENT_TLS_OPTIONS);
  assertOneOf("httpVersion", httpVersion, ["2", "1.1"]);
  if (httpVersion === "1.1" && (protocol ?? "grpc") === "grpc") {
    throw new TypeError(
      `Cannot call by gRPC over HTTP/1.1: use "httpVersion" "2", or "protocol" "connect" or "grpc-web"`,
    );
  }
  const {
    connectTimeout = "20s",
    keepaliveInterval = Infinity,
    keepaliveTimeout = "20s",
    idleTimeout = "30m",
  } = options;
  return {
    ...resolveCallerOptions(options),
    httpVersion,
    tls,
    times: {
      connectTimeoutMs: resolveDuration("connectTimeout", connectTimeout),
      keepaliveIntervalMs: resolveDuration("keepaliveInterval", keepaliveInterval),
      keepaliveTimeoutMs: resolveDuration("keepaliveTimeout", keepaliveTimeout),
      idleTimeoutMs: resolveDuration("idleTimeout", idleTimeout),
    },
  };
}

/** @throws {TypeError | RangeError} If an option is out of range. */
export function resolveCallerOptions(options: CallerOptions): ResolvedCallerOptions {
  const {
    protocol = "grpc",
    timeout = Infinity,
    interceptors = [],
    maxReceiveBytes = DEFAULT_LANE_OPTIONS.maxReceiveBytes,
    maxSendBytes = DEFAULT_LANE_OPTIONS.maxSendBytes,
    compression,
  } = options;
  assertOneOf("protocol", protocol, PROTOCOLS);
  if (compression !== undefined) assertOneOf("compression", compression, COMPRESSION_NAMES);
  assertInteger("maxReceiveBytes", maxReceiveBytes, 1, MAX_MESSAGE_BYTES);
  assertInteger("maxSendBytes", maxSendBytes, 1, MAX_MESSAGE_BYTES);
  for (const interceptor of interceptors) {
    if (typeof interceptor === "function") continue;
    throw new TypeError("Cannot use an interceptor that is no function: see Connect's Interceptor");
  }
  return {
    protocol,
    timeoutMs: resolveDuration("timeout", timeout),
    interceptors: [...interceptors],
    maxReceiveBytes,
    maxSendBytes,
    compression,
  };
}

function assertOneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw new TypeError(`Cannot use "${value}" as "${name}": ${suggest(String(value), known)}`);
}
