/**
 * What a soak must keep to, and its report.
 *
 * @module
 */

import type { Engine } from "../../src/transport/connections.ts";
import { toMarkdown } from "../support/report.ts";
import type { Figures, Stopped } from "./server_main.ts";
import { BUG } from "./soak_service.ts";
import type { Counts } from "./tally.ts";

const MIB = 2 ** 20;

/**
 * How much more of the heap the server may have in use in the end than after the first part of the
 * run, and how much memory it may have then. Neither grows with the time: after 10 s it has about
 * 250 MiB, and no more than 280 MiB after 2 minutes.
 */
const MAX_HEAP_GROWTH = 8 * MIB;
const MAX_RSS = 400 * MIB;

/** What the log may say besides of the handlers' bugs. */
const USUAL_LOG: readonly RegExp[] = [
  /^Listening on /,
  /^Certificates were reloaded/,
  // Between the writing of a key and of its certificate they do not match.
  /^Certificates stay as they were: .* does not match the first certificate/,
  // Of a connection that its client broke off.
  /^TLS handshake failed/,
  /^Shutting down gracefully/,
  /^The server has stopped/,
];

/** All that came of a run. */
export interface SoakResult {
  readonly engine: Engine;
  readonly seconds: number;
  readonly mixed: Counts;
  readonly drain: Counts;
  /** Of the server after a while, in the middle, at the end of the load, and at rest after it. */
  readonly figures: Readonly<Record<"start" | "middle" | "end" | "rest", Figures>>;
  readonly stopped: Stopped;
  readonly log: readonly string[];
  /** What the processes wrote to their standard error. */
  readonly errors: string;
  readonly exitCode: number;
  readonly renewals: number;
}

/** What was not as it must be. */
export function judge(result: SoakResult): string[] {
  const { mixed, drain, figures: { start, end, rest }, stopped, log, errors, exitCode } = result;
  const { figures: last, taken } = stopped;
  const failures = [...mixed.unexpected, ...drain.unexpected];
  const check = (isRight: boolean, what: string) => isRight || failures.push(what);
  const heapGrowth = Math.min(end.heap, rest.heap) - start.heap;
  check(heapGrowth <= MAX_HEAP_GROWTH, `the heap has grown by ${toMib(heapGrowth)}`);
  const rss = Math.min(end.rss, rest.rss);
  check(rss <= MAX_RSS, `the server has ${toMib(rss)} of memory in the end`);
  check(rest.calls === 0, `${rest.calls} calls are left at rest`);
  check(rest.connections === 0, `${rest.connections} connections are left at rest`);
  // The one that looks for new certificates.
  check(rest.timers <= 1, `${rest.timers} timers are left at rest`);
  check(last.calls === 0, `${last.calls} calls are left at the end`);
  check(last.connections === 0, `${last.connections} connections are left at the end`);
  check(last.timers === 0, `${last.timers} timers are left at the end`);
  const answered = answeredInDrain(drain);
  check(answered === taken, `${taken} calls were taken in the drain, ${answered} answered`);
  check(exitCode === 0, `the server ended with ${exitCode}`);
  check(errors === "", `standard error: ${errors}`);
  const bugs = log.filter((line) => line.includes(BUG));
  const asked = mixed.codes["handler's bug"]?.["internal"] ?? 0;
  // A client may have left before it was told.
  check(bugs.length >= asked, `${bugs.length} of ${asked} bugs are in the log`);
  for (const line of new Set(log)) {
    check(USUAL_LOG.some((usual) => usual.test(line)) || bugs.includes(line), `log: ${line}`);
  }
  check(reloadsIn(log) > 0 || result.renewals === 0, "no certificate was reloaded");
  const shown = mixed.certificates.length;
  check(shown > 1 || result.renewals < 3, `clients saw ${shown} certificates`);
  return failures;
}

/** The tables. */
export function toReport(result: SoakResult): string {
  const { engine, mixed, drain, figures, stopped, log, seconds, renewals } = result;
  const kinds = ["unary", "server_streaming", "client_streaming", "bidi_streaming"];
  const calls = {
    head: ["Client", ...kinds.map((kind) => kind.replace("_", " "))],
    rows: Object.entries(mixed.calls).sort().map((
      [client, byKind],
    ) => [client, ...kinds.map((kind) => byKind[kind] ?? "")]),
  };
  const outcomes = {
    head: ["Calls", "Ended with"],
    rows: Object.entries({ ...mixed.codes, ...drain.codes }).sort().map((
      [title, codes],
    ) => [
      title,
      Object.entries(codes).sort().map(([code, count]) => `${code} ${count}`).join(", "),
    ]),
  };
  const server = {
    head: ["Server", "RSS", "Heap", "Calls", "Connections", "Timers"],
    rows: Object.entries({ ...figures, stopped: stopped.figures }).map((
      [when, { rss, heap, ...rest }],
    ) => [when, toMib(rss), toMib(heap), rest.calls, rest.connections, rest.timers]),
  };
  const total = Object.values(mixed.calls).flatMap(Object.values).reduce((a, b) => a + b, 0);
  const summary = {
    head: ["All in all", ""],
    rows: [
      ["Engine", engine],
      ["Seconds", seconds],
      ["Calls", total],
      ["Connections that clients broke off", mixed.connections.destroyed],
      ["Connections that clients closed", mixed.connections.closed],
      ["Renewals of certificates", renewals],
      ["Reloads of certificates", reloadsIn(log)],
      ["Certificates that clients saw", mixed.certificates.length],
      ["Calls taken during the shutdown", stopped.taken],
      ["Of them answered", answeredInDrain(drain)],
    ],
  };
  return [summary, calls, outcomes, server].map(toMarkdown).join("\n\n");
}

function reloadsIn(log: readonly string[]): number {
  return log.filter((line) => line.startsWith("Certificates were reloaded")).length;
}

function answeredInDrain({ codes }: Counts): number {
  return codes["drain"]?.["ok"] ?? 0;
}

function toMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
