/**
 * What the three protocols look like from outside: by which header a request says which one it
 * speaks, and how each writes its timeout.
 *
 * @module
 */

import { Code, ConnectError } from "../deps.ts";
import type { Protocol } from "../context.ts";
import type { HeaderFields } from "../http_stream.ts";

const MS_PER_GRPC_UNIT: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The header field in which each protocol has its timeout. */
export const TIMEOUT_HEADER: Readonly<Record<Protocol, string>> = {
  "grpc": "grpc-timeout",
  "grpc-web": "grpc-timeout",
  "connect": "connect-timeout-ms",
};

/** Tells the protocol by the content type; what is neither gRPC nor gRPC-Web is Connect. */
export function detectProtocol(headers: HeaderFields): Protocol {
  const contentType = String(headers["content-type"] ?? "").toLowerCase();
  if (!contentType.startsWith("application/grpc")) return "connect";
  return contentType.startsWith("application/grpc-web") ? "grpc-web" : "grpc";
}

/**
 * Reads the client's timeout.
 *
 * @returns Milliseconds; `Infinity` if the client set none.
 * @throws {ConnectError} INVALID_ARGUMENT if the field is malformed.
 */
export function parseTimeout(protocol: Protocol, headers: HeaderFields): number {
  const field = headers[TIMEOUT_HEADER[protocol]];
  if (field === undefined) return Infinity;
  const text = String(field);
  const ms = protocol === "connect" ? parseConnectTimeout(text) : parseGrpcTimeout(text);
  if (ms !== undefined) return ms;
  throw new ConnectError(
    `protocol error: invalid ${TIMEOUT_HEADER[protocol]} "${text.slice(0, 32)}"`,
    Code.InvalidArgument,
  );
}

/**
 * Reads `grpc-timeout`: up to eight digits and a unit (gRPC over HTTP/2, "Requests").
 *
 * @returns Milliseconds, `undefined` if malformed.
 */
export function parseGrpcTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * MS_PER_GRPC_UNIT[unit]!;
}

/**
 * Reads `connect-timeout-ms`: up to ten digits (Connect protocol, "Unary-Request").
 *
 * @returns Milliseconds, `undefined` if malformed.
 */
export function parseConnectTimeout(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The largest number that the field of each protocol holds. */
const MAX_GRPC_DIGITS = 99_999_999;
const MAX_CONNECT_MS = 9_999_999_999;

/**
 * Writes a timeout for the header of a request, never longer than it is.
 *
 * @param ms Milliseconds, greater than 0, or `Infinity`.
 * @returns `undefined` for no limit, or one too far away for the protocol.
 */
export function formatTimeout(protocol: Protocol, ms: number): string | undefined {
  if (ms === Infinity) return undefined;
  if (protocol === "connect") {
    return ms > MAX_CONNECT_MS ? undefined : String(Math.max(1, Math.floor(ms)));
  }
  for (const unit of ["m", "S", "M", "H"]) {
    const count = Math.floor(ms / MS_PER_GRPC_UNIT[unit]!);
    if (count <= MAX_GRPC_DIGITS && count > 0) return `${count}${unit}`;
  }
  return ms < 1 ? `${Math.max(1, Math.floor(ms * 1000))}u` : undefined;
}
