/**
 * The handlers of an app of the behaviour matrix: one for each kind of method, of which each does the
 * same, and tells which lane it was that called it.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceContext, ServiceImplementation } from "../../mod.ts";
import type { Greeter, SayHelloResponseSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import type { Handle, Handled } from "./scenario.ts";

type Handlers = ServiceImplementation<typeof Greeter>;
type Reply = MessageInitShape<typeof SayHelloResponseSchema>;

/** Makes handlers for all kinds of method. */
export function handlersOf(handle: Handle, note: Handled["note"]): Handlers {
  const handled = (names: AsyncIterable<string>, context: ServiceContext) =>
    handle({ names, context, note });
  return {
    sayHello: ({ name }, context) => joined(handled(only(name), context)),
    sayHelloTimes: ({ name }, context) => replies(handled(only(name), context)),
    sayHelloToAll: (requests, context) => joined(handled(namesOf(requests), context)),
    chat: (requests, context) => replies(handled(namesOf(requests), context)),
  };
}

async function* only(name: string): AsyncGenerator<string> {
  yield name;
}

async function* namesOf(requests: AsyncIterable<{ name: string }>): AsyncGenerator<string> {
  for await (const { name } of requests) yield name;
}

async function* replies(texts: AsyncIterable<string>): AsyncGenerator<Reply> {
  for await (const message of texts) yield { message };
}

async function joined(texts: AsyncIterable<string>): Promise<Reply> {
  return { message: (await Array.fromAsync(texts)).join("+") };
}

/**
 * Tells by the stack which lane it is that calls a handler: nothing else shows it.
 *
 * @param served Gets the names of the lanes.
 */
export function watched(handlers: Handlers, served: string[]): Handlers {
  const entries = Object.entries(handlers).map(([name, handler]) => [
    name,
    (request: never, context: ServiceContext) => {
      const stack = new Error().stack!;
      if (stack.includes("/protocol/grpc/")) served.push("gRPC");
      if (stack.includes("/protocol/connect_lane.ts")) served.push("Connect");
      return handler(request, context);
    },
  ]);
  return Object.fromEntries(entries);
}
