import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { type CallerOptions, createClient } from "../../src/client.ts";
import { SentRequests } from "../../src/client/sent_requests.ts";
import { FastGRPC, Service, type ServiceContext } from "../../mod.ts";
import { testClient } from "../../src/testing.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { type GreeterClient, WAYS } from "../support/client_ways.ts";
import { codeOf } from "../support/connect_node.ts";
import { type GreeterOptions, serveGreeter } from "../support/greeter.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import {
  ENDLESS,
  FAILING,
  FINITE,
  type NameRequest,
  type WatchedRequests,
} from "../support/watched_requests.ts";

/** What ends a call before its requests do. */
interface Ending {
  /** @default {sayHelloToAll: readAll} */
  readonly handlers?: GreeterOptions["handlers"];
  readonly options?: CallerOptions;
  readonly isDuplex?: true;
  /** Makes the call, and gives what comes of it. */
  readonly call: (client: GreeterClient, watched: WatchedRequests) => Promise<unknown>;
  readonly expect: unknown;
  /** Whether no request is asked for. */
  readonly isUnread?: true;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  "an answer": {
    handlers: { sayHelloToAll: () => ({ message: "enough" }) },
    call: async (client, { requests }) => (await client.sayHelloToAll(requests)).message,
    expect: "enough",
  },
  "an error of the handler": {
    handlers: {
      sayHelloToAll() {
        throw new ConnectError("no", Code.NotFound);
      },
    },
    call: (client, { requests }) => codeOf(client.sayHelloToAll(requests)),
    expect: "NotFound: no",
  },
  "its timeout": {
    call: (client, { requests }) => codeOf(client.sayHelloToAll(requests, { timeout: "20ms" })),
    expect: "DeadlineExceeded: deadline exceeded after 20ms",
  },
  "its signal": {
    async call(client, watched) {
      const controller = new AbortController();
      const { signal } = controller;
      const call = codeOf(client.sayHelloToAll(watched.requests, { signal }));
      // On a machine that is busy the time may be up before one is asked for.
      const { letGo } = watched;
      await eventually("a request is asked for", () => watched.asked > 0 || watched.letGo > letGo);
      controller.abort(new Error("enough"));
      return await call;
    },
    expect: "Canceled: enough",
  },
  "the end of its client": {
    async call(client, watched) {
      const call = codeOf(client.sayHelloToAll(watched.requests));
      await eventually("a request is asked for", () => watched.asked > 0);
      await client.close();
      return await call;
    },
    expect: "Canceled: the client is closed",
  },
  "a signal that was aborted before": {
    call: (client, { requests }) =>
      codeOf(client.sayHelloToAll(requests, { signal: AbortSignal.abort(new Error("late")) })),
    expect: "Canceled: late",
    isUnread: true,
  },
  "a client that was closed before": {
    async call(client, { requests }) {
      await client.close();
      return await codeOf(client.sayHelloToAll(requests));
    },
    expect: "Canceled: the client is closed",
    isUnread: true,
  },
  "an option that does not exist": {
    async call(client, { requests }) {
      const call = () => client.sayHelloToAll(requests, { tmeout: 1 } as never);
      return (await assertRejects(call, TypeError)).message;
    },
    expect: 'Cannot call with option "tmeout": did you mean "timeout"?',
    isUnread: true,
  },
  "an interceptor that refuses": {
    options: {
      interceptors: [() => () => {
        throw new ConnectError("not so", Code.PermissionDenied);
      }],
    },
    call: (client, { requests }) => codeOf(client.sayHelloToAll(requests)),
    expect: "PermissionDenied: not so",
    isUnread: true,
  },
  "a reader that leaves": {
    isDuplex: true,
    handlers: {
      async *chat() {
        yield { message: "first" };
        await never();
      },
    },
    async call(client, { requests }) {
      for await (const { message } of client.chat(requests)) return message;
    },
    expect: "first",
  },
  "its timeout, while nobody reads": {
    isDuplex: true,
    handlers: { chat: () => ReadableStream.from([]) },
    async call(client, watched) {
      client.chat(watched.requests, { timeout: "20ms" });
      await eventually("a request is asked for", () => watched.asked > 0);
    },
    expect: undefined,
  },
  "the last reply": {
    isDuplex: true,
    handlers: {
      async *chat() {
        yield { message: "only" };
      },
    },
    call: async (client, { requests }) =>
      (await Array.fromAsync(client.chat(requests))).map(({ message }) => message),
    expect: ["only"],
  },
};

for (const way of WAYS) {
  Deno.test(`a client sends what is an async iterable, ${way.title}`, async (t) => {
    await using greeter = await serveGreeter();
    await using client = way.create(greeter);
    for (const [form, create] of Object.entries(FINITE)) {
      await t.step(form, async () => {
        assertEquals((await client.sayHelloToAll(create())).message, "Hello Ada, Bob");
        if (!way.isDuplex) return;
        const replies = await Array.fromAsync(client.chat(create()));
        assertEquals(replies.map(({ message }) => message), ["Hello Ada", "Hello Bob"]);
      });
    }
  });

  for (const [what, ending] of Object.entries(ENDINGS)) {
    if (ending.isDuplex && !way.isDuplex) continue;
    Deno.test(`requests are let go with ${what}, ${way.title}`, async (t) => {
      await using greeter = await serveGreeter({
        handlers: { sayHelloToAll: readAll, ...ending.handlers },
      });
      for (const [form, create] of Object.entries(ENDLESS)) {
        // Half a second each: the server lets a client of HTTP/1.1 finish what it sends.
        if (!way.isDuplex && !form.includes("that waits")) continue;
        await t.step(form, async () => {
          await using client = way.create(greeter, ending.options);
          const watched = create();
          assertEquals(await ending.call(client, watched), ending.expect);
          await eventually("they are let go", () => watched.letGo > 0);
          if (ending.isUnread) assertEquals(watched.asked, 0);
          const { asked } = watched;
          await new Promise((resolve) => setTimeout(resolve));
          assertEquals({ asked: watched.asked, letGo: watched.letGo }, { asked, letGo: 1 });
        });
      }
      await eventually("no call is left", () => greeter.server.callCount === 0);
    });
  }

  Deno.test(`requests that fail end their call, ${way.title}`, async (t) => {
    let first = Promise.withResolvers<void>();
    const reasons: unknown[] = [];
    async function* read(requests: AsyncIterable<unknown>, { signal }: ServiceContext) {
      signal.addEventListener("abort", () => reasons.push(signal.reason.code));
      for await (const _ of requests) {
        first.resolve();
        yield { message: "reply" };
      }
    }
    await using greeter = await serveGreeter({
      handlers: {
        sayHelloToAll: async (...call) => (await Array.fromAsync(read(...call)))[0]!,
        chat: read,
      },
    });
    await using client = way.create(greeter);
    const calls: Record<string, (requests: AsyncIterable<NameRequest>) => Promise<unknown>> = {
      sayHelloToAll: (requests) => client.sayHelloToAll(requests),
      ...(way.isDuplex && { chat: (requests) => Array.fromAsync(client.chat(requests)) }),
    };
    for (const [method, call] of Object.entries(calls)) {
      for (const [form, failing] of Object.entries(FAILING)) {
        const { isAmid, create } = failing;
        await t.step(`${method}, ${form}`, async () => {
          for (
            const error of [new RangeError("no more"), new ConnectError("no more", Code.Aborted)]
          ) {
            first = Promise.withResolvers();
            reasons.length = 0;
            const thrown = await assertRejects(
              () => call(create(error, first.promise)),
              ConnectError,
              "no more",
            );
            assertEquals(error instanceof RangeError ? thrown.cause : thrown, error);
            await eventually("no call is left", () => greeter.server.callCount === 0);
            if (isAmid) assertEquals(reasons, [Code.Canceled]);
          }
        });
      }
    }
  });
}

Deno.test("a ReadableStream is cancelled with what ended its call", async () => {
  await using greeter = await serveGreeter({ handlers: { sayHelloToAll: never } });
  await using client = createClient(Greeter, greeter.baseUrl);
  const watched = ENDLESS["a ReadableStream"]!();
  const error = await assertRejects(() =>
    client.sayHelloToAll(watched.requests, { timeout: "20ms" })
  );
  assertEquals(watched.reason, error);
});

Deno.test("requests are let go when no server can be reached", async () => {
  await using client = createClient(Greeter, "http://127.0.0.1:1");
  for (const create of Object.values(ENDLESS)) {
    const watched = create();
    const code = await codeOf(client.sayHelloToAll(watched.requests));
    assertEquals(code.slice(0, 11), "Unavailable");
    await eventually("they are let go", () => watched.letGo === 1);
    // Nor is it a matter of who reads replies.
    const other = create();
    client.chat(other.requests);
    await eventually("they are let go", () => other.letGo === 1);
  }
});

Deno.test("what is no async iterable, or is read by somebody else, is refused", async () => {
  await using client = createClient(Greeter, "http://127.0.0.1:1");
  const locked = new ReadableStream<NameRequest>();
  locked.getReader();
  const wrong: readonly (readonly [requests: unknown, message: string])[] = [
    [[{ name: "Ada" }], "Cannot send requests that are no async iterable"],
    [{ name: "Ada" }, "Cannot send requests that are no async iterable"],
    [undefined, "Cannot send requests that are no async iterable"],
    [locked, "locked"],
  ];
  for (const [requests, message] of wrong) {
    await assertRejects(() => client.sayHelloToAll(requests as never), TypeError, message);
    assertThrows(() => client.chat(requests as never), TypeError, message);
  }
});

Deno.test("requests to a service in code are let go as others are", async (t) => {
  const Name = z.object({ name: z.string() });
  const service = new Service("demo.v1.Names")
    .streamUnary("Add", { request: Name, response: Name }, never)
    .streamStream("Echo", { request: Name, response: Name }, (requests) => requests);
  const app = new FastGRPC().addService(service);
  await using client = testClient(app, service);
  for (const create of Object.values(FINITE)) {
    const names = (await Array.fromAsync(client.echo(create()))).map(({ name }) => name);
    assertEquals(names, ["Ada", "Bob"]);
  }
  for (const [form, create] of Object.entries(ENDLESS)) {
    await t.step(form, async () => {
      const watched = create();
      const call = client.add(watched.requests, { timeout: "20ms" });
      assertEquals((await codeOf(call)).slice(0, 16), "DeadlineExceeded");
      await eventually("they are let go", () => watched.letGo === 1);
    });
  }
  await assertRejects(() => client.add([] as never), TypeError, "no async iterable");
});

Deno.test("SentRequests ends who waits for the next one when it is stopped", async () => {
  const { requests } = ENDLESS["an iterator that waits"]!();
  const sent = new SentRequests(requests);
  const next = sent.next();
  sent.stop();
  assertEquals(await next, { done: true, value: undefined });
  assertEquals(await sent.next(), { done: true, value: undefined });
});

/** A handler that takes what comes for as long as the call lasts, and leaves others their turn. */
async function readAll(requests: AsyncIterable<unknown>): Promise<{ message: string }> {
  for await (const _ of requests) await new Promise((resolve) => setTimeout(resolve));
  return { message: "all" };
}
