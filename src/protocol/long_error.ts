/**
 * Errors whose message is too long to be sent, of those that no interceptor of ours sees: what a decoder
 * says of a request may have a good part of it.
 *
 * @module
 */

import { ConnectError } from "../deps.ts";
import type { Protocol } from "../context.ts";
import { cutMessage, MAX_MESSAGE } from "./failure.ts";
import { sentError } from "./outcome.ts";
import type { SentResponse } from "./universal.ts";

/** What a message has besides, once it was cut off. */
const MARGIN = 64;

/** Thrown instead of sending an answer. */
export class LongError extends Error {
  /** What to send instead. */
  readonly short: ConnectError;

  constructor(short: ConnectError) {
    super("The message of an error is too long");
    this.short = short;
  }
}

/**
 * Looks at the first piece of an answer, before it is sent.
 *
 * @throws {LongError} If it is an error whose message is too long.
 */
export async function assertShort(protocol: Protocol, first: SentResponse): Promise<void> {
  const { header, trailer, lastChunk } = first;
  const field = (trailer ?? header).get("grpc-message") ?? header.get("grpc-message");
  if (Math.max(field?.length ?? 0, lastChunk?.byteLength ?? 0) <= MAX_MESSAGE + MARGIN) return;
  const error = await sentError(protocol, first);
  if (error === undefined || error.rawMessage.length <= MAX_MESSAGE + MARGIN) return;
  throw new LongError(new ConnectError(cutMessage(error.rawMessage), error.code));
}
