/**
 * The connection of `call`: the kit's client, for services that are known only when it runs.
 *
 * @module
 */

import { resolveClientOptions } from "../client/client_options.ts";
import { Http2Client } from "../client/http2_client.ts";
import { createProtocolTransport } from "../client/protocol_transport.ts";
import { createServiceClient } from "../client/service_client.ts";
import { ConfigError } from "../config_error.ts";
import type { Protocol } from "../context.ts";
import type { CallOptions, DescMethod, DescService, Message } from "../deps.ts";
import type { ServerTarget } from "./client_flags.ts";

/** How calls are made. */
export interface CallSettings {
  readonly protocol: Protocol;
  /** In milliseconds. */
  readonly connectTimeoutMs: number;
  /** Largest message to receive, in bytes. */
  readonly maxReceiveBytes: number;
}

/** A call that is to be made. */
export interface OutgoingCall extends Pick<CallOptions, "signal" | "onHeader" | "onTrailer"> {
  readonly requests: AsyncIterable<Message>;
  /** How long it may take, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
}

/** A connection, opened by the first call. */
export interface CallConnection extends AsyncDisposable {
  /**
   * Makes a call, of which kind it may be.
   *
   * @returns The replies.
   * @throws {ConnectError} If it fails.
   * @throws {ConfigError} If Deno does not allow to connect.
   */
  call(method: DescMethod, call: OutgoingCall): AsyncIterable<Message>;
}

type Caller = (requests: unknown, options: CallOptions & { timeout: number }) => unknown;

/** Makes a connection. */
export function createCallConnection(target: ServerTarget, settings: CallSettings): CallConnection {
  const { origin, tls, metadata } = target;
  const { protocol, connectTimeoutMs, maxReceiveBytes } = settings;
  const options = resolveClientOptions({
    protocol,
    maxReceiveBytes,
    connectTimeout: connectTimeoutMs / 1000,
  });
  const client = new Http2Client(() => ({ origin, tls, times: options.times }));
  const transport = createProtocolTransport({
    ...options,
    baseUrl: origin,
    httpClient: (request) => client.request(request),
  });
  const callerOf = (method: DescMethod) => {
    const callers = createServiceClient(method.parent as DescService, {
      protocol,
      timeoutMs: Infinity,
      transport,
      close: () => Promise.resolve(),
    });
    return (callers as unknown as Record<string, Caller>)[method.localName]!;
  };
  return {
    async *call(method, { requests, timeoutMs, ...rest }) {
      const headers = new Headers();
      for (const [name, value] of metadata) headers.append(name, value);
      const { methodKind } = method;
      const sendsMany = methodKind === "client_streaming" || methodKind === "bidi_streaming";
      const request = sendsMany ? requests : await first(requests);
      try {
        const result = callerOf(method)(request, { ...rest, headers, timeout: timeoutMs / 1000 });
        if (methodKind === "unary" || methodKind === "client_streaming") {
          yield await result as Message;
        } else yield* result as AsyncIterable<Message>;
      } catch (error) {
        throw forbidden(error, target) ?? error;
      }
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function first<T>(items: AsyncIterable<T>): Promise<T> {
  const { value } = await items[Symbol.asyncIterator]().next();
  return value;
}

/** Deno's refusal comes as an error of the network. */
function forbidden(error: unknown, { origin, netAddress }: ServerTarget): ConfigError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ((cause as { code?: unknown }).code !== "EPERM" && cause.name !== "NotCapable") continue;
    return new ConfigError(`Cannot connect to ${origin}: allow it by --allow-net=${netAddress}`);
  }
  return undefined;
}
