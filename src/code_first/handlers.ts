/**
 * Handlers of methods in code as those of generated ones: messages become values before, and values
 * messages behind.
 *
 * @module
 */

import type { Message } from "../deps.ts";
import type { ServiceContext } from "../context.ts";
import type { CompiledMethod } from "../schema/compile_services.ts";
import type { AnyHandler } from "../service.ts";
import { mapAsync } from "./map_async.ts";

type Handle = (request: unknown, context: ServiceContext) => unknown;

/** Puts the conversions of a method around its handler. */
export function wrapHandler(method: CompiledMethod, handler: AnyHandler): AnyHandler {
  const { desc, toMessage } = method;
  const handle = handler as unknown as Handle;
  const parse = (message: unknown, context: ServiceContext) => {
    const request = method.parse(message as Message);
    return request instanceof Promise ? whileOpen(request, context.signal) : request;
  };
  const handlers: Record<CompiledMethod["desc"]["methodKind"], Handle> = {
    // Without a promise where nothing is waited for.
    unary(message, context) {
      const request = parse(message, context);
      if (request instanceof Promise) {
        return request.then((value) => handle(value, context)).then(toMessage);
      }
      const reply = handle(request, context);
      return isThenable(reply) ? reply.then(toMessage) : toMessage(reply);
    },
    server_streaming(message, context) {
      const request = parse(message, context);
      const replies = request instanceof Promise
        ? handleLater(handle, request, context)
        : handle(request, context) as AsyncIterable<unknown>;
      return mapAsync(replies, toMessage);
    },
    async client_streaming(messages, context) {
      return await toMessage(await handle(parseAll(messages, context), context));
    },
    bidi_streaming(messages, context) {
      const replies = handle(parseAll(messages, context), context) as AsyncIterable<unknown>;
      return mapAsync(replies, toMessage);
    },
  };
  const parseAll = (messages: unknown, context: ServiceContext) =>
    mapAsync(messages as AsyncIterable<unknown>, (message) => parse(message, context));
  return handlers[desc.methodKind] as AnyHandler;
}

function handleLater(
  handle: Handle,
  request: Promise<unknown>,
  context: ServiceContext,
): AsyncIterable<unknown> {
  // A call that is over by now is not asked for a reply, and so nobody waits for its request.
  request.catch(() => {});
  return (async function* () {
    yield* handle(await request, context) as AsyncIterable<unknown>;
  })();
}

/**
 * Waits for a schema that waits for something, but no longer than the call lasts: a handler that reads
 * on would stay for ever, and one that has not been called needs not be.
 */
function whileOpen<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  work.then(resolve, reject).then(() => signal.removeEventListener("abort", onAbort));
  return promise;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
