/**
 * How much one client may take of the server, and for how long. The names and defaults are gRPC's
 * own where it has them (gRFC A8 and A9: keepalive, idle time, age).
 *
 * @module
 */

import { type Duration, resolveDuration } from "../duration.ts";
import { type IntegerRange, resolveInteger } from "../errors.ts";

/** Limits of connections. */
export interface ConnectionLimits {
  /**
   * How many connections may be open at once. More are closed as they are accepted. Keep it well below
   * the process's limit of open files, which each connection takes one of.
   *
   * @default {10000}
   */
  maxConnections?: number;
  /**
   * How long a new connection may take for its TLS handshake and, with HTTP/2, its first SETTINGS.
   *
   * @default {"10s"}
   */
  handshakeTimeout?: Duration;
  /**
   * Longest header list of a request, in bytes as HTTP/2 counts them (RFC 9113, section 6.5.2): names
   * and values, and 32 for each field. A longer one is answered with RESOURCE_EXHAUSTED. Beyond 64 KiB, or 128
   * fields, Deno resets the stream with ENHANCE_YOUR_CALM, which gRPC's clients take for the same.
   *
   * @default {16384} 16 KiB
   */
  maxHeaderListBytes?: number;
  /**
   * How many calls a second a client may give up, or have ended by violating HTTP/2, as an average of
   * five seconds. Its connection is closed with ENHANCE_YOUR_CALM beyond it: calls that are begun only
   * to be reset cost the server more than the client (CVE-2023-44487, CVE-2025-8671).
   *
   * @default {100}
   */
  maxResetsPerSecond?: number;
  /**
   * For how long a connection may have no call in progress, before it is drained and closed.
   *
   * @default {"30m"} after which gRPC's clients let go of idle connections, too
   */
  maxConnectionIdle?: Duration;
  /**
   * How old a connection may grow, give or take 10 %, before it is drained and closed. Its client
   * connects anew, and a load balancer may choose another server.
   *
   * @default {Infinity}
   */
  maxConnectionAge?: Duration;
  /**
   * How long calls in progress may take to finish after `maxConnectionAge`. What is left is ended.
   *
   * @default {Infinity}
   */
  maxConnectionAgeGrace?: Duration;
  /**
   * After how long without a sign of life a client is sent a PING, on connections of HTTP/2.
   *
   * @default {"2h"}
   */
  keepaliveInterval?: Duration;
  /**
   * How long a client may take to show any sign of life after that PING, before its connection is
   * closed.
   *
   * @default {"20s"}
   */
  keepaliveTimeout?: Duration;
}

/** {@linkcode ConnectionLimits}, checked and total; lengths of time in milliseconds. */
export interface ResolvedConnectionLimits {
  readonly maxConnections: number;
  readonly handshakeTimeoutMs: number;
  readonly maxHeaderListBytes: number;
  readonly maxResetsPerSecond: number;
  readonly maxConnectionIdleMs: number;
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
}

/** The most that a setting of HTTP/2 can be (RFC 9113, section 6.5.1). */
const MAX_UINT32 = 0xffff_ffff;

/** Beyond it Deno resets the stream itself. */
const MAX_HEADER_LIST_BYTES = 65_536;

type CountName = "maxConnections" | "maxHeaderListBytes" | "maxResetsPerSecond";

/** Limits that are whole numbers. */
export const COUNT_LIMITS: Readonly<Record<CountName, IntegerRange>> = {
  maxConnections: { min: 1, max: MAX_UINT32, fallback: 10_000 },
  maxHeaderListBytes: { min: 1024, max: MAX_HEADER_LIST_BYTES, fallback: 16_384 },
  maxResetsPerSecond: { min: 1, max: MAX_UINT32, fallback: 100 },
};

/** Limits that are lengths of time, as they are if they are not set. */
export const TIME_LIMITS: Readonly<Record<Exclude<keyof ConnectionLimits, CountName>, Duration>> = {
  handshakeTimeout: "10s",
  maxConnectionIdle: "30m",
  maxConnectionAge: Infinity,
  maxConnectionAgeGrace: Infinity,
  keepaliveInterval: "2h",
  keepaliveTimeout: "20s",
};

/** The names of all limits. */
export const CONNECTION_LIMIT_NAMES: readonly string[] = [
  ...Object.keys(COUNT_LIMITS),
  ...Object.keys(TIME_LIMITS),
];

/** @throws {TypeError | RangeError} If a limit is of the wrong kind or out of range. */
export function resolveConnectionLimits(limits: ConnectionLimits): ResolvedConnectionLimits {
  const count = (name: CountName) => resolveInteger(name, limits[name], COUNT_LIMITS[name]);
  const toMs = (name: keyof typeof TIME_LIMITS) =>
    resolveDuration(name, limits[name] === undefined ? TIME_LIMITS[name] : limits[name]);
  if (limits.maxConnectionAgeGrace !== undefined && limits.maxConnectionAge === undefined) {
    throw new TypeError(
      'Cannot use "maxConnectionAgeGrace" without a "maxConnectionAge": set both, or neither',
    );
  }
  return {
    maxConnections: count("maxConnections"),
    maxHeaderListBytes: count("maxHeaderListBytes"),
    maxResetsPerSecond: count("maxResetsPerSecond"),
    handshakeTimeoutMs: toMs("handshakeTimeout"),
    maxConnectionIdleMs: toMs("maxConnectionIdle"),
    maxConnectionAgeMs: toMs("maxConnectionAge"),
    maxConnectionAgeGraceMs: toMs("maxConnectionAgeGrace"),
    keepaliveIntervalMs: toMs("keepaliveInterval"),
    keepaliveTimeoutMs: toMs("keepaliveTimeout"),
  };
}
