/**
 * Interceptors that answer or fail in place of the handler, and make other ends of its errors.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { answer, noting } from "./interceptors.ts";
import {
  BIDI_STREAM,
  called,
  CLIENT_STREAM,
  forKinds,
  type Scenario,
  SERVER_STREAM,
  UNARY,
} from "./scenario.ts";

const LONG = "long ".repeat(800);
const DETAIL = { desc: SayHelloRequestSchema, value: { name: "detail" } };

export const SHORT_CIRCUITS: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "an interceptor answers in place of the handler",
    interceptors: () => [() => (request) => Promise.resolve(answer(request, "short"))],
    handle: called,
    call: { kind },
    expect: { replies: ["short"], header: { "x-header": "1" }, trailer: { "x-trailer": "2" } },
  })),
  ...forKinds((kind) => ({
    what: "what an interceptor answers is compressed, and flagged so",
    interceptors: () => [() => (request) => Promise.resolve(answer(request, LONG))],
    call: { kind, wire: { accept: "gzip", unpack: gunzipSync } },
    expect: {
      replies: [LONG],
      header: { "x-header": "1" },
      trailer: { "x-trailer": "2" },
      encoding: "gzip 1",
    },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor refuses a call",
    interceptors: (note) => [
      noting("outer", note),
      () => () => {
        throw new ConnectError("who are you?", Code.Unauthenticated, { "x-why": "no token" }, [
          DETAIL,
        ]);
      },
    ],
    handle: called,
    call: { kind },
    expect: {
      code: "unauthenticated",
      message: "who are you?",
      details: ["detail"],
      trailer: { "x-why": "no token" },
      notes: ["outer in"],
    },
  })),
  ...forKinds((kind) => ({
    what: "what else an interceptor throws shows in the log alone",
    interceptors: () => [() => () => Promise.reject(new Error("secret"))],
    handle: called,
    call: { kind },
    expect: { code: "internal", message: "internal error", logged: ["error secret"] },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor that fails after the handler fails the call",
    interceptors: () => [(next) => async (request) => {
      await next(request);
      throw new ConnectError("too much", Code.ResourceExhausted);
    }],
    call: { kind },
    expect: { code: "resource_exhausted", message: "too much" },
  })),
  ...forKinds((kind) => ({
    what: "an interceptor makes another error of one, or an answer",
    interceptors: () => [(next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (request.header.has("x-mend")) return answer(request, "mended");
        throw new ConnectError(`other than ${ConnectError.from(error).rawMessage}`, Code.Aborted);
      }
    }],
    handlers: {
      sayHello: () => Promise.reject(new ConnectError("no", Code.NotFound)),
      sayHelloToAll: () => Promise.reject(new ConnectError("no", Code.NotFound)),
    },
    call: { kind, ...(kind === UNARY && { metadata: [["x-mend", "1"]] as const }) },
    expect: kind === UNARY
      ? { replies: ["mended"], header: { "x-header": "1" }, trailer: { "x-trailer": "2" } }
      : { code: "aborted", message: "other than no" },
  }), [UNARY, CLIENT_STREAM]),
  ...forKinds((kind) => ({
    what: "an interceptor that wraps a stream sees its error, and may throw another",
    interceptors: (note) => [(next) => async (request) => {
      const response = await next(request);
      if (!response.stream) return response;
      const { message } = response;
      const wrapped = async function* () {
        try {
          yield* message;
        } catch (error) {
          note(ConnectError.from(error).rawMessage);
          throw new ConnectError("another", Code.DataLoss);
        }
      };
      return { ...response, message: wrapped() } as typeof response;
    }],
    handle: async function* () {
      yield "first";
      throw new ConnectError("no", Code.NotFound);
    },
    call: { kind },
    expect: { code: "data_loss", message: "another", replies: ["first"], notes: ["no"] },
  }), [SERVER_STREAM, BIDI_STREAM]),
  {
    what: "an interceptor takes the only request of a stream away",
    interceptors: () => [
      (next) => (request) => next({ ...request, message: ReadableStream.from([]) } as never),
    ],
    handle: called,
    call: { kind: SERVER_STREAM },
    expect: {
      code: "unimplemented",
      message: "protocol error: missing input message for server-streaming method",
    },
  },
  {
    what: "an interceptor refuses a server stream before its request is read",
    interceptors: () => [() => () => {
      throw new ConnectError("who are you?", Code.Unauthenticated);
    }],
    handle: called,
    call: { kind: SERVER_STREAM, wire: { pack: () => Uint8Array.of(0x0a, 100), flags: 0 } },
    expect: { code: "unauthenticated", message: "who are you?" },
  },
  {
    what: "an interceptor does not see a unary call whose request cannot be read",
    interceptors: (note) => [noting("outer", note)],
    call: { kind: UNARY, wire: { pack: () => Uint8Array.of(0x0a, 100), flags: 0 } },
    expect: {
      code: "internal",
      message: "parse binary: premature EOF",
      logged: ["warning parse binary: premature EOF"],
    },
  },
];
