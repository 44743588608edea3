/**
 * A call in the words of OpenTelemetry's semantic conventions for RPC, version 1.45.0, which are
 * stable for gRPC.
 *
 * @module
 */

import { Code, codeToString, type ConnectError } from "../deps.ts";
import type { CallStart } from "../call_observer.ts";
import type { Protocol } from "../context.ts";

/** Attributes of a span, or of a measurement. */
export type Attributes = Record<string, string | number>;

/** What a method is called that nobody serves: as many as clients think of. */
const OTHER = "_OTHER";

/** Statuses for which the server is to blame, or may be. The rest is the client's business. */
const ERRORS: ReadonlySet<Code> = new Set([
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
]);

/** Whether a call that ended so counts as failed. */
export function isFailure(error: ConnectError | undefined): error is ConnectError {
  return error !== undefined && ERRORS.has(error.code);
}

/** What a span is called. */
export function spanName({ protocol, path, method }: CallStart): string {
  return method === undefined ? systemName(protocol) : path;
}

/** What is known of a call when its span begins, so that samplers may go by it. */
export function startAttributes(start: CallStart): Attributes {
  const { stream: { authority, peer }, path, method } = start;
  const attributes = methodAttributes(start);
  if (method === undefined) attributes["rpc.method_original"] = path;
  addServer(attributes, authority);
  attributes["network.peer.address"] = peer.address;
  if (peer.port > 0) attributes["network.peer.port"] = peer.port;
  return attributes;
}

/** The attributes of a measurement: few values each, whatever clients send. */
export function measureAttributes(start: CallStart, error: ConnectError | undefined): Attributes {
  return Object.assign(methodAttributes(start), endAttributes(start.protocol, error));
}

/** What is known of a call when it has ended. */
export function endAttributes(protocol: Protocol, error: ConnectError | undefined): Attributes {
  const attributes: Attributes = {};
  const status = statusName(protocol, error);
  if (status !== undefined) {
    attributes["rpc.status_code"] = status;
    if (isFailure(error)) attributes["error.type"] = status;
  }
  return attributes;
}

function methodAttributes({ protocol, path, method }: CallStart): Attributes {
  return {
    "rpc.system.name": systemName(protocol),
    "rpc.method": method === undefined ? OTHER : path,
  };
}

/** gRPC-Web is gRPC for browsers. */
function systemName(protocol: Protocol): "grpc" | "connectrpc" {
  return protocol === "connect" ? "connectrpc" : "grpc";
}

/** As the protocol itself writes it. Connect has no code for success. */
function statusName(protocol: Protocol, error: ConnectError | undefined): string | undefined {
  if (protocol === "connect") return error && codeToString(error.code);
  if (error === undefined) return "OK";
  // Connect spells it with one L.
  return error.code === Code.Canceled ? "CANCELLED" : codeToString(error.code).toUpperCase();
}

/** By which name and port the client called, not where the server listens. */
function addServer(attributes: Attributes, authority: string): void {
  const [, ipv6, name, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(authority) ?? [];
  const address = ipv6 ?? name;
  if (address === undefined) return;
  attributes["server.address"] = address;
  if (port !== undefined) attributes["server.port"] = Number(port);
}
