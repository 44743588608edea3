/**
 * Ports beside the one that calls come in on, for those who look after the server: in plaintext, with
 * tight limits of their own, and open for as long as anybody may want to know how it is.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { HttpStream } from "../http_stream.ts";
import { serverLog } from "../log.ts";
import { DEFAULT_ENGINE } from "../serve_options.ts";
import { settledWithin } from "../settled_within.ts";
import { resolveConnectionLimits } from "../transport/connection_limits.ts";
import { addressOf, listen, type Listener, type NetAddress } from "../transport/listener.ts";

/** Where a side port is opened. */
export interface SideAddress {
  /** TCP port, 0 for one that is free. */
  readonly port: number;
  /** Address to listen on, `undefined` for all. */
  readonly hostname: string | undefined;
}

/** Options for {@linkcode openSidePort}. */
export interface SidePortOptions extends SideAddress {
  /** The option that asked for it. */
  readonly name: "healthPort" | "adminPort";
  /** Gets each request. */
  readonly onStream: (stream: HttpStream) => void;
}

/** A side port that is open. */
export interface SidePort {
  /** Where it is. */
  readonly addr: NetAddress;
  /** Closes it, with all its connections. */
  close(): Promise<void>;
}

/** How long the last answers may take to get out. */
const FLUSH_MS = 100;

/** For a few probes and scrapers. Those who watch, and do not live any more, are found by a PING. */
const LIMITS = resolveConnectionLimits({
  maxConnections: 100,
  handshakeTimeout: "5s",
  maxConnectionIdle: "2m",
  keepaliveInterval: "1m",
  keepaliveTimeout: "20s",
});
const MAX_STREAMS = 100;

/**
 * Opens a port.
 *
 * @throws {ConfigError} If it cannot be opened: it is taken, or Deno may not.
 */
export async function openSidePort(options: SidePortOptions): Promise<SidePort> {
  const { name, port, hostname, onStream } = options;
  const listener = await listen({
    ...{ port, hostname, onStream },
    engine: DEFAULT_ENGINE,
    limits: LIMITS,
    maxConcurrentStreams: MAX_STREAMS,
    tls: {},
    certificateReloadMs: Infinity,
  }).catch((cause) => {
    throw new ConfigError(`Cannot open the "${name}": ${cause.message}`, { cause });
  });
  const addr = addressOf(listener.server)!;
  serverLog.info("The {name} is {port}", { name, port: addr.port });
  return { addr, close: () => close(listener) };
}

async function close({ connections, stopAccepting, close }: Listener): Promise<void> {
  stopAccepting();
  const drained = connections.drain();
  if (!await settledWithin(FLUSH_MS, drained)) await connections.destroy();
  await close();
}
