/**
 * One connection of HTTP/2 for a health probe, and calls of gRPC over it. The client's own would do,
 * but it takes three times as long to load as such a call takes.
 *
 * @module
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { IncomingHttpHeaders } from "node:http2";
import { clearTimeout, setTimeout } from "node:timers";
import { ConfigError } from "../config_error.ts";
import { formatDuration } from "../duration.ts";
import { shieldSession } from "../transport/session_shield.ts";
import type { ServerTarget } from "./client_flags.ts";
import { EnvelopeReader } from "./probe_messages.ts";

/** How long the end of a connection may take, before it is cut. */
const CLOSE_MS = 250;
const MAX_TIMER_MS = 0x7fff_ffff;
/**
 * After how long without a byte the system asks whether the other side is there: a watch may be silent
 * for days. PINGs of HTTP/2 in its place are too many for some servers.
 */
const TCP_KEEPALIVE_MS = 30_000;
const MAX_TIMEOUT_DIGITS = 99_999_999;

/** gRPC's codes by their numbers. */
const CODES = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"],
  ...["ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION"],
  ...["ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"],
  "UNAUTHENTICATED",
];

/** There is no connection. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Whether the server took the connection, and ended it without a word of HTTP/2. */
  readonly isUnanswered: boolean;

  constructor(message: string, isUnanswered = false) {
    super(message);
    this.isUnanswered = isUnanswered;
  }
}

/** A call did not end well. */
export class CallError extends Error {
  override readonly name = "CallError";

  /** @param code Of gRPC, such as `UNAVAILABLE`. */
  constructor(readonly code: string, message: string) {
    super(`${code}: ${message}`);
  }
}

/** A call of {@linkcode ProbeConnection}. */
export interface ProbeCall {
  /** `/<service>/<method>`. */
  readonly path: string;
  /** In its envelope. */
  readonly request: Uint8Array;
  /** How long it may take in milliseconds, which the server is told; `Infinity` for no limit. */
  readonly timeoutMs: number;
  readonly onReply: (message: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** A connection. */
export class ProbeConnection implements AsyncDisposable {
  readonly #session: ClientHttp2Session;
  readonly #target: ServerTarget;
  readonly #closed: Promise<void>;

  private constructor(session: ClientHttp2Session, target: ServerTarget) {
    this.#session = session;
    this.#target = target;
    this.#closed = new Promise((resolve) => session.once("close", resolve));
  }

  /**
   * Opens a connection, which it is when the server has sent its settings: a port that takes
   * connections may be served by nobody.
   *
   * @throws {ConnectionError} If there is none within the time.
   * @throws {ConfigError} If Deno does not allow it.
   */
  static async open(
    target: ServerTarget,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ProbeConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new ConnectionError(why));
    const session = shieldSession(connect(target.origin, { ...target.tls }));
    const timer = setTimeout(
      () => fail(`no answer within ${formatDuration(timeoutMs)}`),
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    const onAbort = () => fail("cancelled");
    signal.addEventListener("abort", onAbort);
    session.once("remoteSettings", () => resolve());
    session.once("connect", (_, socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
    session.on("error", (error: Error & { code?: string }) => {
      if (error.code === "EPERM" || error.name === "NotCapable") {
        reject(
          new ConfigError(
            `Cannot connect to ${target.origin}: allow it by --allow-net=${target.netAddress}`,
          ),
        );
      } else fail(error.message);
    });
    session.once("close", () => {
      reject(new ConnectionError("it was closed before the server said anything", true));
    });
    if (signal.aborted) onAbort();
    try {
      await promise;
      return new ProbeConnection(session, target);
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Makes a call.
   *
   * @returns Resolves when the server has ended it with OK.
   * @throws {CallError} If it ends otherwise.
   */
  async call({ path, request, timeoutMs, onReply, signal }: ProbeCall): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (code: string, message: string) => reject(new CallError(code, message));
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(this.#fields(path, timeoutMs));
    } catch (error) {
      throw new CallError("UNAVAILABLE", (error as Error).message);
    }
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    const timer = timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(() => {
      fail("DEADLINE_EXCEEDED", `no answer within ${formatDuration(timeoutMs)}`);
      cancel();
    }, timeoutMs);
    const onAbort = () => {
      fail("CANCELLED", "cancelled");
      cancel();
    };
    signal.addEventListener("abort", onAbort);
    const reader = new EnvelopeReader();
    let fields: IncomingHttpHeaders = {};
    const onData = (bytes: Uint8Array) => {
      // Of what is no gRPC, the header is told of.
      if (!isGrpc(fields)) return;
      try {
        for (const message of reader.push(bytes)) onReply(message);
      } catch (error) {
        fail("INTERNAL", `the reply cannot be read: ${(error as Error).message}`);
        cancel();
      }
    };
    stream.once("response", (headers) => {
      fields = headers;
      // Deno 2.9 tells of bytes before it tells of the header, to who listens already.
      stream.on("data", onData);
    });
    stream.once("trailers", (trailers) => fields = { ...fields, ...trailers });
    // Told of again by "close", with what has become of the stream.
    stream.on("error", () => {});
    // Not at once: what came in the same turn is told of in this one.
    stream.once("close", () =>
      setImmediate(() => {
        const error = errorOf(fields, stream.rstCode, reader.isAmid);
        if (error === undefined) resolve();
        else reject(error);
      }));
    stream.end(request);
    if (signal.aborted) onAbort();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    this.#session.close();
    // Not every end is told of.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, CLOSE_MS));
    await Promise.race([this.#closed, late]);
    clearTimeout(timer);
    this.#session.destroy();
  }

  #fields(path: string, timeoutMs: number): Record<string, string | string[]> {
    const fields: Record<string, string | string[]> = {
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "fastgrpc-health",
    };
    if (timeoutMs !== Infinity) {
      const count = Math.max(1, Math.floor(timeoutMs));
      fields["grpc-timeout"] = count <= MAX_TIMEOUT_DIGITS
        ? `${count}m`
        : `${Math.min(Math.floor(count / 1000), MAX_TIMEOUT_DIGITS)}S`;
    }
    for (const [name, value] of this.#target.metadata) {
      const known = fields[name];
      fields[name] = known === undefined || name === "user-agent" ? value : [known, value].flat();
    }
    return fields;
  }
}

function isGrpc(fields: IncomingHttpHeaders): boolean {
  return Number(fields[":status"]) === 200 &&
    /^application\/grpc($|[+;])/.test(String(fields["content-type"]));
}

/** What the end of a stream says; `undefined` for OK. */
function errorOf(
  fields: IncomingHttpHeaders,
  rstCode: number | undefined,
  isCutOff: boolean,
): CallError | undefined {
  const status = fields["grpc-status"];
  if (status !== undefined) {
    const code = CODES[Number(status)] ?? "UNKNOWN";
    if (code !== "OK") {
      return new CallError(code, decodeMessage(String(fields["grpc-message"] ?? "")));
    }
    return isCutOff ? new CallError("INTERNAL", "a message was cut off") : undefined;
  }
  if (fields[":status"] === undefined) {
    return new CallError(
      "UNAVAILABLE",
      `the connection broke off, or the call was reset with ${rstCode ?? 0}`,
    );
  }
  if (!isGrpc(fields)) {
    return new CallError(
      Number(fields[":status"]) === 404 ? "UNIMPLEMENTED" : "UNKNOWN",
      `it is no gRPC: HTTP status ${fields[":status"]}, ${fields["content-type"] ?? "no type"}`,
    );
  }
  return new CallError("UNAVAILABLE", "the connection broke off");
}

/** `grpc-message` is percent-encoded (gRPC over HTTP/2, "Responses"); what is not stays as it is. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
