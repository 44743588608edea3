/**
 * Calls that succeed: messages of all kinds and sizes, in both codecs, in pieces, and from handlers of
 * all shapes.
 *
 * @module
 */

import {
  BIDI_STREAM,
  CLIENT_STREAM,
  forKinds,
  repliesOf,
  type Scenario,
  SERVER_STREAM,
  UNARY,
} from "./scenario.ts";

const LARGE = "x".repeat(200_000);
const MANY = Array.from({ length: 300 }, (_, index) => String(index));

export const MESSAGES: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "a call succeeds",
    call: { kind, names: kind.sendsMany ? ["a", "b", "ü 🦕"] : ["ü 🦕"] },
    expect: {
      replies: kind.sendsMany
        ? repliesOf(kind, "Hello a", "Hello b", "Hello ü 🦕")
        : ["Hello ü 🦕"],
    },
  })),
  ...forKinds((kind) => ({
    what: "a call succeeds in JSON",
    call: { kind, json: true, names: ["ü 🦕"] },
    expect: { replies: ["Hello ü 🦕"] },
  })),
  ...forKinds((kind) => ({
    what: "empty messages are messages",
    handle: async function* ({ names }) {
      for await (const name of names) yield name;
    },
    call: { kind, names: kind.sendsMany ? ["", ""] : [""] },
    expect: { replies: kind.sendsMany ? repliesOf(kind, "", "") : [""] },
  })),
  ...forKinds((kind) => ({
    what: "large messages go both ways",
    call: { kind, names: [LARGE] },
    expect: { replies: [`Hello ${LARGE}`] },
  })),
  ...forKinds((kind) => ({
    what: "a request may come in pieces of a few bytes",
    call: {
      kind,
      names: kind.sendsMany ? ["first", "second"] : ["first"],
      wire: { pieceBytes: 3 },
    },
    expect: {
      replies: kind.sendsMany ? repliesOf(kind, "Hello first", "Hello second") : ["Hello first"],
    },
  })),
  ...forKinds((kind) => ({
    what: "a stream may have many messages in one piece",
    call: { kind, names: MANY, wire: {} },
    expect: { replies: repliesOf(kind, ...MANY.map((name) => `Hello ${name}`)) },
  }), [CLIENT_STREAM, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a reply may have no message at all",
    handle: () => ReadableStream.from([]),
    call: { kind, names: ["a"] },
    expect: {},
  }), [SERVER_STREAM, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a request stream may have no message at all",
    handle: async function* ({ names }) {
      yield `${(await Array.fromAsync(names)).length} requests`;
    },
    call: { kind, names: [] },
    expect: { replies: ["0 requests"] },
  }), [CLIENT_STREAM, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a handler may leave its requests unread",
    handle: async function* () {
      yield "enough";
    },
    call: { kind, names: ["a", "b", "c"] },
    expect: { replies: ["enough"] },
  }), [CLIENT_STREAM, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a handler may stop reading and answer, while the client could go on",
    handle: async function* ({ names }) {
      for await (const name of names) {
        yield `Hello ${name}`;
        return;
      }
    },
    call: { kind, names: ["a", "b"], keepOpen: true, wire: {} },
    expect: { replies: ["Hello a"] },
  }), [BIDI_STREAM]),
  {
    what: "a handler may reply at once, without a promise",
    handlers: { sayHello: ({ name }) => ({ message: `at once, ${name}` }) },
    call: { kind: UNARY },
    expect: { replies: ["at once, a"] },
  },
  {
    what: "a stream may be any iterable, such as one of a ReadableStream",
    handlers: {
      sayHelloTimes: ({ name }) =>
        ReadableStream.from([{ message: name }, { message: "and again" }]),
    },
    call: { kind: SERVER_STREAM },
    expect: { replies: ["a", "and again"] },
  },
];
