/**
 * Interceptors that look at a call, and change what goes in and what comes out.
 *
 * @module
 */

import { createContextKey } from "@connectrpc/connect";
import { contextOf, type InterceptorContext } from "../../mod.ts";
import { noting, withReplies, withRequests } from "./interceptors.ts";
import {
  BIDI_STREAM,
  called,
  CLIENT_STREAM,
  forKinds,
  repliesOf,
  type Scenario,
  UNARY,
} from "./scenario.ts";

const USER = createContextKey("nobody", { description: "who calls" });
const SEEN = createContextKey<InterceptorContext | undefined>(undefined);

export const INTERCEPTORS: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "interceptors run in their order, outermost first",
    interceptors: (note) => [noting("first", note), noting("second", note)],
    handle: called,
    call: { kind },
    // What comes of a stream is read when its response is there.
    expect: {
      replies: ["reply"],
      notes: kind.getsMany
        ? ["first in", "second in", "second out", "first out", "called"]
        : ["first in", "second in", "called", "second out", "first out"],
    },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor sees what is called",
    interceptors: (note) => [(next) => (request) => {
      const { service, method, requestMethod, stream, url, signal, header } = request;
      note(`${requestMethod} ${service.typeName}/${method.name} ${stream} ${signal.aborted}`);
      note(new URL(url).pathname + new URL(url).search);
      note(String(header.get("x-who")));
      return next(request);
    }],
    call: { kind, metadata: [["x-who", "me"]] },
    expect: {
      replies: ["Hello a"],
      notes: [
        `POST greeter.v1.Greeter/${kind.method.name} ${kind !== UNARY} false`,
        `/greeter.v1.Greeter/${kind.method.name}`,
        "me",
      ],
    },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor changes the metadata, or gives other metadata",
    interceptors: () => [
      (next) => (request) => {
        request.header.set("x-added", "1");
        request.header.delete("x-removed");
        return next(request);
      },
      (next) => (request) => {
        const header = new Headers(request.header);
        header.set("x-other", "2");
        return next({ ...request, header } as typeof request);
      },
    ],
    handle: async function* ({ context: { metadata } }) {
      yield ["x-added", "x-removed", "x-other"].map((name) => metadata.get(name)).join();
    },
    call: { kind, metadata: [["x-removed", "0"]] },
    expect: { replies: ["1,,2"] },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor replaces requests and replies",
    interceptors: () => [(next) => async (request) =>
      withReplies(
        await next(withRequests(request, (name) => `<${name}>`)),
        (text) => text.toUpperCase(),
      )],
    call: { kind, names: kind.sendsMany ? ["a", "b"] : ["a"] },
    expect: {
      replies: kind.sendsMany ? repliesOf(kind, "HELLO <A>", "HELLO <B>") : ["HELLO <A>"],
    },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor adds to header and trailers, also where a stream has ended",
    interceptors: () => [(next) => async (request) => {
      const response = await next(request);
      response.header.set("x-header", "1");
      response.trailer.append("x-trailer", "2");
      if (!response.stream) return response;
      const { message, trailer } = response;
      const wrapped = async function* () {
        yield* message;
        trailer.append("x-last", "3");
      };
      return { ...response, message: wrapped() } as typeof response;
    }],
    handle: async function* ({ context: { responseHeaders, responseTrailers } }) {
      responseHeaders.set("x-own", "4");
      responseTrailers.set("x-trailer", "5");
      yield "reply";
    },
    call: { kind },
    expect: {
      replies: ["reply"],
      header: { "x-header": "1", "x-own": "4" },
      // Trailers of a stream's handler are set when it runs, which is after the interceptor.
      trailer: {
        "x-trailer": kind.getsMany ? "5" : "5, 2",
        ...(kind !== UNARY && { "x-last": "3" }),
      },
    },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor leaves values for the handler",
    interceptors: () => [(next) => (request) => {
      request.contextValues.set(USER, `somebody, not ${request.contextValues.get(USER)}`);
      return next(request);
    }],
    handle: async function* ({ context: { values } }) {
      yield values.get(USER);
    },
    call: { kind },
    expect: { replies: ["somebody, not nobody"] },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor sees who calls, how and until when",
    app: { timeout: "10s" },
    interceptors: () => [(next) => (request) => {
      request.contextValues.set(SEEN, contextOf(request));
      return next(request);
    }],
    handle: async function* ({ context }) {
      const seen = context.values.get(SEEN)!;
      const left = seen.timeRemaining() - context.timeRemaining();
      yield [
        seen.peer === context.peer && seen.peer.address,
        seen.protocol === context.protocol,
        seen.method === context.method && seen.method.name,
        seen.metadata.get("x-who"),
        seen.signal.aborted,
        left >= 0 && left < 1 && seen.elapsedTime >= 0 && seen.elapsedTime < 10,
      ].join(" ");
    },
    call: { kind, metadata: [["x-who", "me"]] },
    expect: { replies: [`127.0.0.1 true ${kind.method.name} me false true`] },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor gives the handler another signal",
    interceptors: () => [(next) => (request) => {
      const signal = AbortSignal.abort("by the interceptor");
      return next({ ...request, signal } as typeof request);
    }],
    handle: async function* ({ context: { signal } }) {
      yield `${signal.aborted} ${signal.reason}`;
    },
    call: { kind },
    expect: { replies: ["true by the interceptor"] },
  })),
  {
    what: "an interceptor may call the handler twice",
    interceptors: () => [(next) => async (request) => {
      await next(request);
      return await next(request);
    }],
    handle: called,
    call: { kind: UNARY },
    expect: { replies: ["reply"], notes: ["called", "called"] },
  },
  ...forKinds((kind) => ({
    what: "an interceptor takes all requests away",
    interceptors: () => [(next) => (request) =>
      next(request.stream ? { ...request, message: ReadableStream.from([]) } as never : request)],
    handle: async function* ({ names }) {
      yield `${(await Array.fromAsync(names)).length} requests`;
    },
    call: { kind },
    expect: { replies: ["0 requests"] },
  }), [CLIENT_STREAM, BIDI_STREAM]),
];
