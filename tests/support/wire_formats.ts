/**
 * How each protocol writes a call into HTTP: the content type, the body of the request, and the
 * status. For calls with `http2_client.ts`, which knows of HTTP/2 only.
 *
 * @module
 */

import { Code } from "@connectrpc/connect";
import { codeFromString, codeToString } from "@connectrpc/connect/protocol-connect";
import type { ProtocolName } from "./connect_node.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "./envelopes.ts";
import { connectHttp2, type Http2Response } from "./http2_client.ts";

const GRPC_WEB_TRAILER = 0x80;
const CONNECT_END_STREAM = 0x02;

/** Content types of the three protocols, with binary messages. */
export const CONTENT_TYPES = {
  "grpc": "application/grpc",
  "grpc-web": "application/grpc-web+proto",
  "connect stream": "application/connect+proto",
  "connect unary": "application/proto",
} as const;

/** One of {@linkcode FORMATS}. */
export type WireFormat = keyof typeof CONTENT_TYPES;

/** What there are content types for. */
export const FORMATS = Object.keys(CONTENT_TYPES) as readonly WireFormat[];

/** The body of a request with one message, which is the empty one by default. */
export function bodyOf(
  format: WireFormat,
  message: Uint8Array = new Uint8Array(),
  flags: number = 0,
): Uint8Array {
  return format === "connect unary" ? message : envelope(message, { flags });
}

/** A status: the code as Connect writes it, such as `deadline_exceeded`, and the message. */
export interface WireStatus {
  readonly code: string;
  readonly message: string;
}

/**
 * Calls `SayHello` on a connection of its own, and tells how the server ended the call.
 *
 * Once a server has said GOAWAY, connect-node on Deno 2.9 fails with "Premature close" on an answer
 * that comes in one piece, although all of it has arrived. This tells what is on the wire.
 */
export async function callSayHello(
  baseUrl: string,
  protocol: ProtocolName,
  name: string,
): Promise<WireStatus> {
  using client = connectHttp2(baseUrl);
  const format = protocol === "connect" ? "connect unary" : protocol;
  return readStatus(
    await client.request(
      "/greeter.v1.Greeter/SayHello",
      { "content-type": CONTENT_TYPES[format] },
      bodyOf(format, sayHelloRequest(name)),
    ),
  );
}

/** Reads the status of a response; `ok` if it succeeded. */
export function readStatus(response: Http2Response): WireStatus {
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

function missing({ headers, rstCode }: Http2Response): WireStatus {
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
