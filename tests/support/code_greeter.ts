/**
 * The example service in code, as it is generated: the same names, fields and numbers, so that each
 * client and each test of the generated one can be run with it.
 *
 * @module
 */

import { z } from "zod";
import {
  type FastGRPC,
  Service,
  type ServiceImplementation,
  type ServiceOptions,
} from "../../mod.ts";
import type { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";

/** What a name and a message have to be like. */
export interface GreeterSchemas {
  /** @default {z.string()} */
  readonly name?: z.ZodType<string, string>;
  /** @default {z.string()} */
  readonly message?: z.ZodType<string, string>;
}

type Handlers = ServiceImplementation<typeof Greeter>;

/** Adds the service in code to an app, with handlers for the generated one. */
export function addCodeGreeter(
  app: FastGRPC,
  handlers: Handlers,
  { methods = {}, ...options }: ServiceOptions<typeof Greeter> = {},
  { name = z.string(), message = z.string() }: GreeterSchemas = {},
): void {
  const Request = z.object({ name }).meta({ id: "SayHelloRequest" });
  const TimesRequest = z.object({ name, times: z.uint32(), intervalMs: z.uint32() })
    .meta({ id: "SayHelloTimesRequest" });
  const Response = z.object({ message }).meta({ id: "SayHelloResponse" });
  const one = { request: Request, response: Response };
  // Handlers of the generated service take whole messages, of which these have all but the type.
  const { sayHello, sayHelloTimes, sayHelloToAll, chat } = handlers as never as Record<
    keyof Handlers,
    (request: unknown, context: unknown) => never
  >;
  app.addService(
    new Service("greeter.v1.Greeter", options)
      .unaryUnary("SayHello", { ...one, ...methods.sayHello }, sayHello)
      .unaryStream(
        "SayHelloTimes",
        { ...one, request: TimesRequest, ...methods.sayHelloTimes },
        sayHelloTimes,
      )
      .streamUnary("SayHelloToAll", { ...one, ...methods.sayHelloToAll }, sayHelloToAll)
      .streamStream("Chat", { ...one, ...methods.chat }, chat),
  );
}
