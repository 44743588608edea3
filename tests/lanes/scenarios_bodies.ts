/**
 * Requests that are too long, and ones that are no requests: too few or too many messages, envelopes
 * that break off, bytes that are no message; and replies that are too long.
 *
 * @module
 */

import { ConnectError } from "@connectrpc/connect";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { bytesOf, concat } from "../support/http2_frames.ts";
import {
  BIDI_STREAM,
  called,
  CLIENT_STREAM,
  type Difference,
  type Expected,
  forKinds,
  type Kind,
  type Scenario,
  UNARY,
} from "./scenario.ts";

const LIMIT = 1000;
/** A message of exactly the limit, whose field costs three bytes. */
const FITS = "x".repeat(LIMIT - 3);
const LARGE = "x".repeat(LIMIT);
const LARGE_BYTES = LIMIT + 3;

const GOOD = envelope(sayHelloRequest("a"));
/** Field 1 of 100 bytes, which are not there. */
const GARBAGE = Uint8Array.of(0x0a, 100, 1, 2, 3);
const BAD_UTF8 = Uint8Array.of(0x0a, 2, 0xff, 0xfe);
/** A field that no request has, before one that it has. */
const UNKNOWN_FIELD = concat(Uint8Array.of(0xfa, 0x3f, 1, 0x21), sayHelloRequest("a"));

/** Those whose bodies have no envelopes. */
function withoutEnvelopes(kind: Kind): { differs?: Record<"connect", Difference> } {
  return kind === UNARY ? { differs: { connect: { why: "a unary request has no envelope" } } } : {};
}

/** Bytes that are no message, and what is said of them. */
const BAD_MESSAGES: readonly [what: string, bytes: Uint8Array, json: boolean, Expected][] = [
  ["garbage", GARBAGE, false, {
    code: "internal",
    message: "parse binary: premature EOF",
    logged: ["warning parse binary: premature EOF"],
  }],
  ["a string that is no UTF-8", BAD_UTF8, false, {
    code: "internal",
    message: "parse binary: The encoded data is not valid",
    logged: ["warning parse binary: The encoded data is not valid"],
  }],
  ["no JSON", bytesOf("{"), true, {
    code: "invalid_argument",
    message: /^cannot decode message greeter\.v1\.\w+ from JSON: /,
  }],
  ["JSON of another type", bytesOf('{"name":7}'), true, {
    code: "invalid_argument",
    message: /^cannot decode field greeter\.v1\.\w+\.name from JSON: expected string, got 7$/,
  }],
];

/** What may come after a good message, and how the call ends. */
const BAD_ENDS: readonly [what: string, bytes: Uint8Array, code: string, message: string][] = [
  [
    "a message that is too long",
    envelope(sayHelloRequest(LARGE)),
    "resource_exhausted",
    `message size ${LARGE_BYTES} is larger than configured readMaxBytes ${LIMIT}`,
  ],
  [
    "half of the length of a message",
    GOOD.subarray(0, 3),
    "invalid_argument",
    "protocol error: incomplete envelope",
  ],
  [
    "the length of a message that does not come",
    GOOD.subarray(0, 5),
    "invalid_argument",
    "protocol error: incomplete envelope",
  ],
  [
    "half a message",
    GOOD.subarray(0, 7),
    "invalid_argument",
    "protocol error: incomplete envelope",
  ],
];

export const BODIES: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "a message that is too long is refused",
    app: { maxReceiveBytes: LIMIT },
    call: { kind, names: [LARGE] },
    expect: {
      code: "resource_exhausted",
      message: `message size ${LARGE_BYTES} is larger than configured readMaxBytes ${LIMIT}`,
    },
    ...(kind === UNARY && {
      differs: {
        connect: {
          why: "a body that has no envelope does not say how long it is",
          expect: { message: `message size is larger than configured readMaxBytes ${LIMIT}` },
        },
      },
    }),
  })),
  ...forKinds((kind) => ({
    what: "a message is taken that is just short enough",
    app: { maxReceiveBytes: LIMIT },
    handle: async function* ({ names }) {
      for await (const name of names) yield String(name.length);
    },
    call: { kind, names: [FITS] },
    expect: { replies: [String(FITS.length)] },
  })),
  ...BAD_ENDS.flatMap(([what, bytes, code, message]) =>
    forKinds((kind) => ({
      what: `a stream ends after the messages before what is wrong: ${what}`,
      app: { maxReceiveBytes: LIMIT },
      handle: async function* ({ names, note }) {
        try {
          for await (const name of names) note(name);
        } catch (error) {
          note(ConnectError.from(error).rawMessage);
          throw error;
        }
        yield "the requests ended as if they were whole";
      },
      call: { kind, wire: { last: { noted: "a", body: bytes } } },
      expect: { code, message, notes: ["a", message] },
    }), [CLIENT_STREAM, BIDI_STREAM])
  ),
  ...forKinds((kind) => ({
    what: "a message that only says that it is too long is refused at once",
    call: { kind, keepOpen: true, wire: { body: Uint8Array.of(0, 255, 255, 255, 255, 0) } },
    expect: {
      code: "resource_exhausted",
      message: "message size 4294967295 is larger than configured readMaxBytes 4194304",
    },
    ...withoutEnvelopes(kind),
  }), [UNARY, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a reply that is too long ends the call",
    app: { maxSendBytes: LIMIT },
    handle: async function* () {
      yield LARGE;
    },
    call: { kind },
    expect: {
      code: "resource_exhausted",
      message: `message size ${LARGE_BYTES} is larger than configured writeMaxBytes ${LIMIT}`,
    },
  })),
  ...forKinds((kind) => ({
    what: "a reply that is too long ends a stream after those before it",
    app: { maxSendBytes: LIMIT },
    handle: async function* () {
      yield "first";
      yield LARGE;
    },
    call: { kind, wire: {} },
    expect: {
      code: "resource_exhausted",
      message: `message size ${LARGE_BYTES} is larger than configured writeMaxBytes ${LIMIT}`,
      replies: ["first"],
    },
  })).filter(({ call }) => call.kind.getsMany),
  ...forKinds((kind) => ({
    what: "a request without a message is refused",
    call: { kind, names: [], wire: {} },
    expect: {
      code: "unimplemented",
      message: `protocol error: missing input message for ${
        kind.method.methodKind.replace("_", "-")
      } method`,
    },
    ...(kind === UNARY && {
      differs: {
        connect: {
          why: "no bytes are the empty message",
          expect: { code: "ok", message: "", replies: ["Hello "] },
        },
      },
    }),
  })).filter(({ call }) => !call.kind.sendsMany),
  ...forKinds((kind) => ({
    what: "a request of two messages is refused where one is to be",
    handle: called,
    call: { kind, wire: { body: concat(GOOD, GOOD) } },
    expect: {
      code: "unimplemented",
      message: `protocol error: received extra input message for ${
        kind.method.methodKind.replace("_", "-")
      } method`,
    },
    ...withoutEnvelopes(kind),
  })).filter(({ call }) => !call.kind.sendsMany),
  ...[2, 5, 7].flatMap((bytes) =>
    forKinds((kind) => ({
      what: `a request that breaks off after ${bytes} bytes is the client's fault`,
      call: { kind, wire: { body: GOOD.subarray(0, bytes) } },
      expect: { code: "invalid_argument", message: "protocol error: incomplete envelope" },
      ...withoutEnvelopes(kind),
    }))
  ),
  ...BAD_MESSAGES.flatMap(([what, bytes, json, expect]) =>
    forKinds((kind) => ({
      what: `bytes that are no message are the client's fault: ${what}`,
      call: { kind, json, wire: { pack: () => bytes, flags: 0 } },
      expect,
    }))
  ),
  ...forKinds((kind) => ({
    what: "JSON may have fields that are unknown",
    call: { kind, json: true, wire: { pack: () => bytesOf('{"name":"a","nope":[1]}'), flags: 0 } },
    expect: { replies: ["Hello a"] },
  })),
  ...forKinds((kind) => ({
    what: "a method that nobody serves is UNIMPLEMENTED",
    call: { kind, path: "/greeter.v1.Greeter/Nope", wire: {} },
    expect: { code: "unimplemented", message: "unknown method /greeter.v1.Greeter/Nope" },
  })),
  ...forKinds((kind) => ({
    what: "flags that mean nothing are not looked at",
    call: { kind, wire: { flags: 0x7c } },
    expect: { replies: ["Hello a"] },
    differs: { connect: { why: "one of its flags is the end of the stream" } },
  })),
  ...forKinds((kind) => ({
    what: "fields that are unknown are dropped",
    handlers: {
      sayHello: (request) => ({ message: `${request.name} ${request.$unknown?.length ?? 0}` }),
    },
    handle: async function* ({ names }) {
      for await (const name of names) yield `${name} 0`;
    },
    call: { kind, wire: { pack: () => UNKNOWN_FIELD, flags: 0 } },
    expect: { replies: ["a 0"] },
  })),
];
