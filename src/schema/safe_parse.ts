/**
 * Parsing by a schema's own methods, so that Zod is not imported. Schemas with functions that are
 * asynchronous are found out by the first value that meets one.
 *
 * @module
 */

import type { $ZodType } from "../deps.ts";
import type { Issue } from "./violations.ts";

/** A value, or what is wrong with it. */
export type ParseResult =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };

/** What Zod's schemas of both flavours can do. */
interface Parsing {
  safeParse(value: unknown): ParseResult;
  safeParseAsync(value: unknown): Promise<ParseResult>;
}

/**
 * A function that parses.
 *
 * @throws {TypeError} If the schema has no methods to parse with.
 */
export function createParser(
  schema: $ZodType,
): (value: unknown) => ParseResult | Promise<ParseResult> {
  const parsing = schema as $ZodType & Partial<Parsing>;
  if (typeof parsing.safeParse !== "function" || typeof parsing.safeParseAsync !== "function") {
    throw new TypeError("Cannot parse by a schema of zod/v4/core: use zod or zod/mini");
  }
  const methods = parsing as Parsing;
  let isAsync = false;
  return (value) => {
    if (isAsync) return methods.safeParseAsync(value);
    try {
      return methods.safeParse(value);
    } catch (error) {
      if (!isAsyncError(error)) throw error;
      isAsync = true;
      return methods.safeParseAsync(value);
    }
  };
}

function isAsyncError(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Encountered Promise during");
}
