/**
 * The work that is measured. A row more in this list is a row more in the benchmark.
 *
 * @module
 */

import type { RequestName } from "./requests.ts";

/** How a server is started: in plaintext, with TLS, with client certificates, or with logging. */
export type Variant = "plain" | "tls" | "mtls" | "observed";

/** One kind of work. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** Of the report: rows with the same one stand in one table. */
  readonly table: "Unary calls" | "Connections" | "What else a call has" | "Streams";
  readonly unit: "calls/s" | "messages/s";
  readonly request: RequestName;
  /** The server it needs. */
  readonly variant: Variant;
  /** The client: `h2load`, or our own for what that cannot do. */
  readonly client: "h2load" | "own";
  readonly connections: number;
  /** Calls at a time on each connection. */
  readonly streams: number;
  /** Fields of the request besides the usual ones. */
  readonly fields?: Record<string, string>;
  /**
   * Messages under way on each call, of calls that stream both ways.
   *
   * @default {undefined} the client sends one message only
   */
  readonly window?: number;
  /**
   * How long not to measure, at the least.
   *
   * @default {150}
   */
  readonly warmUpMs?: number;
  /**
   * Calls to make on a server that was just started, after which each connection is ended with
   * GOAWAY while others go on. What counts then is whether the server lives.
   *
   * @default {undefined} as many as the time allows, whose number counts
   */
  readonly calls?: number;
}

const HELLO = {
  unit: "calls/s",
  request: "hello",
  variant: "plain",
  client: "h2load",
  connections: 4,
  streams: 32,
} as const;
const STREAM = { ...HELLO, table: "Streams", unit: "messages/s", client: "own" } as const;

/** The row that latency, memory and CPU time are measured with. */
export const HELLO_ROW: Row = { ...HELLO, name: "hello", title: "hello", table: "Unary calls" };

/** All rows. */
export const ROWS: readonly Row[] = [
  HELLO_ROW,
  { ...HELLO, name: "1-kib", title: "1 KiB", table: "Unary calls", request: "1-kib" },
  {
    ...HELLO,
    name: "64-kib",
    title: "64 KiB",
    table: "Unary calls",
    request: "64-kib",
    streams: 8,
  },
  {
    ...HELLO,
    ...{ name: "1-mib", title: "1 MiB", table: "Unary calls", request: "1-mib" },
    ...{ connections: 2, streams: 2 },
  },
  { ...STREAM, name: "server-stream", title: "server stream", request: "times", streams: 8 },
  { ...STREAM, name: "bidi", title: "bidi", request: "chat", streams: 8, window: 16 },
  connections("1 connection", 1, 100),
  connections("100 connections", 100, 1),
  { ...connections("1,000 connections", 1000, 1), warmUpMs: 1500 },
  { ...connections("16 that leave", 16, 32), name: "leaving", calls: 3200 },
  {
    ...HELLO,
    ...{ name: "deadline", title: "deadline", table: "What else a call has" },
    fields: { "grpc-timeout": "10S" },
  },
  extra("tls", "TLS", "tls"),
  { ...extra("mtls", "mTLS", "mtls"), client: "own" },
  extra("observed", "logging and an interceptor", "observed"),
];

function connections(title: string, connections: number, streams: number): Row {
  return {
    ...HELLO,
    ...{ title, connections, streams, table: "Connections" },
    name: `${connections}-connection${connections === 1 ? "" : "s"}`,
  };
}

function extra(name: string, title: string, variant: Variant): Row {
  return { ...HELLO, name, title, table: "What else a call has", variant };
}
