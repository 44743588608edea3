/**
 * What is wrong with a request, as an error that every client can read.
 *
 * @module
 */

import { Code, ConnectError } from "../deps.ts";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { fieldPathOf } from "./field_path.ts";
import type { ValueMapping } from "./mapping.ts";

/** What Zod says is wrong. */
export interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** As protobuf names it, where it is known; else it is found by the path. */
  readonly field?: string;
}

/**
 * In bytes, as protobuf has them. Clients take headers of 8 KiB in all: in base64, and beside the
 * message, which may be percent-encoded, this is three quarters of it.
 */
const MAX_DETAIL = 3000;
const MAX_PART = 200;
/** Of each violation, for the tags and the lengths of three texts and of itself. */
const OVERHEAD = 12;

const encoder = new TextEncoder();
const part = new Uint8Array(MAX_PART);

/** INVALID_ARGUMENT with a `google.rpc.BadRequest`. Of many issues it has the first. */
export function invalidRequest(
  mapping: ValueMapping,
  issues: readonly Issue[],
  input: unknown,
): ConnectError {
  const fieldViolations = [];
  let bytes = 0;
  for (const { code, path, message, field } of issues) {
    const violation = {
      field: shorten(field ?? fieldPathOf(mapping, path, input)),
      description: shorten(message),
      reason: shorten((code ?? "invalid").toUpperCase()),
    };
    const texts = Object.values(violation).join("");
    bytes += OVERHEAD + encoder.encode(texts).byteLength;
    if (bytes > MAX_DETAIL) break;
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
  const { read } = encoder.encodeInto(whole, part);
  return read === whole.length ? whole : `${whole.slice(0, read)}…`;
}
