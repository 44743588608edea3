/**
 * What was set, by whom, and which of it holds.
 *
 * @module
 */

import { ConfigError, suggest } from "../errors.ts";
import type { ConfigKey } from "./keys.ts";

/** A value that was set for a key. */
export interface Setting {
  readonly key: ConfigKey;
  /** Of which service or method, for keys that have entries: `demo.v1.Greeter/SayHello`. */
  readonly entry: string | undefined;
  readonly value: unknown;
  /** Where: `fastgrpc.yaml:7`, `FASTGRPC_PORT`, `--port` or `code`. Found out when it is asked for. */
  readonly source: string;
}

/** A value as errors name it; those that hold others are not shown. */
export function describeValue(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The settings that hold: of each thing that was set, the last. */
export function mergeSettings(...layers: readonly (readonly Setting[])[]): Setting[] {
  const merged = new Map<string, Setting>();
  for (const setting of layers.flat()) {
    merged.set(JSON.stringify([setting.key.path, setting.entry]), setting);
  }
  return [...merged.values()];
}

/** What an app has that settings name. */
export interface KnownEntries {
  readonly service: readonly string[];
  readonly method: readonly string[];
}

/**
 * Checks the names of services and methods.
 *
 * @throws {ConfigError} If the app does not have one.
 */
export function assertEntriesKnown(settings: readonly Setting[], known: KnownEntries): void {
  const problems = settings.flatMap(({ key, entry, source }) => {
    if (entry === undefined || known[key.entries!].includes(entry)) return [];
    const what = `${key.path} has "${entry}", which is no ${key.entries} of the app`;
    return [`${source}: ${what}: ${suggest(entry, known[key.entries!])}`];
  });
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}
