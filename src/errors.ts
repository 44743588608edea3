/**
 * The two families of errors. Set-up errors say what to do instead, and are thrown before a port is
 * opened; wire errors are {@linkcode ConnectError}s, whose code and details the client gets.
 *
 * @module
 */

import { Code, ConnectError } from "./deps.ts";
import { formatDuration } from "./duration.ts";
import { suggest } from "./suggest.ts";

export { ConfigError } from "./config_error.ts";
export { suggest };

/**
 * Turns whatever a handler threw into what may go out: a {@linkcode ConnectError} as it is, anything
 * else as INTERNAL `internal error`, with the original as `cause`, which never reaches the wire.
 */
export function toWireError(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, thrown);
}

/** DEADLINE_EXCEEDED after a timeout of so many milliseconds. */
export function deadlineExceeded(timeoutMs: number): ConnectError {
  return new ConnectError(
    `deadline exceeded after ${formatDuration(timeoutMs)}`,
    Code.DeadlineExceeded,
  );
}

/**
 * Fails on an option that does not exist: a misspelt `caCertificate` would otherwise leave mTLS off
 * without a word.
 *
 * @throws {TypeError} That names the option and the nearest one known.
 */
export function assertKnownOptions(
  what: string,
  options: object,
  known: readonly string[],
): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(`Cannot ${what} with option "${key}": ${suggest(key, known)}`);
  }
}

/** An option that is a whole number. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  /** What it is if it is not set. */
  readonly fallback: number;
}

/** @throws {RangeError} If a value is set, and is no whole number within bounds. */
export function resolveInteger(
  name: string,
  value: number | undefined,
  { min, max, fallback }: IntegerRange,
): number {
  if (value === undefined) return fallback;
  assertInteger(name, value, min, max);
  return value;
}

/** @throws {RangeError} If a value is no whole number within bounds. */
export function assertInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`Cannot use ${value} as "${name}": a whole number from ${min} to ${max}`);
}
