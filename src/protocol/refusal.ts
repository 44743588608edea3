/**
 * An error as a whole response, in the caller's own protocol, for calls that reach no method.
 *
 * @module
 */

import {
  Code,
  codeToHttpStatus,
  type ConnectError,
  contentTypeStreamJson,
  contentTypeStreamProto,
  encodeEnvelope,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
  setTrailerStatus,
} from "../deps.ts";
import type { Protocol } from "../context.ts";
import type { HttpStream } from "../http_stream.ts";
import { toResponseFields } from "./fields.ts";
import { boundLastWords } from "./last_words.ts";

const HTTP_NOT_FOUND = 404;

/** Answers with an error and nothing else. */
export function refuse(stream: HttpStream, protocol: Protocol, error: ConnectError): void {
  if (protocol !== "connect") return refuseGrpc(stream, protocol, error);
  const contentType = stream.headers["content-type"];
  if (contentType === contentTypeStreamProto || contentType === contentTypeStreamJson) {
    refuseConnectStream(stream, contentType, error);
  } else refuseConnectUnary(stream, error);
}

/** Trailers-Only of gRPC over HTTP/2, which gRPC-Web has as well: the status is in the header. */
function refuseGrpc(stream: HttpStream, protocol: Protocol, error: ConnectError): void {
  const header = setTrailerStatus(new Headers(), error);
  header.set("content-type", `application/${protocol}+proto`);
  stream.respond(200, toResponseFields(header), "nothing");
}

/**
 * The error of a Connect unary call: a fitting HTTP status, and JSON. A path that nobody serves is not
 * found: 501, the code's own status, would tell browsers and caches that the verb is not known.
 */
function refuseConnectUnary(stream: HttpStream, error: ConnectError): void {
  const body = errorToJsonBytes(error, undefined);
  const status = error.code === Code.Unimplemented ? HTTP_NOT_FOUND : codeToHttpStatus(error.code);
  respondWhole(stream, status, "application/json", body);
}

/** A Connect stream has its error in its last envelope: the HTTP status says another code. */
function refuseConnectStream(stream: HttpStream, contentType: string, error: ConnectError): void {
  const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
  const body = encodeEnvelope(endStreamFlag, new TextEncoder().encode(end));
  respondWhole(stream, 200, contentType, body);
}

function respondWhole(
  stream: HttpStream,
  status: number,
  contentType: string,
  body: Uint8Array,
): void {
  const hasBody = stream.method !== "HEAD";
  stream.respond(status, {
    "content-type": contentType,
    "content-length": String(body.byteLength),
  }, hasBody ? "body" : "nothing");
  if (!hasBody) return;
  void stream.write(body);
  stream.end();
  boundLastWords(stream);
}
