/**
 * An error as a whole response, in the caller's own protocol, for calls that reach no method.
 *
 * @module
 */

import type { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { Protocol } from "../context.ts";
import type { HttpStream } from "../http_stream.ts";
import { toResponseFields } from "./universal.ts";

/** Answers with an error and nothing else. */
export function refuse(stream: HttpStream, protocol: Protocol, error: ConnectError): void {
  if (protocol === "connect") refuseConnect(stream, error);
  else refuseGrpc(stream, protocol, error);
}

/** Trailers-Only of gRPC over HTTP/2, which gRPC-Web has as well: the status is in the header. */
function refuseGrpc(stream: HttpStream, protocol: Protocol, error: ConnectError): void {
  const header = setTrailerStatus(new Headers(), error);
  header.set("content-type", `application/${protocol}+proto`);
  stream.respond(200, toResponseFields(header), "nothing");
}

/** The error of a Connect unary call: a fitting HTTP status, and JSON. */
function refuseConnect(stream: HttpStream, error: ConnectError): void {
  const body = errorToJsonBytes(error, undefined);
  stream.respond(codeToHttpStatus(error.code), {
    "content-type": "application/json",
    "content-length": String(body.byteLength),
  }, stream.method === "HEAD" ? "nothing" : "body");
  void stream.write(body);
  stream.end();
}
