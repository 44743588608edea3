/**
 * What supervisor and workers tell each other. A worker reads lines of JSON from its standard input,
 * whose end tells that its supervisor is gone. It answers by its standard error, where its words stand
 * among what is logged: a mark and a secret tell them apart.
 *
 * @module
 */

import type { ServingStatus } from "../health_status.ts";

/** Statuses by service. */
export type Statuses = Readonly<Record<string, ServingStatus>>;

/** What a supervisor says to a worker. */
export type ToWorker =
  /** Open the port now. */
  | { readonly type: "listen"; readonly port: number }
  /** Tell the metrics. */
  | { readonly type: "metrics" }
  /** Say that you are there. */
  | { readonly type: "ping" }
  /** What the other workers say of their health. */
  | { readonly type: "statuses"; readonly statuses: Statuses }
  /** Shut down; without a lame duck where another takes over. */
  | { readonly type: "shutdown"; readonly isReplaced: boolean }
  /** Stop at once. */
  | { readonly type: "stop" };

/** It takes calls. */
export interface ReadyMessage {
  readonly type: "ready";
  readonly hostname: string;
  readonly port: number;
  /** How long it may take to shut down, in milliseconds; `null` for any time, as JSON has it. */
  readonly shutdownMs: number | null;
}

/** What a worker says to its supervisor. */
export type FromWorker =
  /** It would open the port now. */
  | { readonly type: "prepared" }
  | ReadyMessage
  /** It cannot be set up. */
  | { readonly type: "failed"; readonly name: string; readonly message: string }
  /** What the app says of its health. */
  | { readonly type: "statuses"; readonly statuses: Statuses }
  /** The metrics in Prometheus' text format. */
  | { readonly type: "metrics"; readonly text: string }
  /** It is there. */
  | { readonly type: "pong" }
  /** The program wants the whole to end. */
  | { readonly type: "shutdown" };

/** The record separator of ASCII, which no text has. */
const MARK = "\x1e";

/** Longest line that is kept back until it is whole, in bytes. */
const LONGEST_LINE = 65_536;

const LINE_FEED = 10;

/** A message of a worker as a line of its standard error. */
export function formatFromWorker(token: string, message: FromWorker): string {
  return `${MARK}${token}${JSON.stringify(message)}\n`;
}

/** A message to a worker as a line of its standard input. */
export function formatToWorker(message: ToWorker): string {
  return `${JSON.stringify(message)}\n`;
}

/** Where what a worker writes to its standard error goes. */
export interface WorkerOutput {
  /** Gets what it says. */
  onMessage(message: FromWorker): void;
  /** Gets what it logs, in whole lines. */
  onLog(bytes: Uint8Array): void;
}

/** Reads the standard error of a worker, to its end or until the reader is cancelled. */
export async function readWorkerOutput(
  token: string,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { onMessage, onLog }: WorkerOutput,
): Promise<void> {
  const mark = new TextEncoder().encode(MARK + token);
  let rest = new Uint8Array();
  const takeLine = (line: Uint8Array) => {
    const start = indexOfMark(line, mark);
    if (start === -1) return onLog(line);
    // Whatever was logged without an end of its line.
    if (start > 0) onLog(line.subarray(0, start));
    const message = parse(line.subarray(start + mark.length));
    if (message === undefined) onLog(line.subarray(start));
    else onMessage(message);
  };
  for (let read; !(read = await reader.read()).done;) {
    rest = concat(rest, read.value);
    for (let end; (end = rest.indexOf(LINE_FEED) + 1) > 0;) {
      takeLine(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    if (rest.length > LONGEST_LINE && indexOfMark(rest, mark) === -1) {
      const end = withoutBegunMark(rest, mark);
      onLog(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0 && indexOfMark(rest, mark) === -1) onLog(rest);
}

/** Reads the standard input of a worker, to its end or until the reader is cancelled. */
export async function readWorkerInput(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onMessage: (message: ToWorker) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let read; !(read = await reader.read()).done;) {
    const lines = (rest + decoder.decode(read.value, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onMessage(JSON.parse(line));
  }
}

/** A worker that ends in the midst of a word has not said it. */
function parse(bytes: Uint8Array): FromWorker | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function indexOfMark(line: Uint8Array, mark: Uint8Array): number {
  for (let at = line.indexOf(mark[0]!); at !== -1; at = line.indexOf(mark[0]!, at + 1)) {
    if (mark.every((byte, i) => line[at + i] === byte)) return at;
  }
  return -1;
}

/** Where what may be the begin of a mark begins at the end of a line, or the line ends. */
function withoutBegunMark(line: Uint8Array, mark: Uint8Array): number {
  const start = line.lastIndexOf(mark[0]!);
  return start > line.length - mark.length ? start : line.length;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
