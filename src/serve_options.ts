/**
 * What can be set on a server, and all defaults. Options become total here, once; later code gets the
 * resolved form.
 *
 * @module
 */

import { type Duration, resolveDuration } from "./duration.ts";
import {
  assertInteger,
  assertKnownOptions,
  ConfigError,
  type IntegerRange,
  resolveInteger,
  suggest,
} from "./errors.ts";
import {
  CONNECTION_LIMIT_NAMES,
  type ConnectionLimits,
  resolveConnectionLimits,
  type ResolvedConnectionLimits,
} from "./transport/connection_limits.ts";
import type { Engine } from "./transport/connections.ts";
import type { NetAddress } from "./transport/listener.ts";
import type { TlsFiles } from "./transport/tls.ts";

/** Options for `app.addToServer()`. */
export interface MountOptions extends ConnectionLimits {
  /**
   * What speaks HTTP/2: `"node"` is `node:http2`, `"direct"` the kit's own engine. Sockets, TLS and
   * HTTP/1.1 are `node`'s in either case. The settings of HTTP/2 that a server of `app.addToServer()`
   * was made with are for `"node"` alone.
   *
   * @default {"node"}
   */
  engine?: Engine;
  /**
   * How long calls in flight may take to finish after a shutdown began. What is left then ends with
   * UNAVAILABLE.
   *
   * @default {undefined} everything ends at once
   */
  gracefulTimeout?: Duration;
  /**
   * For how long calls are still accepted after a shutdown began and health says NOT_SERVING, so that
   * load balancers can take notice. Comes before `gracefulTimeout`.
   *
   * @default {undefined} not at all
   */
  lameDuck?: Duration;
  /**
   * Serves `grpc.health.v1.Health`.
   *
   * @default {false}
   */
  healthCheck?: boolean;
  /**
   * Serves `grpc.reflection.v1.ServerReflection` and the same as `v1alpha`, by which tools such as
   * grpcurl call the services without their `.proto` files. It tells the schema to everybody who can
   * connect: interceptors do not guard it.
   *
   * @default {false}
   */
  reflection?: boolean;
  /**
   * Makes spans and metrics of all calls through OpenTelemetry's API, for whoever exports them: Deno
   * under `OTEL_DENO=true`, or an SDK that was registered before.
   *
   * @default {false}
   */
  telemetry?: boolean;
}

/** Options for `app.serve()`. */
export interface ServeOptions extends MountOptions, TlsFiles {
  /**
   * TCP port; 0 for one that is free.
   *
   * @default {50051}
   */
  port?: number;
  /**
   * Address to listen on, such as `"127.0.0.1"` or `"::"`.
   *
   * @default {undefined} all of the machine's, IPv6 and IPv4
   */
  hostname?: string;
  /**
   * TCP port for `grpc.health.v1.Health` alone, in plaintext and at the same `hostname`, for probes
   * that have no client certificate, such as those of Kubernetes; 0 for one that is free. It needs no
   * `healthCheck`, and answers until the last call is over.
   *
   * @default {undefined} none
   */
  healthPort?: number;
  /**
   * TCP port for HTTP, in plaintext and at the same `hostname`: `/healthz`, `/readyz`, and `/metrics`
   * for Prometheus; 0 for one that is free. It answers until the last call is over.
   *
   * @default {undefined} none
   */
  adminPort?: number;
  /**
   * How many calls may be in progress on one connection. Clients hold back more until there is room.
   * On a server of your own it is that server's setting of `node:http2`.
   *
   * @default {200}
   */
  maxConcurrentStreams?: number;
  /**
   * How often the PEM files are looked at for changes. `Infinity` for never.
   *
   * @default {"5s"}
   */
  certificateReload?: Duration;
  /**
   * Shuts the server down when aborted.
   *
   * @default {undefined}
   */
  signal?: AbortSignal;
}

/** Ports beside the one for calls. */
export interface ResolvedSidePorts {
  readonly hostname: string | undefined;
  readonly healthPort: number | undefined;
  readonly adminPort: number | undefined;
}

/** {@linkcode MountOptions}, checked and total. */
export interface ResolvedMountOptions {
  readonly engine: Engine;
  readonly maxConcurrentStreams: number;
  readonly gracefulTimeoutMs: number;
  readonly lameDuckMs: number;
  readonly healthCheck: boolean;
  readonly reflection: boolean;
  readonly telemetry: boolean;
  readonly sidePorts: ResolvedSidePorts;
  readonly limits: ResolvedConnectionLimits;
}

/** {@linkcode ServeOptions}, checked and total. */
export interface ResolvedServeOptions extends ResolvedMountOptions {
  readonly port: number;
  readonly hostname: string | undefined;
  readonly certificateReloadMs: number;
  readonly signal: AbortSignal | undefined;
  readonly tls: TlsFiles;
}

/** Options that are whole numbers, besides the limits. */
export const SERVE_INTEGERS: Readonly<Record<"port" | "maxConcurrentStreams", IntegerRange>> = {
  port: { min: 0, max: 65_535, fallback: 50_051 },
  maxConcurrentStreams: { min: 1, max: 0x7fff_ffff, fallback: 200 },
};

/** How often certificates are looked at. */
export const CERTIFICATE_RELOAD: Duration = "5s";

/** What may speak HTTP/2. */
export const ENGINES: readonly Engine[] = ["node", "direct"];

/** What speaks HTTP/2 unless it is set. */
export const DEFAULT_ENGINE: Engine = "node";

const MOUNT_OPTIONS = [
  "engine",
  "gracefulTimeout",
  "lameDuck",
  "healthCheck",
  "reflection",
  "telemetry",
  ...CONNECTION_LIMIT_NAMES,
];

/** The names of {@linkcode ServeOptions}. */
export const SERVE_OPTIONS: readonly string[] = [
  ...MOUNT_OPTIONS,
  "port",
  "hostname",
  "healthPort",
  "adminPort",
  "maxConcurrentStreams",
  "certificateReload",
  "signal",
  "sslCertificateChain",
  "sslPrivateKey",
  "caCertificate",
];

/** @throws {TypeError | RangeError} If an option is unknown or out of range. */
export function resolveMountOptions(options: MountOptions): ResolvedMountOptions {
  assertKnownOptions("mount the app", options, MOUNT_OPTIONS);
  // The settings of HTTP/2 that such a server was made with are for node:http2 alone.
  return resolveMount({ engine: "node", ...options });
}

/**
 * @throws {TypeError | RangeError} If an option is unknown or out of range.
 * @throws {ConfigError} If two ports are the same.
 */
export function resolveServeOptions(options: ServeOptions): ResolvedServeOptions {
  assertKnownOptions("serve", options, SERVE_OPTIONS);
  const { hostname, certificateReload = CERTIFICATE_RELOAD, signal } = options;
  if (hostname === "") throw new TypeError(`Cannot use "" as "hostname": leave it out for all`);
  const { sslCertificateChain, sslPrivateKey, caCertificate } = options;
  const port = resolveInteger("port", options.port, SERVE_INTEGERS.port);
  return {
    ...resolveMount(options),
    sidePorts: resolveSidePorts(port, options),
    port,
    hostname,
    certificateReloadMs: resolveDuration("certificateReload", certificateReload),
    signal,
    tls: {
      ...(sslCertificateChain !== undefined && { sslCertificateChain }),
      ...(sslPrivateKey !== undefined && { sslPrivateKey }),
      ...(caCertificate !== undefined && { caCertificate }),
    },
  };
}

/** Port 0 is another one each time. */
function resolveSidePorts(port: number, options: ServeOptions): ResolvedSidePorts {
  const { hostname, healthPort, adminPort } = options;
  const { min, max } = SERVE_INTEGERS.port;
  const taken = new Map([[port, "port"]]);
  for (const [name, value] of Object.entries({ healthPort, adminPort })) {
    if (value === undefined) continue;
    assertInteger(name, value, min, max);
    const other = value === 0 ? undefined : taken.get(value);
    if (other !== undefined) {
      throw new ConfigError(
        `Cannot use ${value} as "${name}": it is the "${other}", choose another`,
      );
    }
    taken.set(value, name);
  }
  return { hostname, healthPort, adminPort };
}

function resolveMount(options: ServeOptions): ResolvedMountOptions {
  const { engine = DEFAULT_ENGINE } = options;
  if (!ENGINES.includes(engine)) {
    throw new TypeError(`Cannot use "${engine}" as "engine": ${suggest(String(engine), ENGINES)}`);
  }
  const { gracefulTimeout, lameDuck } = options;
  const { healthCheck = false, reflection = false, telemetry = false } = options;
  return {
    engine,
    maxConcurrentStreams: resolveInteger(
      "maxConcurrentStreams",
      options.maxConcurrentStreams,
      SERVE_INTEGERS.maxConcurrentStreams,
    ),
    gracefulTimeoutMs: gracefulTimeout === undefined
      ? 0
      : resolveDuration("gracefulTimeout", gracefulTimeout),
    lameDuckMs: lameDuck === undefined ? 0 : resolveDuration("lameDuck", lameDuck),
    healthCheck,
    reflection,
    telemetry,
    sidePorts: { hostname: undefined, healthPort: undefined, adminPort: undefined },
    limits: resolveConnectionLimits(options),
  };
}
