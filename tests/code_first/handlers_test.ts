import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { z } from "zod";
import { ServiceContext } from "../../src/context.ts";
import { wrapHandler } from "../../src/code_first/handlers.ts";
import type { CompiledMethod } from "../../src/schema/compile_services.ts";
import type { MethodDeclaration } from "../../src/schema/read_services.ts";
import type { AnyHandler } from "../../src/service.ts";
import { compile } from "../support/schemas.ts";
import { captureAbortListeners } from "../support/captured_timers.ts";
import { Gate, never } from "../support/stalling.ts";

type Kind = MethodDeclaration["kind"];
type Schemas = Partial<Record<"request" | "response", z.ZodType>>;
type Wrapped = (request: unknown, context: ServiceContext) => unknown;

const Name = z.object({ name: z.string().min(1) });
const Text = z.object({ text: z.string().min(1) });
const later = <T extends z.ZodType>(schema: T): T =>
  schema.refine(() => Promise.resolve(true)) as T;

/** A method of a kind with a handler, messages of its request, and what is in those of its reply. */
function serve(kind: Kind, handler: unknown, { request = Name, response = Text }: Schemas = {}) {
  const { methods } = compile([{
    name: "demo.v1.Echo",
    methods: [{ name: "Say", kind, request, response }],
  }]);
  const method: CompiledMethod = methods[0]!;
  const message = (name: string) => create(method.desc.input, { name } as never);
  return {
    handle: wrapHandler(method, handler as AnyHandler) as Wrapped,
    message,
    messages: async function* (...names: string[]) {
      for (const name of names) yield message(name);
    },
    textOf: (reply: unknown) => (reply as { text: string } & Message).text,
  };
}

/** The context of a call that lasts until `end()`. */
function createContext() {
  const controller = new AbortController();
  const context = new ServiceContext({
    call: undefined as never,
    signal: controller.signal,
    metadata: new Headers(),
    responseHeaders: new Headers(),
    responseTrailers: new Headers(),
    values: createContextValues(),
  });
  return {
    context,
    end: () => controller.abort(new ConnectError("time is up", Code.DeadlineExceeded)),
  };
}

Deno.test("wrapHandler() makes no promise for a unary call that waits for nothing", () => {
  const { handle, message, textOf } = serve(
    "unary",
    ({ name }: { name: string }) => ({ text: name }),
  );
  assertEquals(textOf(handle(message("Ada"), createContext().context)), "Ada");
});

Deno.test("wrapHandler() gives the handler its context", async () => {
  const { context } = createContext();
  const seen: unknown[] = [];
  const note = (_: unknown, context: unknown) => {
    seen.push(context);
    return { text: "x" };
  };
  const noteAll = async function* (_: unknown, context: unknown) {
    yield note(_, context);
  };
  const handlers = {
    unary: note,
    client_streaming: note,
    server_streaming: noteAll,
    bidi_streaming: noteAll,
  };
  for (const [kind, handler] of Object.entries(handlers)) {
    const { handle, message, messages } = serve(kind as Kind, handler);
    const isStream = kind === "client_streaming" || kind === "bidi_streaming";
    const reply = handle(isStream ? messages("a") : message("a"), context);
    if (handler === noteAll) await Array.fromAsync(reply as AsyncIterable<unknown>);
    else await reply;
  }
  assertEquals(seen.map((each) => each === context), [true, true, true, true]);
});

Deno.test("wrapHandler() throws what a handler throws before it gives anything", async () => {
  const fail = () => {
    throw new RangeError("at once");
  };
  const { context } = createContext();
  const unary = serve("unary", fail);
  assertThrows(() => unary.handle(unary.message("a"), context), RangeError);
  const replies = serve("server_streaming", fail);
  assertThrows(() => replies.handle(replies.message("a"), context), RangeError);
  const chat = serve("bidi_streaming", fail);
  assertThrows(() => chat.handle(chat.messages("a"), context), RangeError);
  const requests = serve("client_streaming", fail);
  await assertRejects(
    () => requests.handle(requests.messages("a"), context) as Promise<unknown>,
    RangeError,
  );
});

Deno.test("wrapHandler() refuses a request without calling its handler", () => {
  let calls = 0;
  for (const kind of ["unary", "server_streaming"] as const) {
    const { handle, message } = serve(kind, () => calls++);
    const error = assertThrows(() => handle(message(""), createContext().context), ConnectError);
    assertEquals(error.code, Code.InvalidArgument);
  }
  assertEquals(calls, 0);
});

Deno.test("wrapHandler() takes a thenable for a reply, and validates it", async () => {
  const thenable = (text: string) => ({ then: (take: (reply: unknown) => void) => take({ text }) });
  const { handle, message, textOf } = serve(
    "unary",
    ({ name }: { name: string }) => thenable(name === "a" ? "" : name),
  );
  const { context } = createContext();
  assertEquals(textOf(await handle(message("b"), context)), "b");
  await assertRejects(
    async () => await handle(message("a"), context),
    Error,
    "Invalid reply of /demo.v1.Echo/Say: text",
  );
});

Deno.test("wrapHandler() does not call a handler whose call ends while its request is parsed", async () => {
  let calls = 0;
  for (const kind of ["unary", "server_streaming"] as const) {
    const gate = new Gate();
    const request = z.object({ name: z.string().refine(() => gate.pass().then(() => true)) });
    const { handle, message } = serve(kind, () => calls++, { request });
    const { context, end } = createContext();
    const reply = handle(message("a"), context);
    await gate.reached(1);
    end();
    const failed = kind === "unary"
      ? reply as Promise<unknown>
      : (reply as AsyncIterableIterator<unknown>).next();
    const error = await assertRejects(() => failed, ConnectError);
    assertEquals(error.code, Code.DeadlineExceeded);
    gate.open();
    await gate.pass();
  }
  assertEquals(calls, 0);
});

Deno.test("wrapHandler() frees a handler whose call ends while a request is parsed", async () => {
  const request = z.object({ name: z.string().refine(never) });
  const notes: string[] = [];
  const read = async (requests: AsyncIterable<unknown>) => {
    try {
      for await (const _ of requests);
    } finally {
      notes.push("free");
    }
  };
  const { handle, messages } = serve("client_streaming", read, { request });
  const { context, end } = createContext();
  const reply = handle(messages("a"), context) as Promise<unknown>;
  const ended = assertRejects(() => reply, ConnectError, "time is up");
  end();
  await ended;
  assertEquals(notes, ["free"]);
});

Deno.test("wrapHandler() leaves no listener at the signal of a call", async () => {
  using listeners = captureAbortListeners();
  const echo = async function* (requests: AsyncIterable<{ name: string }>) {
    for await (const { name } of requests) yield { text: name };
  };
  const { handle, messages, textOf } = serve("bidi_streaming", echo, { request: later(Name) });
  const { context } = createContext();
  const replies = handle(messages("a", "b"), context) as AsyncIterable<unknown>;
  assertEquals((await Array.fromAsync(replies)).map(textOf), ["a", "b"]);
  assertEquals([listeners.added, listeners.left], [2, 0]);
});

Deno.test("wrapHandler() ends no process by a request that nobody waits for", async () => {
  const seen: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    seen.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onUnhandled);
  try {
    const request = later(Name);
    const echo = serve("server_streaming", async function* () {}, { request });
    const replies = echo.handle(echo.message(""), createContext().context);
    await (replies as AsyncIterator<unknown>).return!();
    await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    globalThis.removeEventListener("unhandledrejection", onUnhandled);
  }
  assertEquals(seen, []);
});

Deno.test("wrapHandler() frees a handler's generator, and what it reads, when its replies are left", async () => {
  const freed: string[] = [];
  const { handle, message, textOf } = serve(
    "bidi_streaming",
    async function* (requests: AsyncIterable<{ name: string }>) {
      try {
        for await (const { name } of requests) yield { text: name };
      } finally {
        freed.push("handler");
      }
    },
  );
  const requests = async function* () {
    try {
      while (true) yield message("a");
    } finally {
      freed.push("requests");
    }
  };
  for await (const reply of handle(requests(), createContext().context) as AsyncIterable<unknown>) {
    assert(textOf(reply) === "a");
    break;
  }
  assertEquals(freed, ["requests", "handler"]);
});

Deno.test("wrapHandler() frees a handler's generator when its reply is refused", async () => {
  const freed = Promise.withResolvers<void>();
  const { handle, message } = serve("server_streaming", async function* () {
    try {
      yield { text: "" };
    } finally {
      freed.resolve();
    }
  });
  const replies = handle(message("a"), createContext().context) as AsyncIterableIterator<unknown>;
  await assertRejects(() => replies.next(), Error, "Invalid reply of /demo.v1.Echo/Say");
  await freed.promise;
});
