import { assertEquals } from "@std/assert";
import type { ServiceContext } from "../../../mod.ts";
import { captureLog } from "../../support/captured_log.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../../support/envelopes.ts";
import { FrameClient } from "../../support/frame_client.ts";
import { type GreeterOptions, serveGreeter } from "../../support/greeter.ts";
import { grpcFields } from "../../support/http2_frames.ts";
import { LANES, makeCall, type MethodName } from "../../support/lane_calls.ts";
import { Gate, never } from "../../support/stalling.ts";
import { eventually } from "../../support/waiting.ts";
import { readStatus } from "../../support/wire_formats.ts";

type Handlers = NonNullable<GreeterOptions["handlers"]>;

const OK = { code: "ok", message: "" };
const INTERNAL = { code: "internal", message: "internal error" };
const LATE = { code: "deadline_exceeded", message: "deadline exceeded after 50ms" };

/** What comes of a handler that does what its type does not allow, or fails. */
const ODD_HANDLERS: Readonly<
  Record<string, [method: MethodName, handler: unknown, ok: boolean]>
> = {
  "throws at once": ["sayHello", fails, false],
  "rejects": ["sayHello", () => Promise.reject(new Error("a secret")), false],
  "throws no error": ["sayHello", () => Promise.reject("a secret"), false],
  "returns a promise that fails when it is waited for": [
    "sayHello",
    () => ({ then: fails }),
    false,
  ],
  "returns a promise that is none of JavaScript's": ["sayHello", () => ({ then: resolved }), true],
  "returns nothing": ["sayHello", () => undefined, true],
  "returns another message": ["sayHello", () => ({ $typeName: "x.Y", name: "Bob" }), true],
  "throws at once, of a stream": ["sayHelloTimes", fails, false],
  "returns nothing for a stream": ["sayHelloTimes", () => undefined, false],
  "returns an array for a stream": ["sayHelloTimes", () => [{ message: "x" }], false],
  "returns a promise of a stream": ["sayHelloTimes", () => Promise.resolve(empty()), false],
  "returns an iterable without an iterator": ["sayHelloTimes", () => iterable(undefined), false],
  "returns an iterator without next()": ["sayHelloTimes", () => iterable({}), false],
  "returns an iterator that fails at once": [
    "sayHelloTimes",
    () => iterable({ next: fails }),
    false,
  ],
  "returns an iterator that gives nothing": [
    "sayHelloTimes",
    () => iterable({ next: nothing }),
    false,
  ],
  "takes away what the protocol needs": ["sayHello", (_: unknown, context: ServiceContext) => {
    context.responseHeaders.delete("content-type");
    context.responseTrailers.delete("grpc-status");
    return {};
  }, true],
  "returns an empty stream": ["sayHelloTimes", empty, true],
  "throws at once, of requests": ["sayHelloToAll", fails, false],
  "throws at once, of a chat": ["chat", fails, false],
};

for (const [what, [method, handler, isOk]] of Object.entries(ODD_HANDLERS)) {
  for (const [lane, contentType] of Object.entries(LANES)) {
    Deno.test(`a handler that ${what} ends its call (${lane})`, async () => {
      await using log = await captureLog();
      await using greeter = await serveGreeter({ handlers: { [method]: handler } as Handlers });
      const response = await makeCall(greeter.baseUrl, method, { contentType });
      assertEquals(readStatus(response), isOk ? OK : INTERNAL);
      assertEquals((await log.waitForAccess(1)).length, 1);
      assertEquals(log.calls().map(({ level }) => level), isOk ? [] : ["error"]);
    });
  }
}

/** What the iterator of a reply may do when it is told that the call is over. */
const RETURNS: Readonly<Record<string, object>> = {
  "has no return()": {},
  "throws in return()": { return: fails },
  "returns nothing from return()": { return: () => undefined },
  "returns no promise from return()": { return: () => ({ done: true, value: undefined }) },
  "rejects in return()": { return: () => Promise.reject(new Error("a secret")) },
  "never ends in return()": { return: never },
};

for (const [what, iterator] of Object.entries(RETURNS)) {
  for (const [lane, contentType] of Object.entries(LANES)) {
    Deno.test(`a deadline ends a stream whose iterator ${what} (${lane})`, async () => {
      await using greeter = await serveGreeter({
        handlers: { sayHelloTimes: () => iterable({ next: never, ...iterator }) },
      });
      const response = await makeCall(greeter.baseUrl, "sayHelloTimes", {
        contentType,
        timeout: "50m",
      });
      assertEquals(readStatus(response), LATE);
    });
  }
}

for (const [lane, contentType] of Object.entries(LANES)) {
  Deno.test(`a deadline ends a stream whose generator throws when it is left (${lane})`, async () => {
    let left = 0;
    await using greeter = await serveGreeter({
      handlers: {
        async *sayHelloTimes(_request, { signal }) {
          try {
            yield { message: "first" };
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            yield { message: "late" };
          } finally {
            left++;
            fails();
          }
        },
      },
    });
    const response = await makeCall(greeter.baseUrl, "sayHelloTimes", {
      contentType,
      timeout: "50m",
    });
    assertEquals(readStatus(response), LATE);
    assertEquals(openEnvelopes(response.body).length, 1);
    await eventually("the generator is left", () => left === 1);
  });

  for (const isIntercepted of [false, true]) {
    const how = isIntercepted ? ", by an interceptor" : "";
    Deno.test(`a generator that its client does not read${how} is left at its deadline (${lane})`, async () => {
      let left = 0;
      await using greeter = await serveGreeter({
        handlers: {
          async *sayHelloTimes() {
            try {
              while (true) yield { message: "a".repeat(10_000) };
            } finally {
              left++;
            }
          },
        },
        ...(isIntercepted &&
          { prepare: (app) => void app.use((next) => (request) => next(request)) }),
      });
      await using client = await FrameClient.connect({ port: greeter.port, streamWindow: 100_000 });
      const path = "/greeter.v1.Greeter/SayHelloTimes";
      const changes = { "content-type": contentType, "grpc-timeout": "100m" };
      const streamId = client.startCall({
        fields: grpcFields(path, changes),
        body: envelope(sayHelloRequest("Bob")),
      });
      await client.until(() => client.received(streamId).bytes === 100_000);
      assertEquals(left, 0);
      await eventually("the generator is left", () => left === 1);
      // What waits to be sent is given up.
      await eventually("the call is over", () => greeter.server.callCount === 0);
    });
  }

  Deno.test(`what a handler does after its deadline is not sent (${lane})`, async () => {
    await using log = await captureLog();
    const gate = new Gate();
    let late = 0;
    const wait = () => gate.pass().then(() => void late++);
    await using greeter = await serveGreeter({
      handlers: {
        sayHello: ({ name }) => wait().then(() => name === "fail" ? fails() : { message: "late" }),
        async *sayHelloTimes() {
          await wait();
          yield { message: "late" };
        },
        sayHelloToAll: () => wait().then(() => ({ message: "late" })),
        async *chat() {
          await wait();
          yield fails();
        },
      },
    });
    const options = { contentType, timeout: "50m" };
    const responses = await Promise.all([
      makeCall(greeter.baseUrl, "sayHello", options),
      makeCall(greeter.baseUrl, "sayHello", { ...options, name: "fail" }),
      makeCall(greeter.baseUrl, "sayHelloTimes", options),
      makeCall(greeter.baseUrl, "sayHelloToAll", options),
      makeCall(greeter.baseUrl, "chat", options),
    ]);
    gate.open();
    await eventually("all handlers have gone on", () => late === 5);
    for (const response of responses) {
      assertEquals(readStatus(response), LATE);
      assertEquals(response.body.byteLength, 0);
    }
    assertEquals((await log.waitForAccess(5)).length, 5);
    assertEquals(log.calls(), []);
  });
}

function fails(): never {
  throw new Error("a secret");
}

function nothing(): Promise<void> {
  return Promise.resolve();
}

function resolved(resolve: (message: object) => void): void {
  resolve({ message: "Bob" });
}

async function* empty(): AsyncGenerator<never> {}

function iterable(iterator: unknown): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => iterator as AsyncIterator<never> };
}
