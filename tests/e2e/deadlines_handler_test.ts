import { assertEquals, assertInstanceOf } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { captureLog } from "../support/captured_log.ts";
import { codeOf, connectGreeter, PROTOCOLS, requestsOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { block, never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const TIMEOUT_MS = 60;

Deno.test("deadline reaches a handler before it is given more of a request stream", async (t) => {
  let seen: string[] = [];
  let failure: unknown;
  async function collect(requests: AsyncIterable<{ name: string }>): Promise<void> {
    try {
      for await (const { name } of requests) {
        seen.push(name);
        // The next request, or the end of the stream, is there before the timer runs.
        block(TIMEOUT_MS);
      }
      seen.push("end");
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  await using greeter = await serveGreeter({
    app: { timeout: `${TIMEOUT_MS}ms` },
    handlers: {
      async sayHelloToAll(requests) {
        await collect(requests);
        return { message: "late" };
      },
      // deno-lint-ignore require-yield
      async *chat(requests) {
        await collect(requests);
      },
    },
  });
  for (const protocol of PROTOCOLS) {
    for (const method of ["sayHelloToAll", "chat"] as const) {
      for (const names of [["a"], ["a", "b"]]) {
        await t.step(`${protocol}: ${method} with ${names}`, async () => {
          seen = [];
          using client = connectGreeter(greeter.baseUrl, { protocol });
          const call = method === "chat"
            ? Array.fromAsync(client.chat(requestsOf(...names)))
            : client.sayHelloToAll(requestsOf(...names));
          assertEquals((await codeOf(call)).split(":")[0], "DeadlineExceeded");
          assertEquals(seen, ["a"]);
          assertInstanceOf(failure, ConnectError);
          assertEquals(failure.code, Code.DeadlineExceeded);
        });
      }
    }
  }
});

Deno.test("context.signal says why the call ended", async (t) => {
  let reason = Promise.withResolvers<unknown>();
  const started = { handler: () => {} };
  await using greeter = await serveGreeter({
    service: { methods: { sayHello: { timeout: `${TIMEOUT_MS}ms` } } },
    handlers: {
      sayHello: (_, { signal }) => {
        signal.addEventListener("abort", () => reason.resolve(signal.reason), { once: true });
        return never();
      },
      async *sayHelloTimes(_, { signal }) {
        signal.addEventListener("abort", () => reason.resolve(signal.reason), { once: true });
        yield { message: "started" };
        started.handler();
        await never();
      },
    },
  });
  for (const protocol of PROTOCOLS) {
    await t.step(`${protocol}: the deadline has passed`, async () => {
      reason = Promise.withResolvers();
      using client = connectGreeter(greeter.baseUrl, { protocol });
      await codeOf(client.sayHello({}));
      const error = await reason.promise;
      assertInstanceOf(error, ConnectError);
      assertEquals(error.code, Code.DeadlineExceeded);
    });
    await t.step(`${protocol}: the client has left`, async () => {
      reason = Promise.withResolvers();
      using client = connectGreeter(greeter.baseUrl, { protocol });
      const leaving = new AbortController();
      started.handler = () => leaving.abort();
      await codeOf(Array.fromAsync(client.sayHelloTimes({}, { signal: leaving.signal })));
      const error = await reason.promise;
      assertInstanceOf(error, ConnectError);
      assertEquals(error.code, Code.Canceled);
    });
  }
});

Deno.test("deadline makes what its handler does later harmless", async (t) => {
  await using log = await captureLog();
  const late = { end: Promise.withResolvers<void>(), done: 0 };
  const finish = async () => {
    await late.end.promise;
    late.done++;
  };
  await using greeter = await serveGreeter({
    app: { timeout: `${TIMEOUT_MS}ms` },
    handlers: {
      async sayHello({ name }) {
        await finish();
        if (name === "throw") throw new Error("too late");
        return { message: "too late" };
      },
      async *sayHelloTimes({ name }) {
        await finish();
        if (name === "throw") throw new Error("too late");
        yield { message: "too late" };
      },
    },
  });
  for (const protocol of PROTOCOLS) {
    for (const name of ["return", "throw"]) {
      await t.step(`${protocol}: ${name}`, async () => {
        late.end = Promise.withResolvers();
        late.done = 0;
        const before = log.access().length;
        using client = connectGreeter(greeter.baseUrl, { protocol });
        const calls = [client.sayHello({ name }), Array.fromAsync(client.sayHelloTimes({ name }))];
        const ends = await Promise.all(calls.map(codeOf));
        assertEquals(ends.map((end) => end.split(":")[0]), [
          "DeadlineExceeded",
          "DeadlineExceeded",
        ]);
        await log.waitForAccess(before + 2);
        late.end.resolve();
        await eventually("both handlers are done", () => late.done === 2);
        // A rejection that nobody handles fails the test in the next turn.
        await new Promise((resolve) => setTimeout(resolve));
        assertEquals(log.access().length, before + 2);
        assertEquals(log.calls(), []);
      });
    }
  }
});
