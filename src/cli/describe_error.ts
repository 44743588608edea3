/**
 * Errors as the command line prints them: set-up errors say all that there is to say, and only of
 * others does one need the stack.
 *
 * @module
 */

import { ConfigError } from "../config_error.ts";

/** Where the kit's own files are. */
const KIT = new URL("../", import.meta.url).href;

/**
 * Describes an error that ended a command.
 *
 * @returns The message of a set-up error, with the line of the user's that led to it; of any other
 *   error the stack.
 */
export function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return `Uncaught ${Deno.inspect(error)}`;
  const isOfKit = framesOf(error)[0]?.includes(KIT) ?? false;
  const isSetUp = error instanceof TypeError || error instanceof RangeError;
  if (!isSetUp || !isOfKit) return Deno.inspect(error, { colors: false });
  const caller = callerOf(error);
  return caller === undefined ? error.message : `${error.message}\n${caller}`;
}

/** The line of the user's that led to an error, as in its stack. */
export function callerOf(error: Error): string | undefined {
  return framesOf(error).find((line) => !line.includes(KIT) && line.includes("://"));
}

function framesOf({ stack = "" }: Error): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
