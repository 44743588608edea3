/**
 * Calls that fail in their handlers: with a status of each code, its details and metadata, with what
 * is no status, at once, later, and after some messages.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  SayHelloRequestSchema,
  SayHelloTimesRequestSchema,
} from "../../gen/greeter/v1/greeter_pb.ts";
import { type Expected, forKinds, type Scenario, SERVER_STREAM, UNARY } from "./scenario.ts";

const CODES = Object.values(Code).filter((code): code is Code => typeof code === "number");
const DETAIL = { desc: SayHelloRequestSchema, value: { name: "detail" } };

const INTERNAL: Expected = { code: "internal", message: "internal error" };

/** Throws what a test wants, and is a handler that yields. */
// deno-lint-ignore require-yield
async function* failing(thrown: () => unknown): AsyncGenerator<string> {
  throw thrown();
}

/** What a handler may throw that is no status, and what the log has of it. */
const OTHERS: readonly [what: string, thrown: unknown, logged: string][] = [
  ["an Error", new Error("secret"), "secret"],
  ["a string", "secret", "secret"],
  ["undefined", undefined, "undefined"],
  ["a code that is none", new ConnectError("secret", 999 as Code), "No status has the code 999"],
  [
    "a detail that does not fit its schema",
    new ConnectError("secret", Code.NotFound, {}, [
      { desc: SayHelloTimesRequestSchema, value: { times: -1 } },
    ]),
    "cannot encode field greeter.v1.SayHelloTimesRequest.times to binary: invalid uint32: -1",
  ],
];

const TEXTS: readonly [what: string, sent: string, received: string][] = [
  ["unicode", "Grüße, 世界 🦕", "Grüße, 世界 🦕"],
  ["line breaks and percent signs", "a\r\nb 100% %2F\0", "a\r\nb 100% %2F\0"],
  ["blanks at its ends", "  a  ", "  a  "],
  ["half a surrogate pair", "a\ud800b", "a\ufffdb"],
  ["nothing", "", ""],
];

export const ERRORS: readonly Scenario[] = [
  ...CODES.map((code): Scenario => ({
    what: `an error has its code, details and metadata: ${codeToString(code)}`,
    handle: () =>
      failing(() =>
        new ConnectError("no", code, { "x-why": "typo", "x-why-bin": "AAEC" }, [DETAIL])
      ),
    call: { kind: UNARY },
    expect: {
      code: codeToString(code),
      message: "no",
      details: ["detail"],
      trailer: { "x-why": "typo", "x-why-bin": "AAEC" },
      // Whoever says INTERNAL wants somebody to look.
      ...(code === Code.Internal && { logged: ["warning no"] }),
    },
  })),
  ...forKinds((kind) => ({
    what: "an error has its details and metadata beside the handler's own",
    handle: ({ context: { responseHeaders, responseTrailers } }) => {
      responseHeaders.set("x-before", "1");
      responseTrailers.set("x-after", "2");
      return failing(() =>
        new ConnectError("no", Code.NotFound, { "x-why": "typo" }, [DETAIL, DETAIL])
      );
    },
    call: { kind },
    expect: {
      code: "not_found",
      message: "no",
      details: ["detail", "detail"],
      header: { "x-before": "1" },
      trailer: { "x-after": "2", "x-why": "typo" },
    },
  })),
  ...forKinds((kind) => ({
    what: "an error may come after messages",
    handle: async function* () {
      yield "first";
      yield "second";
      throw new ConnectError("no more", Code.OutOfRange, { "x-why": "typo" }, [DETAIL]);
    },
    call: { kind },
    expect: {
      code: "out_of_range",
      message: "no more",
      details: ["detail"],
      replies: kind.getsMany ? ["first", "second"] : [],
      trailer: { "x-why": "typo" },
    },
  })),
  ...forKinds((kind) => ({
    what: "context.abort() ends a call",
    handle: async function* ({ context }) {
      yield context.abort(Code.FailedPrecondition, "not yet", [DETAIL]);
    },
    call: { kind },
    expect: { code: "failed_precondition", message: "not yet", details: ["detail"] },
  })),
  ...OTHERS.flatMap(([what, thrown, logged]) =>
    forKinds((kind) => ({
      what: `what is no status shows in the log alone: ${what}`,
      handle: () => failing(() => thrown),
      // What is thrown does not matter to clients: one of them is enough.
      call: { kind, ...(what !== "an Error" && { wire: {} }) },
      expect: { ...INTERNAL, logged: [`error ${logged}`] },
    }))
  ),
  ...TEXTS.map(([what, sent, received]): Scenario => ({
    what: `an error's message may have in it: ${what}`,
    handle: () => failing(() => new ConnectError(sent, Code.Aborted)),
    call: { kind: UNARY },
    expect: { code: "aborted", message: received },
  })),
  ...forKinds((kind) => ({
    what: "metadata of another server's error stays here",
    handle: () =>
      failing(() =>
        Object.assign(new ConnectError("no", Code.NotFound, { "x-internal": "secret" }), {
          isWireError: true,
        })
      ),
    call: { kind },
    expect: { code: "not_found", message: "no" },
  })),
  ...[UNARY, SERVER_STREAM].map((kind): Scenario => ({
    what: `a handler may throw before it gives a promise or a stream (${kind.name})`,
    handlers: {
      sayHello: () => {
        throw new ConnectError("at once", Code.Aborted);
      },
      sayHelloTimes: () => {
        throw new ConnectError("at once", Code.Aborted);
      },
    },
    call: { kind },
    expect: { code: "aborted", message: "at once" },
  })),
  {
    what: "a stream that is none is the handler's fault",
    handlers: { sayHelloTimes: (() => undefined) as never },
    call: { kind: SERVER_STREAM, wire: {} },
    expect: {
      ...INTERNAL,
      logged: [
        "error Cannot read properties of undefined (reading 'Symbol(Symbol.asyncIterator)')",
      ],
    },
  },
  {
    what: "a reply that does not fit shows in the log alone",
    handlers: { sayHello: () => ({ message: 7 as never }) },
    call: { kind: UNARY, json: true },
    expect: {
      ...INTERNAL,
      logged: [
        "error cannot encode field greeter.v1.SayHelloResponse.message to JSON: expected string, got 7",
      ],
    },
  },
  {
    what: "a reply that is missing is an empty one",
    handlers: { sayHello: (() => undefined) as never },
    call: { kind: UNARY, wire: {} },
    expect: { replies: [""] },
  },
  {
    what: "a handler's own status among the trailers counts, also in the log",
    handlers: {
      sayHello: (_, { responseTrailers }) => {
        responseTrailers.set("grpc-status", "5");
        responseTrailers.set("grpc-message", "no%20such");
        return {};
      },
    },
    call: { kind: UNARY, wire: {} },
    expect: { code: "not_found", message: "no such", replies: [""] },
    differs: {
      connect: { why: "it has no trailers of gRPC", expect: { code: "ok", message: "" } },
    },
  },
];
