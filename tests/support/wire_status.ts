/**
 * The status of a call, read off the wire as each protocol writes it.
 *
 * @module
 */

import { Code } from "@connectrpc/connect";
import { codeFromString, codeToString } from "@connectrpc/connect/protocol-connect";
import { openEnvelopes } from "./envelopes.ts";
import type { RawResponse } from "./raw_client.ts";

const GRPC_WEB_TRAILER = 0x80;
const CONNECT_END_STREAM = 0x02;

/** A status: the code as Connect writes it, such as `deadline_exceeded`, and the message. */
export interface WireStatus {
  readonly code: string;
  readonly message: string;
}

/** Content types of the three protocols, with binary messages. */
export const CONTENT_TYPES = {
  "grpc": "application/grpc",
  "grpc-web": "application/grpc-web+proto",
  "connect stream": "application/connect+proto",
  "connect unary": "application/proto",
} as const;

/** Reads the status of a response; `ok` if it succeeded. */
export function readStatus(response: RawResponse): WireStatus {
  const contentType = response.headers["content-type"] ?? "";
  const last = () => openEnvelopes(response.body).at(-1);
  if (contentType.startsWith("application/connect+")) {
    const end = last();
    return end?.flags === CONNECT_END_STREAM
      ? jsonStatus((JSON.parse(textOf(end.data)) as { error?: JsonError }).error)
      : missing(response);
  }
  if (contentType.startsWith("application/grpc-web") && !("grpc-status" in response.headers)) {
    const end = last();
    return end?.flags === GRPC_WEB_TRAILER ? grpcStatus(parseFields(end.data)) : missing(response);
  }
  if (contentType.startsWith("application/grpc")) {
    return grpcStatus({ ...response.headers, ...response.trailers });
  }
  if (Number(response.headers[":status"]) === 200) return { code: "ok", message: "" };
  return response.body.length > 0
    ? jsonStatus(JSON.parse(textOf(response.body)))
    : missing(response);
}

interface JsonError {
  code: string;
  message?: string;
}

function jsonStatus(error: JsonError | undefined): WireStatus {
  if (error === undefined) return { code: "ok", message: "" };
  if (codeFromString(error.code) === undefined) throw new Error(`no code: "${error.code}"`);
  return { code: error.code, message: error.message ?? "" };
}

function grpcStatus(fields: Record<string, unknown>): WireStatus {
  const code = Number(fields["grpc-status"]);
  const message = decodeURIComponent(String(fields["grpc-message"] ?? ""));
  if (code === 0) return { code: "ok", message };
  if (Code[code] === undefined) throw new Error(`no grpc-status: ${JSON.stringify(fields)}`);
  return { code: codeToString(code), message };
}

function missing({ headers, rstCode }: RawResponse): WireStatus {
  return { code: `HTTP ${headers[":status"]}, reset ${rstCode}`, message: "" };
}

function parseFields(data: Uint8Array): Record<string, string> {
  const lines = textOf(data).split("\r\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }));
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
