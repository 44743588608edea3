/**
 * The outermost interceptor: it lets nothing take longer than the call lasts, and lets nothing out
 * that is no status. Connect itself does neither: it waits for a handler that ignores its signal.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import {
  ConnectError,
  type ContextKey,
  createContextKey,
  type Interceptor,
} from "@connectrpc/connect";
import type { Call } from "../call.ts";
import { toWireError } from "../errors.ts";

/** Where a Connect handler finds the call that it serves. */
export const CALL: ContextKey<Call | undefined> = createContextKey<Call | undefined>(undefined, {
  description: "the call that is served",
});

/** Ends what runs on behalf of a call when the call ends, for all four kinds of method. */
export const enforcement: Interceptor = (next) => async (request) => {
  const call = request.contextValues.get(CALL)!;
  try {
    call.check();
    if (request.stream) request = { ...request, message: call.guard(request.message) };
    const response = await call.race(next(request));
    call.check();
    if (!response.stream) return response;
    return { ...response, message: translateErrors(call, call.guard(response.message)) };
  } catch (error) {
    throw failWith(call, error);
  }
};

async function* translateErrors<T>(call: Call, messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw failWith(call, error);
  }
}

/** The deadline decides over whatever a handler throws because of it. */
function failWith(call: Call, thrown: unknown): Error {
  if (call.endReason !== undefined) return call.endReason;
  const error = toWireError(thrown);
  if (error !== thrown) call.failure = thrown;
  try {
    return toSendable(error);
  } catch (cause) {
    call.failure = cause;
    return toWireError(cause);
  }
}

/**
 * Sees to it that an error can be written: else no status would go out at all. Half of a surrogate
 * pair is replaced, for `grpc-message` is percent-encoded, which fails on it.
 *
 * @throws {Error} If a detail does not fit its schema.
 */
function toSendable(error: ConnectError): ConnectError {
  for (const detail of error.details) {
    if ("desc" in detail) toBinary(detail.desc, create(detail.desc, detail.value));
  }
  if (error.rawMessage.isWellFormed()) return error;
  const { code, metadata, details, cause } = error;
  const copy = new ConnectError(error.rawMessage.toWellFormed(), code, metadata, [], cause);
  copy.details = details;
  return copy;
}
