/**
 * How long a connection lives: it is closed politely when it was idle for too long or has grown too
 * old, and at once when its client is gone without a word (gRFC A8 and A9).
 *
 * @module
 */

import { Deadline } from "../deadline.ts";
import type { ResolvedConnectionLimits } from "./connection_limits.ts";

/** Age is spread by so much of it, that clients which came together do not leave together. */
const AGE_JITTER = 0.1;

/** What can be seen of a connection, and done to it. */
export interface Mortal {
  /** Since when it has had nothing to do, on the clock of `performance.now()`; `Infinity` if it has. */
  readonly idleSince: number;
  /** Number of bytes that came from the client. */
  readonly bytesRead: number;
  /** Asks the client for a sign of life. */
  ping(): void;
  /** Finishes what was begun, and closes. */
  drain(): void;
  /** Closes now. */
  destroy(): void;
}

/**
 * Watches over the idle time and the age of a connection.
 *
 * @returns A function that ends the watch.
 */
export function watchLifetime(connection: Mortal, limits: ResolvedConnectionLimits): () => void {
  const ends = [watchIdle(connection, limits), watchAge(connection, limits)];
  return () => ends.forEach((end) => end());
}

function watchIdle(
  connection: Mortal,
  { maxConnectionIdleMs }: ResolvedConnectionLimits,
): () => void {
  // Looked at when it may be over, so that calls need not start a timer each.
  let isDrained = false;
  return repeat(maxConnectionIdleMs, () => {
    const leftMs = connection.idleSince + maxConnectionIdleMs - performance.now();
    if (leftMs > 0 && !isDrained) return Math.min(leftMs, maxConnectionIdleMs);
    // As long again for a client that has not read its last answers.
    if (isDrained && connection.idleSince !== Infinity) connection.destroy();
    else connection.drain();
    isDrained = true;
    return maxConnectionIdleMs;
  });
}

function watchAge(
  connection: Mortal,
  { maxConnectionAgeMs, maxConnectionAgeGraceMs }: ResolvedConnectionLimits,
): () => void {
  const spread = 1 + AGE_JITTER * (2 * Math.random() - 1);
  let isOld = false;
  return repeat(maxConnectionAgeMs * spread, () => {
    if (isOld) connection.destroy();
    else connection.drain();
    if (isOld) return Infinity;
    isOld = true;
    return maxConnectionAgeGraceMs;
  });
}

/**
 * Asks a client that has sent nothing for a while for a sign of life. In HTTP/2 alone: HTTP/1.1 has
 * nothing to ask with.
 *
 * @returns A function that ends the watch.
 */
export function watchKeepalive(
  connection: Mortal,
  { keepaliveIntervalMs, keepaliveTimeoutMs }: ResolvedConnectionLimits,
): () => void {
  let bytesRead = 0;
  let isAsked = false;
  return repeat(keepaliveIntervalMs, () => {
    if (connection.bytesRead !== bytesRead) {
      bytesRead = connection.bytesRead;
      isAsked = false;
      return keepaliveIntervalMs;
    }
    if (isAsked) connection.destroy();
    else connection.ping();
    isAsked = !isAsked;
    return keepaliveTimeoutMs;
  });
}

/** Calls back after some time, and again after as many milliseconds as that returns. */
function repeat(ms: number, callback: () => number): () => void {
  let cancel: () => void;
  const wait = (ms: number) => cancel = new Deadline(ms).onPass(() => wait(callback()));
  wait(ms);
  return () => cancel();
}
