/**
 * Schemas of services in code: requests and replies that they refuse, at once and later, and schemas
 * that throw or never come to an end.
 *
 * @module
 */

import { z } from "zod";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { never } from "../support/stalling.ts";
import {
  BIDI_STREAM,
  CLIENT_STREAM,
  type Expected,
  forKinds,
  type Handle,
  type Kind,
  KINDS,
  type Scenario,
  SERVER_STREAM,
  UNARY,
} from "./scenario.ts";

const nonEmpty = z.string().min(1);
const later = z.string().refine((text) => Promise.resolve(text !== ""), "is empty");
const hanging = z.string().refine((text) => text === "" ? never() : true);

/** Says each name, and notes what becomes of it. */
const say: Handle = async function* ({ names, note }) {
  try {
    for await (const name of names) {
      note(name);
      yield name;
    }
  } catch (error) {
    note(error instanceof ConnectError ? codeToString(error.code) : String(error));
    throw error;
  } finally {
    note("left");
  }
};

/** Says that it has caught something, and whether there is more to read. */
const sayOn: Handle = async function* ({ names, note }) {
  const iterator = names[Symbol.asyncIterator]();
  try {
    while (true) {
      const { done, value } = await iterator.next();
      if (done) break;
      yield value;
    }
  } catch {
    const { done } = await iterator.next();
    note(`caught, ${done ? "and nothing more" : "and there is more"}`);
    yield "caught";
  }
};

/** Says something good, and then something else. */
const sayTwo: Handle = async function* ({ note }) {
  try {
    yield "good";
    yield "";
    note("went on");
  } finally {
    note("left");
  }
};

/** What a handler notes that has read one name, if its kind has it read any. */
function notesOf({ sendsMany }: Kind, code: string): string[] {
  return sendsMany ? ["a", code, "left"] : [];
}

/** One name that is good and one that is not, where there may be two. */
function namesFor({ sendsMany }: Kind): string[] {
  return sendsMany ? ["a", "", "b"] : [""];
}

function refused(kind: Kind, description: string, reason: string): Expected {
  return {
    code: "invalid_argument",
    message: `invalid request: name: ${description}`,
    details: [`name ${reason}`],
    replies: kind === BIDI_STREAM ? ["a"] : [],
    notes: notesOf(kind, "invalid_argument"),
  };
}

function unsent({ method, getsMany }: Kind, why: string): Expected {
  return {
    code: "internal",
    message: "internal error",
    replies: getsMany ? ["good"] : [],
    notes: getsMany ? ["left"] : ["went on", "left"],
    logged: [`error Invalid reply of /${method.parent.typeName}/${method.name}: message: ${why}`],
  };
}

const TOO_SMALL = "Too small: expected string to have >=1 characters";
/** One reply is all that is yielded, with a `+`. */
const good = z.string().refine((text) => text !== "" && text !== "good+", "is not good");
const goodLater = z.string().refine(
  (text) => Promise.resolve(text !== "" && text !== "good+"),
  "is not good",
);

export const VALIDATION: readonly Scenario[] = [
  ...forKinds((kind) => ({
    what: "a request that its schema refuses is INVALID_ARGUMENT",
    schemas: { name: nonEmpty },
    handle: say,
    call: { kind, names: namesFor(kind) },
    expect: refused(kind, TOO_SMALL, "TOO_SMALL"),
  })),
  ...forKinds((kind) => ({
    what: "a request that its schema refuses later is INVALID_ARGUMENT",
    schemas: { name: later },
    handle: say,
    call: { kind, names: namesFor(kind) },
    expect: refused(kind, "is empty", "CUSTOM"),
  })),
  ...forKinds((kind) => ({
    what: "a request that its schema takes later is served",
    schemas: { name: later, message: later },
    call: { kind },
    expect: { replies: ["Hello a"] },
  })),
  ...forKinds((kind) => ({
    what: "a handler may go on without the requests that its schema refuses",
    schemas: { name: nonEmpty },
    handle: sayOn,
    call: { kind, names: ["a", "", "b"] },
    expect: {
      replies: kind.getsMany ? ["a", "caught"] : ["a+caught"],
      notes: ["caught, and nothing more"],
    },
  }), [CLIENT_STREAM, BIDI_STREAM]),
  ...forKinds((kind) => ({
    what: "a reply that its schema refuses is not sent, and its reasons are logged",
    schemas: { message: good },
    handle: sayTwo,
    call: { kind },
    expect: unsent(kind, "is not good"),
  })),
  ...forKinds((kind) => ({
    what: "a reply that its schema refuses later is not sent, and its reasons are logged",
    schemas: { message: goodLater },
    handle: sayTwo,
    call: { kind },
    expect: unsent(kind, "is not good"),
  })),
  ...forKinds((kind) => ({
    what: "replies are sent as they are with validateReplies: false",
    app: { validateReplies: false },
    schemas: { message: good },
    handle: sayTwo,
    call: { kind },
    expect: {
      replies: kind.getsMany ? ["good", ""] : ["good+"],
      notes: ["went on", "left"],
    },
  })),
  ...forKinds((kind) => ({
    what: "what a schema throws shows in the log alone",
    schemas: { name: throwing(() => new Error("secret")) },
    handle: say,
    call: { kind, names: ["a"] },
    expect: {
      code: "internal",
      message: "internal error",
      logged: ["error secret"],
      notes: kind.sendsMany ? ["Error: secret", "left"] : [],
    },
  })),
  ...forKinds((kind) => ({
    what: "a status that a schema throws has its code",
    schemas: { name: throwing(() => new ConnectError("not you", Code.PermissionDenied)) },
    handle: say,
    call: { kind, names: ["a"] },
    expect: {
      code: "permission_denied",
      message: "not you",
      notes: kind.sendsMany ? ["permission_denied", "left"] : [],
    },
  })),
  ...KINDS.map((kind) => hangingRequest(kind, "the app's", { app: { timeout: "60ms" } })),
  hangingRequest(UNARY, "the service's", {
    app: { timeout: 10 },
    service: { timeout: "60ms" },
  }),
  hangingRequest(BIDI_STREAM, "the service's", {
    app: { timeout: 10 },
    service: { timeout: "60ms" },
  }),
  hangingRequest(SERVER_STREAM, "the method's", {
    app: { timeout: 10 },
    service: { timeout: 9, methods: { sayHelloTimes: { timeout: "60ms" } } },
  }),
  hangingRequest(CLIENT_STREAM, "the method's", {
    app: { timeout: 10 },
    service: { timeout: 9, methods: { sayHelloToAll: { timeout: "60ms" } } },
  }),
  ...forKinds((kind) => ({
    what: "a deadline ends a call whose reply's schema never comes to an end",
    app: { timeout: "60ms" },
    schemas: { message: z.string().refine((text) => text === "good" ? true : never()) },
    handle: sayTwo,
    call: { kind },
    expect: {
      code: "deadline_exceeded",
      message: "deadline exceeded after 60ms",
      replies: kind.getsMany ? ["good"] : [],
      notes: kind.getsMany ? ["left"] : ["went on", "left"],
    },
  })),
];

function throwing(thrown: () => unknown): z.ZodType<string, string> {
  return z.string().refine(() => {
    throw thrown();
  });
}

function hangingRequest(
  kind: Kind,
  whose: string,
  options: Pick<Scenario, "app" | "service">,
): Scenario {
  return {
    ...options,
    what:
      `${whose} deadline ends a call whose request's schema never comes to an end (${kind.name})`,
    schemas: { name: hanging },
    handle: say,
    call: { kind, names: kind.sendsMany ? ["a", ""] : [""] },
    expect: {
      code: "deadline_exceeded",
      message: "deadline exceeded after 60ms",
      replies: kind === BIDI_STREAM ? ["a"] : [],
      notes: notesOf(kind, "deadline_exceeded"),
    },
  };
}
