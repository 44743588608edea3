/**
 * All that an operator can set, in one table: from it files, variables and flags are validated, and
 * the help, the JSON Schema and the table of the docs are made.
 *
 * @module
 */

import { MESSAGE_SIZES } from "../app_options.ts";
import type { IntegerRange } from "../errors.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import { WORKERS } from "../run_options.ts";
import { CERTIFICATE_RELOAD, DEFAULT_ENGINE, ENGINES, SERVE_INTEGERS } from "../serve_options.ts";
import { COUNT_LIMITS, TIME_LIMITS } from "../transport/connection_limits.ts";
import {
  ADDRESS,
  choice,
  DURATION,
  FILE,
  integer,
  SWITCH,
  type ValueType,
  wordOr,
} from "./value_type.ts";

/** Something that can be set. */
export interface ConfigKey {
  /** Where it stands in a file: `limits.maxConnections`. */
  readonly path: string;
  readonly type: ValueType;
  /** What it is, in lower case. */
  readonly summary: string;
  /** On the command line, without the dashes. */
  readonly flag: string;
  /** In the environment. */
  readonly variable: string;
  /** What it is if nobody sets it, or in words what holds then. */
  readonly fallback: { readonly value: unknown } | { readonly text: string };
  /** For a mapping of names to values: what they are the names of. */
  readonly entries: "service" | "method" | undefined;
  /** Whose option it is, and by which name: `run()`'s, the app's, or the log's. */
  readonly target: "run" | "app" | "log";
  readonly option: string;
}

/** Keys that hold others. */
export const CONFIG_GROUPS: Readonly<Record<string, string>> = {
  timeouts: "longest times that calls may take",
  limits: "how much one client may take of the server",
  logging: "the log on the console",
};

/** The variable that tells where the file is. */
export const CONFIG_VARIABLE = "FASTGRPC_CONFIG";

/** The file that is looked for. */
export const CONFIG_FILE = "fastgrpc.yaml";

type More = Partial<Omit<ConfigKey, "path" | "type" | "summary" | "fallback" | "variable">>;

/** All keys, in the order in which they are shown. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  words("hostname", ADDRESS, "address to listen on", "all of the machine's, IPv6 and IPv4"),
  count("port", SERVE_INTEGERS.port, "TCP port; 0 for one that is free"),
  value("workers", wordOr("auto", integer(WORKERS)), "processes on the port", WORKERS.fallback),
  words("healthPort", integer(SERVE_INTEGERS.port), "TCP port for health checks alone", "none"),
  words("adminPort", integer(SERVE_INTEGERS.port), "TCP port for probes and metrics", "none"),
  words("sslCertificateChain", FILE, "certificate of the server, PEM", "plaintext"),
  words("sslPrivateKey", FILE, "private key of that certificate, PEM", "plaintext"),
  words("caCertificate", FILE, "CAs of client certificates, PEM: mTLS", "clients need none"),
  value("certificateReload", DURATION, "how often PEM files are looked at", CERTIFICATE_RELOAD),
  words("gracefulTimeout", DURATION, "time for calls to finish at shutdown", "they end at once"),
  words("lameDuck", DURATION, "time in which calls are still accepted at shutdown", "none"),
  value("engine", choice(ENGINES), "what speaks HTTP/2: node:http2, or the kit", DEFAULT_ENGINE),
  value("healthCheck", SWITCH, "serves grpc.health.v1.Health", false),
  value("reflection", SWITCH, "serves gRPC's reflection", false),
  value("telemetry", SWITCH, "makes spans and metrics for OpenTelemetry", false),
  words("timeouts.global", DURATION, "longest time of a call", "no limit", {
    ...{ flag: "timeout", target: "app", option: "timeout" },
  }),
  words("timeouts.services", DURATION, "that of services, by their names", "timeouts.global", {
    ...{ flag: "service-timeout", target: "app", entries: "service" },
  }),
  words("timeouts.methods", DURATION, "that of methods, by service/method", "their service's", {
    ...{ flag: "method-timeout", target: "app", entries: "method" },
  }),
  count("limits.maxReceiveBytes", MESSAGE_SIZES.maxReceiveBytes, "largest message to receive", {
    target: "app",
  }),
  count("limits.maxSendBytes", MESSAGE_SIZES.maxSendBytes, "largest message to send", {
    target: "app",
  }),
  count("limits.maxConnections", COUNT_LIMITS.maxConnections, "open connections"),
  count("limits.maxConcurrentStreams", SERVE_INTEGERS.maxConcurrentStreams, "calls a connection"),
  count("limits.maxHeaderListBytes", COUNT_LIMITS.maxHeaderListBytes, "header list of a call"),
  count("limits.maxResetsPerSecond", COUNT_LIMITS.maxResetsPerSecond, "calls given up a second"),
  time("handshakeTimeout", "time until a connection speaks HTTP"),
  time("maxConnectionIdle", "time of a connection without a call"),
  time("maxConnectionAge", "age of a connection"),
  time("maxConnectionAgeGrace", "time for calls to finish after that"),
  time("keepaliveInterval", "time without a sign of life until a PING"),
  time("keepaliveTimeout", "time for a sign of life after that"),
  value("logging.level", choice(LOG_LEVELS), "from what level on", "info", {
    ...{ flag: "log-level", target: "log" },
  }),
  value("logging.format", choice(LOG_FORMATS), "how a line looks", "text", {
    ...{ flag: "log-format", target: "log" },
  }),
];

function words(path: string, type: ValueType, summary: string, text: string, more: More = {}) {
  return key(path, type, summary, { text }, more);
}

function value(path: string, type: ValueType, summary: string, value: unknown, more: More = {}) {
  return key(path, type, summary, { value }, more);
}

function count(path: string, range: IntegerRange, summary: string, more: More = {}) {
  return value(path, integer(range), summary, range.fallback, more);
}

function time(name: keyof typeof TIME_LIMITS, summary: string) {
  return value(`limits.${name}`, DURATION, summary, TIME_LIMITS[name]);
}

function key(
  path: string,
  type: ValueType,
  summary: string,
  fallback: ConfigKey["fallback"],
  more: More,
): ConfigKey {
  const option = path.split(".").at(-1)!;
  const flag = more.flag ?? option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const variable = `FASTGRPC_${flag.replaceAll("-", "_").toUpperCase()}`;
  return {
    ...{ path, type, summary, fallback, option, target: "run", entries: undefined },
    ...more,
    ...{ flag, variable },
  };
}
