/**
 * What `health` asks, whether once or until it is stopped: of whom, over which connection, and what it
 * means if there is no answer.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";
import {
  type ClientFlagValues,
  readDuration,
  readTarget,
  type ServerTarget,
  tlsHint,
} from "./client_flags.ts";
import { escapeText } from "./escape.ts";
import { CallError, ConnectionError, ProbeConnection } from "./probe_connection.ts";
import { encodeHealthRequest } from "./probe_messages.ts";

/** What was given for the flags of `health`. */
export interface HealthFlagValues extends ClientFlagValues {
  readonly service?: string | undefined;
  readonly watch?: boolean | undefined;
  readonly reconnect?: boolean | undefined;
  readonly "connect-timeout"?: string | undefined;
  readonly timeout?: string | undefined;
}

/** What is to be asked. */
export interface HealthQuestion {
  readonly target: ServerTarget;
  /** In its envelope. */
  readonly request: Uint8Array;
  /** For how long it is tried to connect, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long the first answer may take, in milliseconds. */
  readonly timeoutMs: number;
}

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 1000;

/** Exit codes, which are those of `grpc_health_probe`. */
export const HEALTH_EXIT = {
  serving: 0,
  noConnection: 2,
  callFailed: 3,
  notServing: 4,
} as const;

/**
 * Reads what is to be asked.
 *
 * @throws {ConfigError} If a flag or the address cannot be used.
 */
export async function readQuestion(
  address: string,
  values: HealthFlagValues,
): Promise<HealthQuestion> {
  if (values.reconnect && !values.watch) {
    throw new ConfigError("Cannot use --reconnect without --watch: one question needs none");
  }
  return {
    target: await readTarget(address, values),
    request: encodeHealthRequest(values.service ?? ""),
    connectTimeoutMs: readDuration("connect-timeout", values["connect-timeout"] ?? "1s"),
    timeoutMs: readDuration("timeout", values.timeout ?? "1s"),
  };
}

/**
 * Prints why there is no answer.
 *
 * @returns The exit code.
 * @throws What is neither an error of a connection nor of a call.
 */
export function failureOf(error: unknown, { target }: HealthQuestion): number {
  if (error instanceof ConnectionError) {
    const hint = error.isUnanswered ? tlsHint(target) : "";
    console.error(escapeText(`Cannot connect to ${target.origin}: ${error.message}${hint}`));
    return HEALTH_EXIT.noConnection;
  }
  if (error instanceof CallError) {
    const hint = error.code === "UNIMPLEMENTED" ? " (it has no grpc.health.v1.Health)" : "";
    console.error(escapeText(`Cannot ask ${target.origin}: ${error.message}${hint}`));
    return HEALTH_EXIT.callFailed;
  }
  throw error;
}

/**
 * Connects. What fails is tried again until the time is over: a server may be about to start.
 *
 * @throws {ConnectionError} That tells why it failed.
 * @throws {ConfigError} If Deno does not allow it.
 */
export async function connectProbe(
  { target, connectTimeoutMs }: HealthQuestion,
  signal: AbortSignal,
): Promise<ProbeConnection> {
  const until = performance.now() + connectTimeoutMs;
  let earlier: ConnectionError | undefined;
  for (let delayMs = FIRST_DELAY_MS;; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    const restMs = Math.max(1, Math.round(until - performance.now()));
    try {
      return await ProbeConnection.open(target, restMs, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ConnectionError)) throw error;
      // That the last try was given up tells less than why one failed.
      const isGivenUp = performance.now() >= until;
      if (performance.now() + delayMs >= until) throw (isGivenUp && earlier) || error;
      earlier = error;
    }
    await pause(delayMs, signal);
  }
}

/** Waits, or is told to go. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}
