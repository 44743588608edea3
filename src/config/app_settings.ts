/**
 * Settings and the app: what its code says is read as settings, and those of the operator become
 * options over it.
 *
 * @module
 */

import type { AppOptions, AppOverrides } from "../app_options.ts";
import { type Duration, formatDuration, resolveDuration } from "../duration.ts";
import type { ConsoleLogOptions } from "../log.ts";
import type { RunOptions } from "../run_options.ts";
import type { DeclaredMethod } from "../service_table.ts";
import { CONFIG_KEYS } from "./keys.ts";
import type { KnownEntries, Setting } from "./setting.ts";

/** What the code of an app says. */
export interface AppCode {
  /** What the app was made with. */
  readonly appOptions: AppOptions;
  /** What it is run with. */
  readonly runOptions: RunOptions;
  readonly methods: readonly DeclaredMethod[];
}

/** What the operator says, as those take it whom it concerns. */
export interface OperatorOptions {
  readonly run: RunOptions;
  readonly app: AppOverrides;
  readonly log: ConsoleLogOptions;
}

/** The settings that an app's code makes. */
export function readCode({ appOptions, runOptions, methods }: AppCode): Setting[] {
  const options: Record<string, object> = { app: appOptions, run: runOptions, log: {} };
  const plain = CONFIG_KEYS.flatMap((key) => {
    const value = (options[key.target] as Record<string, unknown>)[key.option];
    return value === undefined || key.entries !== undefined
      ? []
      : [{ key, entry: undefined, value: toPlain(value), source: "code" }];
  });
  const timeouts = methods.flatMap(({ service, path, timeouts: { serviceMs, methodMs } }) => [
    ...timeoutSetting("service", service, serviceMs),
    ...timeoutSetting("method", methodName(path), methodMs),
  ]);
  return [...plain, ...timeouts];
}

/** What settings may name in an app. */
export function knownEntries({ methods }: AppCode): KnownEntries {
  return {
    service: [...new Set(methods.map(({ service }) => service))],
    method: methods.map(({ path }) => methodName(path)),
  };
}

/** Sorts settings by whom they concern. */
export function toOptions(settings: readonly Setting[]): OperatorOptions {
  const sorted: Record<string, Record<string, unknown>> = { run: {}, app: {}, log: {} };
  const servicesMs = new Map<string, number>();
  const methodsMs = new Map<string, number>();
  for (const { key, entry, value } of settings) {
    if (entry === undefined) sorted[key.target]![key.option] = value;
    else if (key.entries === "service") servicesMs.set(entry, toMs(value));
    else methodsMs.set(`/${entry}`, toMs(value));
  }
  const { timeout, ...sizes } = sorted["app"]!;
  const globalMs = timeout === undefined ? undefined : toMs(timeout);
  return {
    run: sorted["run"]!,
    app: { ...sizes, timeouts: { globalMs, servicesMs, methodsMs } },
    log: sorted["log"]!,
  };
}

function timeoutSetting(of: "service" | "method", entry: string, ms: number | undefined) {
  if (ms === undefined) return [];
  const key = CONFIG_KEYS.find(({ entries }) => entries === of)!;
  return [{ key, entry, value: ms === Infinity ? ms : formatDuration(ms), source: "code" }];
}

/** `demo.v1.Greeter/SayHello`, as gRPC calls methods. */
function methodName(path: string): string {
  return path.slice(1);
}

function toMs(value: unknown): number {
  return resolveDuration("timeout", value as Duration);
}

/** As it would stand in a file. */
function toPlain(value: unknown): unknown {
  if (value instanceof Temporal.Duration) return formatDuration(resolveDuration("value", value));
  return value instanceof URL ? decodeURIComponent(value.pathname) : value;
}
