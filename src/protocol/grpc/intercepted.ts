/**
 * Calls of an app that has interceptors, which are Connect's: the requests and responses that they
 * are given are made here, and nowhere else.
 *
 * @module
 */

import {
  create,
  type DescMessage,
  type Interceptor,
  type Message,
  type MessageInitShape,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "../../deps.ts";
import { ServiceContext, type ServiceContextInit } from "../../context.ts";
import type { HttpStream } from "../../http_stream.ts";
import { letAskAhead } from "../ask_ahead.ts";
import { urlOf } from "../request_url.ts";
import { extraMessage, type GrpcMethod, missingMessage } from "./grpc_method.ts";

/** What is known of the call. */
export interface Intercepted extends ServiceContextInit {
  readonly method: GrpcMethod;
  readonly stream: HttpStream;
}

type Request = UnaryRequest | StreamRequest;
type Response = UnaryResponse | StreamResponse;

/**
 * Runs the interceptors, and within them the handler.
 *
 * @returns The replies, one or more.
 */
export async function* invokeWithInterceptors(
  call: Intercepted,
  request: Message | AsyncIterable<Message>,
): AsyncGenerator<Message> {
  const { responseHeaders, responseTrailers } = call;
  const next = call.method.interceptors.reduceRight<(request: Request) => Promise<Response>>(
    (next, interceptor) => (interceptor as Interceptor)(next),
    (request) => invoke(call, request),
  );
  const response = await next(toRequest(call, request));
  replace(responseHeaders, response.header);
  if (response.stream) yield* response.message;
  else yield response.message;
  replace(responseTrailers, response.trailer);
}

function toRequest(call: Intercepted, request: Message | AsyncIterable<Message>): Request {
  const { desc } = call.method.spec;
  // Getters of its own, which `{ ...request }` takes along: most interceptors want little of it.
  return {
    method: desc,
    service: desc.parent,
    requestMethod: "POST",
    get url() {
      return urlOf(call.stream);
    },
    get signal() {
      return call.signal;
    },
    get header() {
      return call.metadata;
    },
    get contextValues() {
      return call.values;
    },
    stream: desc.methodKind !== "unary",
    message: request,
  } as Request;
}

/** Innermost of all. */
async function invoke(call: Intercepted, request: Request): Promise<Response> {
  const { spec } = call.method;
  const { output } = spec.desc;
  const { responseHeaders, responseTrailers } = call;
  const context = new ServiceContext({
    call: call.call,
    get signal() {
      return request.signal;
    },
    get metadata() {
      return request.header;
    },
    responseHeaders,
    responseTrailers,
    get values() {
      return request.contextValues;
    },
  });
  const common = {
    method: spec.desc,
    service: spec.desc.parent,
    header: responseHeaders,
    trailer: responseTrailers,
  };
  const reply = spec.handler(await argumentOf(call.method, request) as never, context);
  switch (spec.desc.methodKind) {
    case "unary":
      return { ...common, stream: false, message: toMessage(output, await reply) } as UnaryResponse;
    case "client_streaming": {
      const message = single(toMessage(output, await reply));
      return { ...common, stream: true, message } as StreamResponse;
    }
    default: {
      const message = toMessages(output, reply as AsyncIterable<unknown>);
      return { ...common, stream: true, message } as StreamResponse;
    }
  }
}

/** What the handler gets: the one message, or all of them. */
function argumentOf(
  method: GrpcMethod,
  request: Request,
): Message | Promise<Message> | AsyncIterable<Message> {
  if (!request.stream) return request.message;
  return method.hasSingleRequest ? only(method, request.message) : letAskAhead(request.message);
}

function toMessage(schema: DescMessage, init: unknown): Message {
  return create(schema, init as MessageInitShape<DescMessage>);
}

async function* toMessages(
  schema: DescMessage,
  inits: AsyncIterable<unknown>,
): AsyncGenerator<Message> {
  for await (const init of inits) yield toMessage(schema, init);
}

async function* single(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function only(method: GrpcMethod, messages: AsyncIterable<Message>): Promise<Message> {
  let only: Message | undefined;
  for await (const message of messages) {
    if (only !== undefined) throw extraMessage(method);
    only = message;
  }
  if (only === undefined) throw missingMessage(method);
  return only;
}

/** An interceptor may answer with header fields of its own. */
function replace(fields: Headers, by: Headers): void {
  if (fields === by) return;
  for (const name of [...fields.keys()]) fields.delete(name);
  by.forEach((value, name) => fields.append(name, value));
}
