/**
 * Interceptors for the behaviour matrix, and what they are made from.
 *
 * @module
 */

import { create, type Message } from "@bufbuild/protobuf";
import type { Interceptor } from "../../mod.ts";
import {
  type SayHelloRequest,
  type SayHelloRequestSchema,
  type SayHelloResponse,
  SayHelloResponseSchema,
  type SayHelloTimesRequestSchema,
} from "../../gen/greeter/v1/greeter_pb.ts";
import type { Handled } from "./scenario.ts";

type Request = Parameters<ReturnType<Interceptor>>[0];
type Response = Awaited<ReturnType<ReturnType<Interceptor>>>;

/** Notes when it is entered and left. */
export function noting(name: string, note: Handled["note"]): Interceptor {
  return (next) => async (request) => {
    note(`${name} in`);
    const response = await next(request);
    note(`${name} out`);
    return response;
  };
}

/** Replaces each request. */
export function withRequests(request: Request, change: (name: string) => string): Request {
  const { input } = request.method;
  const changed = (message: Message) =>
    create(
      input as typeof SayHelloRequestSchema | typeof SayHelloTimesRequestSchema,
      { name: change((message as SayHelloRequest).name) },
    );
  if (!request.stream) return { ...request, message: changed(request.message) };
  return { ...request, message: mapped(request.message, changed) } as Request;
}

/** Replaces each reply. */
export function withReplies(response: Response, change: (text: string) => string): Response {
  const changed = (message: Message) =>
    create(SayHelloResponseSchema, { message: change((message as SayHelloResponse).message) });
  if (!response.stream) return { ...response, message: changed(response.message) };
  return { ...response, message: mapped(response.message, changed) } as Response;
}

async function* mapped(
  messages: AsyncIterable<Message>,
  change: (message: Message) => Message,
): AsyncGenerator<Message> {
  for await (const message of messages) yield change(message);
}

/** An answer that no handler gave. */
export function answer({ method, service, stream }: Request, ...texts: string[]): Response {
  const messages = texts.map((message) => create(SayHelloResponseSchema, { message }));
  const common = {
    method,
    service,
    header: new Headers({ "x-header": "1" }),
    trailer: new Headers({ "x-trailer": "2" }),
  };
  if (!stream) return { ...common, stream, message: messages[0]! } as unknown as Response;
  return { ...common, stream, message: ReadableStream.from(messages) } as unknown as Response;
}
