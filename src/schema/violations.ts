/**
 * What is wrong with a request, as an error that every client can read.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { fieldPathOf } from "./field_path.ts";
import type { ValueMapping } from "./mapping.ts";

/** What Zod says is wrong. */
export interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Clients take headers of 8 KiB in all; in base64, this is half of it. */
const MAX_TEXT = 3000;
const MAX_PART = 200;

/** INVALID_ARGUMENT with a `google.rpc.BadRequest`. Of many issues it has the first. */
export function invalidRequest(
  mapping: ValueMapping,
  issues: readonly Issue[],
  input: unknown,
): ConnectError {
  const fieldViolations = [];
  let length = 0;
  for (const { code, path, message } of issues) {
    const violation = {
      field: shorten(fieldPathOf(mapping, path, input)),
      description: shorten(message),
      reason: (code ?? "invalid").toUpperCase(),
    };
    length += violation.field.length + violation.description.length + violation.reason.length;
    if (length > MAX_TEXT) break;
    fieldViolations.push(violation);
  }
  const [first] = fieldViolations;
  const others = issues.length - 1;
  return new ConnectError(
    `invalid request: ${first?.field ? `${first.field}: ` : ""}${first?.description ?? ""}` +
      (others > 0 ? ` (and ${others} more)` : ""),
    Code.InvalidArgument,
    undefined,
    [{ desc: BadRequestSchema, value: { fieldViolations } }],
  );
}

/** A handler's reply that its schema refuses: for the log, never for the client. */
export function invalidReply(method: string, issues: readonly Issue[]): Error {
  const parts = issues.slice(0, 10).map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`
  );
  const others = issues.length - parts.length;
  return new Error(
    `Invalid reply of ${method}: ${parts.join("; ")}${others > 0 ? ` (and ${others} more)` : ""}`,
    { cause: issues },
  );
}

function shorten(text: string): string {
  const whole = text.toWellFormed();
  return whole.length <= MAX_PART ? whole : `${whole.slice(0, MAX_PART).toWellFormed()}…`;
}
