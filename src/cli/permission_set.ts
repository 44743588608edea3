/**
 * A set of permissions of Deno, as flags and as deno.json has it.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";

/** What may be done, by the names of Deno's flags without `--allow-`. */
export interface PermissionSet {
  /** Addresses to listen on, and hosts whose names are looked up. */
  readonly net: readonly string[];
  /** Files. */
  readonly read: readonly string[];
  /** Variables of the environment. */
  readonly env: readonly string[];
  /** Programs that are started. */
  readonly run: readonly string[];
  /** Hosts that modules come from, where Deno does not take all of them anyway. */
  readonly import: readonly string[];
}

/**
 * Flags for `deno run`, on one line, as a shell takes them from `$(...)`.
 *
 * @throws {ConfigError} If there is something in a name that flags cannot have.
 */
export function formatFlags(set: PermissionSet): string {
  return entriesOf(set).map(([name, values]) => {
    const odd = values.find((value) => /[\s,*?]/.test(value));
    if (odd === undefined) return `--allow-${name}=${values.join()}`;
    throw new ConfigError(
      `Cannot write "${odd}" as a flag: commas and blanks separate there, use --json`,
    );
  }).join(" ");
}

/** The key `permissions` of deno.json with these as the set `serve`. */
export function formatSet(set: PermissionSet): string {
  return JSON.stringify({ permissions: { serve: Object.fromEntries(entriesOf(set)) } }, null, 2);
}

/** What is in it, each but once. */
function entriesOf(set: PermissionSet): [name: string, values: string[]][] {
  return Object.entries(set)
    .map(([name, values]): [string, string[]] => [name, [...new Set<string>(values)]])
    .filter(([, values]) => values.length > 0);
}
