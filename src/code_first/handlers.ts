/**
 * Handlers of methods in code as those of generated ones: messages become values before, and values
 * messages behind.
 *
 * @module
 */

import type { Message } from "@bufbuild/protobuf";
import type { ServiceContext } from "../context.ts";
import type { CompiledMethod } from "../schema/compile_services.ts";
import type { AnyHandler } from "../service.ts";
import { mapAsync } from "./map_async.ts";

type Handle = (request: unknown, context: ServiceContext) => unknown;

/** Puts the conversions of a method around its handler. */
export function wrapHandler(method: CompiledMethod, handler: AnyHandler): AnyHandler {
  const { desc, parse, toMessage } = method;
  const handle = handler as unknown as Handle;
  const handlers: Record<CompiledMethod["desc"]["methodKind"], Handle> = {
    // Without a promise where nothing is waited for.
    unary(message, context) {
      const request = parse(message as Message);
      if (request instanceof Promise) {
        return request.then((value) => handle(value, context)).then(toMessage);
      }
      const reply = handle(request, context);
      return isThenable(reply) ? reply.then(toMessage) : toMessage(reply);
    },
    server_streaming(message, context) {
      const request = parse(message as Message);
      const replies = request instanceof Promise
        ? handleLater(handle, request, context)
        : handle(request, context) as AsyncIterable<unknown>;
      return mapAsync(replies, toMessage);
    },
    async client_streaming(messages, context) {
      return await toMessage(await handle(mapRequests(messages), context));
    },
    bidi_streaming(messages, context) {
      const replies = handle(mapRequests(messages), context) as AsyncIterable<unknown>;
      return mapAsync(replies, toMessage);
    },
  };
  const mapRequests = (messages: unknown) => mapAsync(messages as AsyncIterable<Message>, parse);
  return handlers[desc.methodKind] as AnyHandler;
}

async function* handleLater(
  handle: Handle,
  request: Promise<unknown>,
  context: ServiceContext,
): AsyncGenerator<unknown> {
  yield* handle(await request, context) as AsyncIterable<unknown>;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
