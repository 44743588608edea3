/**
 * Deadlines of the app, the service, the method and the client, ones that have passed, ones that are
 * malformed, and handlers that take no heed of them.
 *
 * @module
 */

import { block, never } from "../support/stalling.ts";
import {
  BIDI_STREAM,
  called,
  type CallPlan,
  CLIENT_STREAM,
  forKinds,
  type Handle,
  type Scenario,
  UNARY,
} from "./scenario.ts";
import { noteEnd } from "./scenarios_endings.ts";

const TIMEOUT_MS = 40;
const TIMEOUT = `${TIMEOUT_MS}ms`;
const LATE = { code: "deadline_exceeded", message: `deadline exceeded after ${TIMEOUT}` } as const;
const ENDED = [`ended deadline_exceeded: ${LATE.message}`];

/** Takes no heed of its signal, but tells what it says. */
// deno-lint-ignore require-yield
const ignoring: Handle = async function* ({ context, note }) {
  noteEnd(context, note);
  await never();
};

/** Tells how much time is left, as near as a busy machine lets it. */
const telling: Handle = async function* ({ names, context }) {
  await Array.fromAsync(names);
  const seconds = context.timeRemaining();
  yield Number.isFinite(seconds) ? String(10 * Math.ceil(seconds / 10)) : "no limit";
};

const MALFORMED = ["", "1", "m", "-1m", "1.5S", "1s", "123456789n", "0x1m", "Infinity"];

/** Timeouts of the three layers and the client's, in seconds, and what is left to a handler. */
const LAYERS: readonly [
  layers: { app?: string; service?: string; method?: string; client?: CallPlan["wire"] },
  remaining: string,
][] = [
  [{}, "no limit"],
  [{ app: "300s" }, "300"],
  [{ app: "300s", service: "200s" }, "200"],
  [{ app: "100s", service: "200s", method: "400s" }, "400"],
  [{ app: "300s", client: { timeout: ["50S", "50000"] } }, "50"],
  [{ app: "300s", client: { timeout: ["500S", "500000"] } }, "300"],
  [{ client: { timeout: ["99999999S", "9999999999"] } }, "100000000"],
];

export const DEADLINES: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "a deadline ends a handler that ignores its signal",
    service: { methods: { [kind.method.localName]: { timeout: TIMEOUT } } },
    handle: ignoring,
    call: { kind },
    expect: { ...LATE, notes: ENDED },
  })),
  ...forKinds((kind) => ({
    what: "the client's timeout ends a call",
    app: { timeout: "1h" },
    handle: ignoring,
    call: { kind, wire: { timeout: [`${TIMEOUT_MS}m`, String(TIMEOUT_MS)] } },
    expect: { ...LATE, notes: ENDED },
  })),
  ...forKinds((kind) => ({
    what: "a timeout that has passed ends a call before its handler",
    handle: called,
    call: { kind, wire: { timeout: ["0m", "0"] } },
    expect: { code: "deadline_exceeded", message: "deadline exceeded after 0ms" },
  })),
  ...forKinds((kind) => ({
    what: "a timeout that is malformed ends a call before its handler",
    handle: called,
    call: { kind, wire: { timeout: ["soon", "soon"] } },
    expect: { code: "invalid_argument", message: 'protocol error: invalid grpc-timeout "soon"' },
    differs: {
      connect: {
        why: "the field has another name",
        expect: { message: 'protocol error: invalid connect-timeout-ms "soon"' },
      },
    },
  })),
  ...MALFORMED.map((timeout): Scenario => ({
    what: `a timeout is malformed: "${timeout}"`,
    call: { kind: UNARY, wire: { timeout: [timeout, timeout] } },
    expect: {
      code: "invalid_argument",
      message: `protocol error: invalid grpc-timeout "${timeout}"`,
    },
    differs: { connect: { why: "its timeouts are plain numbers" } },
  })),
  ...forKinds((kind) => ({
    what: "a deadline lets through what came before it",
    app: { timeout: TIMEOUT },
    handle: async function* () {
      yield "first";
      await never();
    },
    call: { kind },
    expect: { ...LATE, replies: ["first"] },
  })).filter(({ call }) => call.kind.getsMany),
  ...forKinds((kind) => ({
    what: "a deadline ends a handler that waits for more requests",
    app: { timeout: TIMEOUT },
    handle: async function* ({ names, context, note }) {
      noteEnd(context, note);
      yield* names;
    },
    call: { kind, names: [], keepOpen: true, wire: {} },
    expect: { ...LATE, notes: ENDED },
  }), [CLIENT_STREAM]),
  ...forKinds((kind) => ({
    what: "a deadline ends a call whose request does not come to its end",
    app: { timeout: TIMEOUT },
    handle: called,
    call: { kind, keepOpen: true, wire: {} },
    expect: LATE,
  }), [UNARY]),
  ...forKinds((kind) => ({
    what: "a deadline passes while a handler takes up the event loop",
    app: { timeout: TIMEOUT },
    handle: async function* () {
      block(TIMEOUT_MS + 10);
      yield "late";
    },
    call: { kind, wire: {} },
    expect: LATE,
  })),
  ...forKinds((kind) => ({
    what: "a deadline ends an interceptor that hangs",
    app: { timeout: TIMEOUT },
    interceptors: () => [() => never],
    handle: called,
    call: { kind, wire: {} },
    expect: LATE,
  }), [UNARY, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "what is thrown because of a deadline does not hide it",
    app: { timeout: TIMEOUT },
    // deno-lint-ignore require-yield
    handle: async function* ({ context: { signal } }) {
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("gone")), { once: true })
      );
    },
    call: { kind, wire: {} },
    expect: LATE,
  }), [UNARY, BIDI_STREAM]),
  ...LAYERS.map(([{ app, service, method, client }, remaining]): Scenario => ({
    what: `the time remaining is ${remaining} of ${
      JSON.stringify({ app, service, method, client })
    }`,
    app: app === undefined ? {} : { timeout: app },
    service: {
      ...(service !== undefined && { timeout: service }),
      ...(method !== undefined && { methods: { sayHello: { timeout: method } } }),
    },
    handle: telling,
    call: { kind: UNARY, ...(client && { wire: client }) },
    expect: { replies: [remaining] },
    ...(remaining === "100000000" && {
      differs: {
        connect: { why: "it has ten digits of milliseconds", expect: { replies: ["10000000"] } },
      },
    }),
  })),
];
