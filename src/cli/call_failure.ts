/**
 * A call that failed, as it is printed: its code, its message and its details.
 *
 * @module
 */

import { Code, codeToString, type ConnectError, fromBinary } from "../deps.ts";
import { escapeText } from "./escape.ts";
import { type ReplyFormat, toReplyText } from "./json_reply.ts";
import type { ServerTypes } from "./server_types.ts";
import type { Style } from "./style.ts";

/** What `call` exits with is gRPC's code and this, as with grpcurl. */
const FIRST_EXIT_CODE = 64;

const FORMAT: ReplyFormat = { isPretty: false, hasDefaults: false };

/** The exit code of a call that failed. */
export function exitCodeOf({ code }: ConnectError): number {
  return FIRST_EXIT_CODE + code;
}

/** The name of a code as gRPC has it, such as `NOT_FOUND`. */
export function codeName(code: Code): string {
  return code === Code.Canceled ? "CANCELLED" : codeToString(code).toUpperCase();
}

/** The lines that tell of an error. Whatever the server sent is escaped. */
export async function describeFailure(
  error: ConnectError,
  types: ServerTypes,
  style: Style,
): Promise<string[]> {
  const lines = [`${style.red(codeName(error.code))}: ${escapeText(error.rawMessage)}`];
  for (const detail of error.details) {
    if ("desc" in detail) continue;
    lines.push(`  ${escapeText(detail.type)} ${await describeDetail(detail, types)}`);
  }
  return lines;
}

async function describeDetail(
  { type, value }: { readonly type: string; readonly value: Uint8Array },
  types: ServerTypes,
): Promise<string> {
  const otherwise = `${value.toBase64()} (base64)`;
  try {
    if (type.startsWith("google.rpc.")) await types.addErrorDetails();
    else await types.ensure(type);
    const desc = types.registry.getMessage(type);
    if (desc === undefined) return otherwise;
    const onUnknown = () => {};
    return await toReplyText(desc, fromBinary(desc, value), { types, format: FORMAT, onUnknown });
  } catch {
    // The error itself is told all the same, whether the server answers another question or not.
    return otherwise;
  }
}
