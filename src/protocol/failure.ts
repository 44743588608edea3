/**
 * What a client is told of something that was thrown, and what stays in the log.
 *
 * @module
 */

import { Code, ConnectError, create, toBinary } from "../deps.ts";
import type { Call } from "../call.ts";
import { toWireError } from "../errors.ts";

/** In characters. Each may take nine bytes when it is percent-encoded; HTTP/2 engines stop at 64 KiB. */
export const MAX_MESSAGE = 4096;
/** Of all details of an error, before they are in base64. */
const MAX_DETAIL_BYTES = 32_768;

/** The deadline decides over whatever a handler throws because of it. */
export function failWith(call: Call, thrown: unknown): Error {
  if (call.endReason !== undefined) return call.endReason;
  call.thrown = thrown;
  const error = toWireError(thrown);
  if (error !== thrown) call.failure = error;
  try {
    return toSendable(error, call);
  } catch (cause) {
    return call.failure = toWireError(cause);
  }
}

/**
 * Sees to it that an error can be written: else no status would go out at all. Half of a surrogate
 * pair is replaced, for `grpc-message` is percent-encoded, which fails on it. Long messages are cut
 * off, and details left out: gRPC has them among the trailers, which HTTP/2 engines bound.
 *
 * @throws {Error} If the code is none, or a detail does not fit its schema.
 */
function toSendable(error: ConnectError, call: Call): ConnectError {
  if (typeof Code[error.code] !== "string") {
    throw new RangeError(`No status has the code ${error.code}`);
  }
  let detailBytes = 0;
  for (const detail of error.details) {
    detailBytes += "desc" in detail
      ? toBinary(detail.desc, create(detail.desc, detail.value)).byteLength
      : detail.value.byteLength;
  }
  const hasTooMuch = detailBytes > MAX_DETAIL_BYTES;
  if (hasTooMuch) {
    call.failure = toWireError(
      new RangeError(
        `The details of an error were left out, for they have ${detailBytes} bytes, ` +
          `more than ${MAX_DETAIL_BYTES}`,
        { cause: error },
      ),
    );
  }
  const { rawMessage } = error;
  if (!hasTooMuch && rawMessage.length <= MAX_MESSAGE && rawMessage.isWellFormed()) return error;
  const { code, metadata, details, cause } = error;
  const copy = new ConnectError(cutMessage(rawMessage), code, metadata, [], cause);
  if (!hasTooMuch) copy.details = details;
  // It goes with the details: the metadata of another server's answer is not for our client.
  Object.assign(copy, { isWireError: (error as { isWireError?: boolean }).isWireError });
  return copy;
}

/** No longer than may be sent, and well-formed. */
export function cutMessage(message: string): string {
  const cut = message.length <= MAX_MESSAGE
    ? message
    : `${message.slice(0, MAX_MESSAGE)}… (${message.length} characters)`;
  return cut.toWellFormed();
}
