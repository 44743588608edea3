/**
 * `google.protobuf.Duration` as seconds and as `Temporal.Duration`.
 *
 * @module
 */

import { create, type Duration, DurationSchema } from "../deps.ts";

const NANOS = 1_000_000_000n;

/** As a number of seconds. */
export function toSeconds({ seconds, nanos }: Duration): number {
  return Number(seconds) + nanos / 1e9;
}

/** @throws {RangeError} If the number is not finite. */
export function durationFromSeconds(seconds: number): Duration {
  const whole = Math.trunc(seconds);
  return fromNanos(BigInt(whole) * NANOS + BigInt(Math.round((seconds - whole) * 1e9)));
}

/** In seconds and what is below, as no other units are the same everywhere. */
export function toTemporal({ seconds, nanos }: Duration): Temporal.Duration {
  // A client may give them different signs, which Temporal refuses.
  const total = seconds * NANOS + BigInt(nanos);
  return Temporal.Duration.from({
    seconds: Number(total / NANOS),
    nanoseconds: Number(total % NANOS),
  });
}

/** @throws {RangeError} If it has months or years, whose length depends on when they begin. */
export function durationFromTemporal(duration: Temporal.Duration): Duration {
  const { seconds, milliseconds, microseconds, nanoseconds } = duration.round({
    largestUnit: "seconds",
    smallestUnit: "nanoseconds",
  });
  const nanos = milliseconds * 1_000_000 + microseconds * 1000 + nanoseconds;
  return fromNanos(BigInt(seconds) * NANOS + BigInt(nanos));
}

function fromNanos(total: bigint): Duration {
  return create(DurationSchema, { seconds: total / NANOS, nanos: Number(total % NANOS) });
}
