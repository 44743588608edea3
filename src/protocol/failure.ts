/**
 * What a client is told of something that was thrown, and what stays in the log.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Call } from "../call.ts";
import { toWireError } from "../errors.ts";

/** The deadline decides over whatever a handler throws because of it. */
export function failWith(call: Call, thrown: unknown): Error {
  if (call.endReason !== undefined) return call.endReason;
  const error = toWireError(thrown);
  if (error !== thrown) call.failure = error;
  try {
    return toSendable(error);
  } catch (cause) {
    return call.failure = toWireError(cause);
  }
}

/**
 * Sees to it that an error can be written: else no status would go out at all. Half of a surrogate
 * pair is replaced, for `grpc-message` is percent-encoded, which fails on it.
 *
 * @throws {Error} If the code is none, or a detail does not fit its schema.
 */
function toSendable(error: ConnectError): ConnectError {
  if (typeof Code[error.code] !== "string") {
    throw new RangeError(`No status has the code ${error.code}`);
  }
  for (const detail of error.details) {
    if ("desc" in detail) toBinary(detail.desc, create(detail.desc, detail.value));
  }
  if (error.rawMessage.isWellFormed()) return error;
  const { code, metadata, details, cause } = error;
  const copy = new ConnectError(error.rawMessage.toWellFormed(), code, metadata, [], cause);
  copy.details = details;
  // It goes with the details: the metadata of another server's answer is not for our client.
  Object.assign(copy, { isWireError: (error as { isWireError?: boolean }).isWireError });
  return copy;
}
