/**
 * How a call ended, read from what was sent. The wire is the only place where all failures show,
 * also those that happen before any interceptor runs, such as a body that cannot be decoded.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  codeFromHttpStatus,
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { Protocol } from "../context.ts";
import type { SentResponse } from "./universal.ts";

const ENVELOPE_HEADER_BYTES = 5;
const COMPRESSED_FLAG = 0b0000_0001;
const GRPC_WEB_TRAILER_FLAG = 0b1000_0000;

/** The error that was sent, `undefined` for OK. */
export function sentError(protocol: Protocol, sent: SentResponse): ConnectError | undefined {
  try {
    return readError(protocol, sent);
  } catch {
    // A handler has set a status of its own among its trailers.
    return new ConnectError("the status that was sent is malformed", Code.Internal);
  }
}

function readError(protocol: Protocol, sent: SentResponse): ConnectError | undefined {
  switch (protocol) {
    case "grpc":
      return findTrailerError(sent.trailer ?? sent.header) ?? httpError(sent.status);
    case "grpc-web":
      return grpcWebError(sent) ?? httpError(sent.status);
    case "connect":
      return connectError(sent);
  }
}

function grpcWebError({ header, lastChunk }: SentResponse): ConnectError | undefined {
  const trailer = lastChunk && envelopeWithFlag(lastChunk, GRPC_WEB_TRAILER_FLAG);
  if (trailer === undefined) return findTrailerError(header);
  const fields = new Headers();
  for (const line of new TextDecoder().decode(trailer).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return findTrailerError(fields);
}

function connectError({ status, header, lastChunk }: SentResponse): ConnectError | undefined {
  const end = lastChunk && header.get("content-type")?.startsWith("application/connect+") &&
    envelopeWithFlag(lastChunk, endStreamFlag);
  if (end) return endStreamFromJson(end).error;
  if (status === 200) return undefined;
  const fallback = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
  if (lastChunk === undefined) return fallback;
  const isGzip = header.get("content-encoding") === "gzip";
  return errorFromJsonBytes(isGzip ? gunzipSync(lastChunk) : lastChunk, undefined, fallback);
}

function envelopeWithFlag(bytes: Uint8Array, flag: number): Uint8Array | undefined {
  const flags = bytes[0];
  if (flags === undefined || (flags & flag) === 0) return undefined;
  const data = bytes.subarray(ENVELOPE_HEADER_BYTES);
  return flags & COMPRESSED_FLAG ? gunzipSync(data) : data;
}

function httpError(status: number): ConnectError | undefined {
  return status === 200 ? undefined : new ConnectError(`HTTP ${status}`, Code.Unknown);
}
