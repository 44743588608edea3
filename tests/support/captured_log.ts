/**
 * What the kit logs while a test runs.
 *
 * @module
 */

import { configure, type LogRecord, reset } from "@logtape/logtape";
import { eventually } from "./waiting.ts";

/** The kit's log, captured until it is disposed of. */
export interface CapturedLog extends AsyncDisposable {
  /** All records so far. */
  readonly records: readonly LogRecord[];
  /** Access lines so far, as `path code protocol`. */
  access(): string[];
  /** Records of category `fastgrpc.call` so far. */
  calls(): LogRecord[];
  /** Waits for so many access lines, and gives all there are then. */
  waitForAccess(count: number): Promise<string[]>;
}

/**
 * Captures what the kit logs, in place of whatever was configured.
 *
 * @param onRecord Called as something is logged.
 */
export async function captureLog(onRecord?: () => void): Promise<CapturedLog> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { buffer: (record) => (records.push(record), onRecord?.()) },
    loggers: [
      { category: "fastgrpc", lowestLevel: "trace", sinks: ["buffer"] },
      { category: ["logtape", "meta"], lowestLevel: "fatal", sinks: [] },
    ],
  });
  const of = (name: string) => records.filter(({ category }) => category[1] === name);
  const access = () =>
    of("access").map(({ properties: { method, code, protocol } }) =>
      `${method} ${code} ${protocol}`
    );
  return {
    records,
    access,
    calls: () => of("call"),
    async waitForAccess(count) {
      await eventually(`${count} access lines`, () => access().length >= count);
      return access();
    },
    [Symbol.asyncDispose]: () => reset(),
  };
}
