/**
 * How long something is still valid, in words.
 *
 * @module
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A day of UTC, as in 2026-11-22. */
export function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** How long it is until then, or has been since, such as "89 days left" or "expired 3 hours ago". */
export function formatTimeLeft(date: Date, now: number = Date.now()): string {
  const ms = date.getTime() - now;
  return ms >= 0 ? `${formatSpan(ms)} left` : `expired ${formatSpan(-ms)} ago`;
}

function formatSpan(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} days`;
  if (ms >= 2 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} hours`;
  const minutes = Math.floor(ms / MINUTE_MS);
  return `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
}
