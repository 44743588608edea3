/**
 * From a request to the method that serves it: looks the path up, starts the call's clock, hands it
 * to a lane, and keeps count of the calls in progress, so that a shutdown can wait for or end them.
 *
 * @module
 */

import { Code, codeToString, ConnectError } from "./deps.ts";
import { Call } from "./call.ts";
import type { CallObserver } from "./call_observer.ts";
import type { Protocol } from "./context.ts";
import { resolveTimeoutMs } from "./deadline.ts";
import { toWireError } from "./errors.ts";
import { H2_ERROR, type HttpStream } from "./http_stream.ts";
import { accessLog, callLog } from "./log.ts";
import type { ConnectLane } from "./protocol/connect_lane.ts";
import type { GrpcLane } from "./protocol/grpc/grpc_lane.ts";
import type { Cors } from "./protocol/cors.ts";
import { detectProtocol, parseTimeout } from "./protocol/protocol.ts";
import { refuse } from "./protocol/refusal.ts";
import { Roster } from "./roster.ts";
import type { MethodSpec } from "./service.ts";

/** How much of a path that nobody serves goes into the log, and back to the client. */
const MAX_SHOWN_PATH = 256;

/** What a {@linkcode Dispatcher} is made from. */
export interface DispatcherOptions {
  /** By path. */
  readonly methods: ReadonlyMap<string, MethodSpec>;
  /** Serves Connect, gRPC-Web, and what is odd about gRPC. */
  readonly connectLane: ConnectLane;
  /** Serves gRPC. */
  readonly grpcLane: GrpcLane;
  /** For browsers, `undefined` if they may not call from other origins. */
  readonly cors: Cors | undefined;
  /** Longest header list of a request. */
  readonly maxHeaderListBytes: number;
  /** Is told of all calls, also of those that are refused. */
  readonly observer?: CallObserver | undefined;
}

/** Serves requests, and knows which are in progress. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #calls = new Roster<Call>();
  #drainReason: ConnectError | undefined;
  #closed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Number of calls in progress. */
  get callCount(): number {
    return this.#calls.size;
  }

  /** Serves one request. Never throws. */
  dispatch(stream: HttpStream): void {
    const { cors, methods, maxHeaderListBytes } = this.#options;
    if (cors?.handle(stream)) return;
    const protocol = detectProtocol(stream.headers);
    const path = pathOf(stream);
    const method = methods.get(path);
    const isHttp1 = stream.httpVersion.startsWith("1.");
    if (protocol === "grpc" && isHttp1) {
      this.#noteRefusal(stream, protocol, method, refuseHttp1(stream));
    } else if (stream.headerListBytes > maxHeaderListBytes) {
      this.#noteRefusal(stream, protocol, method, refuseHeader(stream, protocol));
    } else if (method === undefined) {
      this.#noteRefusal(stream, protocol, method, refuseUnknown(stream, protocol));
    } else this.#serve(stream, this.#startCall(stream, protocol, method));
  }

  /** Ends what would hold a shutdown up, now and whenever it is called again. */
  drain(reason: ConnectError): void {
    this.#drainReason = reason;
    for (const call of this.#calls.values()) if (call.method.endOnDrain) call.cancel(reason);
  }

  /** Ends every call, now and whenever another comes. */
  close(reason: ConnectError): void {
    this.#drainReason = reason;
    this.#closed = true;
    for (const call of this.#calls.values()) call.cancel(reason);
  }

  #startCall(stream: HttpStream, protocol: Protocol, method: MethodSpec): Call {
    let timeoutMs = method.timeoutMs;
    let error = method.endOnDrain || this.#closed ? this.#drainReason : undefined;
    try {
      const clientMs = parseTimeout(protocol, stream.headers);
      timeoutMs = resolveTimeoutMs({ methodMs: method.timeoutMs }, clientMs);
    } catch (malformed) {
      error ??= malformed as ConnectError;
    }
    const call = new Call({ method, protocol, peer: stream.peer, timeoutMs });
    const { observer } = this.#options;
    if (observer !== undefined) {
      call.observed = observer.begin({ stream, protocol, path: method.path.slice(1), method });
    }
    if (error !== undefined) call.cancel(error);
    return call;
  }

  #serve(stream: HttpStream, call: Call): void {
    const { connectLane, grpcLane } = this.#options;
    const grpcCall = call.protocol === "grpc" ? grpcLane.open(stream, call) : undefined;
    this.#calls.add(call);
    stream.onClose((errorCode) => {
      if (errorCode !== undefined) call.cancel(leftBy(errorCode));
      call.finish();
      this.#calls.delete(call);
      if (grpcCall !== undefined) report(call, grpcCall.sentError);
    });
    if (grpcCall !== undefined) grpcCall.start();
    else if (call.observed === undefined) void serveByConnect(connectLane, stream, call);
    else void call.observed.run(() => serveByConnect(connectLane, stream, call));
  }

  #noteRefusal(
    stream: HttpStream,
    protocol: Protocol,
    method: MethodSpec | undefined,
    error: ConnectError,
  ): void {
    const path = shownPath(stream);
    logAccess(path, protocol, stream.peer.address, error, undefined);
    const name = path.replace(/^\//, "");
    this.#options.observer?.begin({ stream, protocol, path: name, method })
      ?.end({ error, thrown: undefined });
  }
}

function pathOf({ path }: HttpStream): string {
  const end = path.indexOf("?");
  return end < 0 ? path : path.slice(0, end);
}

async function serveByConnect(lane: ConnectLane, stream: HttpStream, call: Call): Promise<void> {
  try {
    report(call, await lane.serve(stream, call));
  } catch (error) {
    call.failure = toWireError(error);
    call.thrown = error;
    stream.reset(H2_ERROR.internalError);
    report(call, new ConnectError("internal error", Code.Internal));
  }
}

/** gRPC is a protocol over HTTP/2 alone: its trailers mean nothing to clients of HTTP/1.1. */
function refuseHttp1(stream: HttpStream): ConnectError {
  stream.respond(505, {}, "nothing");
  // What gRPC has for this HTTP status.
  return new ConnectError("HTTP 505", Code.Unknown);
}

function refuseHeader(stream: HttpStream, protocol: Protocol): ConnectError {
  const message = `header list is ${stream.headerListBytes} bytes long, more than is taken`;
  const error = new ConnectError(message, Code.ResourceExhausted);
  refuse(stream, protocol, error);
  return error;
}

function refuseUnknown(stream: HttpStream, protocol: Protocol): ConnectError {
  const error = new ConnectError(`unknown method ${shownPath(stream)}`, Code.Unimplemented);
  refuse(stream, protocol, error);
  return error;
}

function shownPath(stream: HttpStream): string {
  return pathOf(stream).slice(0, MAX_SHOWN_PATH);
}

function leftBy(errorCode: number): ConnectError {
  if (errorCode === H2_ERROR.cancel) {
    return new ConnectError("cancelled by the client", Code.Canceled);
  }
  // Clients have no reason to say this: it is what the engine says of what it cannot send.
  if (errorCode === H2_ERROR.frameSizeError) {
    return new ConnectError("its header or trailers are longer than HTTP/2 takes", Code.Internal);
  }
  return new ConnectError(
    `stream was closed with HTTP/2 error code 0x${errorCode.toString(16)}`,
    Code.Canceled,
  );
}

function report(call: Call, sent: ConnectError | undefined): void {
  const { observed, endReason } = call;
  // A client that left gets nothing, whatever was prepared for it.
  const error = endReason ?? sent;
  if (observed === undefined) return logEnd(call, error);
  // In its context, by which what is logged is found beside it.
  observed.run(() => logEnd(call, error));
  observed.end({ error, thrown: endReason === undefined ? call.thrown : undefined });
}

/** One line for everybody, and one with the cause for those who have to mend it. */
function logEnd(call: Call, error: ConnectError | undefined): void {
  const { path } = call.method;
  if (call.failure !== undefined) {
    callLog.error("{method} failed: {error}", { method: path, error: call.failure.cause });
  } else if (error?.code === Code.Internal) {
    // No handler threw: it was what the client sent, or what Connect could not send.
    callLog.warn("{method} failed: {error}", { method: path, error: error.rawMessage });
  }
  logAccess(path, call.protocol, call.peer.address, error, call.startedAt);
}

function logAccess(
  method: string,
  protocol: Protocol,
  peer: string,
  error: ConnectError | undefined,
  startedAt: number | undefined,
): void {
  if (!accessLog.isEnabledFor("info")) return;
  const durationMs = startedAt === undefined ? 0 : performance.now() - startedAt;
  accessLog.info("{method} {code} {durationMs} ms {protocol} {peer}", {
    method,
    code: error === undefined ? "ok" : codeToString(error.code),
    durationMs: Math.round(durationMs * 1000) / 1000,
    protocol,
    peer,
  });
}
