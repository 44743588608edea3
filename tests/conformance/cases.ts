/**
 * What the runner of the conformance suite printed, as numbers.
 *
 * @module
 */

import type { Table } from "../support/report.ts";

const SENT = /^Sending request for "(.*)"\.\.\.$/gm;
const FAILED = /^FAILED: (.*?):?\n(?:(?!FAILED: |Total cases: ).*\n)*/gm;
const SUMMARY = /^Total cases: (\d+)\n(\d+) passed, (\d+) failed$/m;
const UNREAD_NAME = /^Timeouts\/.*\/Protocol:PROTOCOL_CONNECT\/.*\/unary$/;
const UNREAD = /^FAILED: .*\n\s*connect error JSON: unexpected end of JSON input\s*$/;
const GRPC_CLIENT = "(grpc client impl)";

/** Suites that are about one protocol do not say which in the names of their cases. */
const PROTOCOL_OF_SUITE = [
  [/^gRPC-Web /, "gRPC-Web"],
  [/^gRPC /, "gRPC"],
  [/^Connect /, "Connect"],
] as const;

const PROTOCOLS: Readonly<Record<string, string>> = {
  PROTOCOL_CONNECT: "Connect",
  PROTOCOL_GRPC: "gRPC",
  PROTOCOL_GRPC_WEB: "gRPC-Web",
};

/** The cases of a run by their names, with all that the runner said of one that failed. */
export type Cases = ReadonlyMap<string, string | undefined>;

/**
 * Reads the output of a run with `--vv`.
 *
 * @throws {Error} If the runner's own count is another, or it could not run them all.
 */
export function readCases(output: string): Cases {
  const failures = new Map(
    [...output.matchAll(FAILED)].map(([text, name]) => [name!, text.trimEnd()]),
  );
  const cases = new Map(
    [...output.matchAll(SENT)].map(([, name]) => [name!, failures.get(name!)]),
  );
  const counted = [cases.size, cases.size - failures.size, failures.size];
  const [, ...summary] = SUMMARY.exec(output) ?? [];
  if (summary.join() !== counted.join() || output.includes("could not be run")) {
    throw new Error(`The runner's count is not ${counted} (all, passed, failed):\n${output}`);
  }
  return cases;
}

/**
 * Names of cases that failed by a fault of the runner. It looks at an error's JSON as far as its client
 * has read it; that is nothing, if the client's deadline passes between the header and the body of
 * the answer that the server gave for the same deadline.
 */
export function unreadCases(cases: Cases): string[] {
  return [...cases].filter(([name, failure]) =>
    UNREAD_NAME.test(name) && UNREAD.test(failure ?? "")
  ).map(([name]) => name);
}

/**
 * The table of some runs by their names: a row for each protocol, HTTP version, kind of connection and
 * client, and for each run how many cases passed.
 */
export function toTable(runs: ReadonlyMap<string, Cases>): Table {
  const all = new Map([...runs.values()].flatMap((cases) => [...cases]));
  const groups = Map.groupBy(all.keys(), combinationOf);
  return {
    head: [
      ...["Protocol", "HTTP", "Connection", "Client", "Cases"],
      ...Array.from(runs.keys(), (name) => `Passed: ${name}`),
    ],
    rows: [...groups].sort(([a], [b]) => a < b ? -1 : 1).map(([key, names]) => [
      ...key.split("|"),
      names.length,
      ...Array.from(runs.values(), (cases) => names.filter((name) => isPassed(cases, name)).length),
    ]),
  };
}

/** How many cases of a run passed. */
export function countPassed(cases: Cases): number {
  return [...cases.keys()].filter((name) => isPassed(cases, name)).length;
}

function isPassed(cases: Cases, name: string): boolean {
  return cases.has(name) && cases.get(name) === undefined;
}

function combinationOf(name: string): string {
  const [suite] = name.split("/", 1);
  const axis = (key: string) => new RegExp(`/${key}:(\\w+)`).exec(name)?.[1];
  const protocol = PROTOCOLS[axis("Protocol") ?? ""] ??
    PROTOCOL_OF_SUITE.find(([pattern]) => pattern.test(suite!))?.[1];
  const http = { "1": "1.1", "2": "2" }[axis("HTTPVersion") ?? ""];
  // Only the suite of client certificates is about TLS alone, and does not say so.
  const connection = { "false": "plaintext", "true": "TLS" }[axis("TLS") ?? ""] ?? "mTLS";
  const client = name.includes(GRPC_CLIENT) ? "grpc-go" : "connect-go";
  if (protocol === undefined || http === undefined) throw new Error(`Which protocol is "${name}"?`);
  return [protocol, http, connection, client].join("|");
}
