/**
 * How a call ended, read from what was sent. The wire is the only place where all failures show,
 * also those that happen before any interceptor runs, such as a body that cannot be decoded.
 *
 * @module
 */

import {
  Code,
  codeFromHttpStatus,
  ConnectError,
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
  findTrailerError,
} from "../deps.ts";
import type { Protocol } from "../context.ts";
import { COMPRESSIONS } from "./compression.ts";
import type { SentResponse } from "./universal.ts";

const ENVELOPE_HEADER_BYTES = 5;
const COMPRESSED_FLAG = 0b0000_0001;
const GRPC_WEB_TRAILER_FLAG = 0b1000_0000;

/** How long an error may be after decompression: we have compressed it ourselves. */
const MAX_ERROR_BYTES = 0xffff_ffff;

/** The error that was sent, `undefined` for OK. */
export async function sentError(
  protocol: Protocol,
  sent: SentResponse,
): Promise<ConnectError | undefined> {
  try {
    return await readError(protocol, sent);
  } catch {
    // A handler has set a status of its own among its trailers.
    return new ConnectError("the status that was sent is malformed", Code.Internal);
  }
}

async function readError(
  protocol: Protocol,
  sent: SentResponse,
): Promise<ConnectError | undefined> {
  switch (protocol) {
    case "grpc":
      return findTrailerError(sent.trailer ?? sent.header) ?? httpError(sent.status);
    case "grpc-web":
      return await grpcWebError(sent) ?? httpError(sent.status);
    case "connect":
      return await connectError(sent);
  }
}

async function grpcWebError(
  { header, lastChunk }: SentResponse,
): Promise<ConnectError | undefined> {
  const encoding = header.get("grpc-encoding");
  const trailer = await envelopeWithFlag(GRPC_WEB_TRAILER_FLAG, encoding, lastChunk);
  if (trailer === undefined) return findTrailerError(header);
  const fields = new Headers();
  for (const line of new TextDecoder().decode(trailer).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return findTrailerError(fields);
}

async function connectError(
  { status, header, lastChunk }: SentResponse,
): Promise<ConnectError | undefined> {
  if (header.get("content-type")?.startsWith("application/connect+")) {
    const encoding = header.get("connect-content-encoding");
    const end = await envelopeWithFlag(endStreamFlag, encoding, lastChunk);
    if (end !== undefined) return endStreamFromJson(end).error;
  }
  if (status === 200) return undefined;
  const fallback = new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status));
  if (lastChunk === undefined) return fallback;
  const json = await decompress(lastChunk, header.get("content-encoding"));
  return errorFromJsonBytes(json, undefined, fallback);
}

async function envelopeWithFlag(
  flag: number,
  encoding: string | null,
  bytes: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  const flags = bytes?.[0];
  if (bytes === undefined || flags === undefined || (flags & flag) === 0) return undefined;
  const data = bytes.subarray(ENVELOPE_HEADER_BYTES);
  return flags & COMPRESSED_FLAG ? await decompress(data, encoding) : data;
}

async function decompress(bytes: Uint8Array, encoding: string | null): Promise<Uint8Array> {
  const compression = COMPRESSIONS.find(({ name }) => name === encoding);
  return await compression?.decompress(bytes, MAX_ERROR_BYTES) ?? bytes;
}

function httpError(status: number): ConnectError | undefined {
  return status === 200 ? undefined : new ConnectError(`HTTP ${status}`, Code.Unknown);
}
