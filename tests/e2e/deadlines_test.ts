import { assert, assertEquals, assertLess } from "@std/assert";
import type { Duration, ServiceImplementation } from "../../mod.ts";
import type { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf, connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { block, never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

type Client = ReturnType<typeof connectGreeter>;

/** How late an answer may come on a machine that is busy with other things. */
const SLACK_MS = 2000;
const TIMEOUT_MS = 60;

async function* endlessRequests() {
  yield { name: "first" };
  await never();
}

interface Layers {
  global?: Duration;
  service?: Duration;
  method?: Duration;
  clientMs?: number;
}

const LAYERS: readonly [Layers, number][] = [
  [{}, Infinity],
  [{ global: 300 }, 300],
  [{ global: 300, service: 200 }, 200],
  [{ global: 300, service: "200s", method: "100s" }, 100],
  [{ global: 100, service: 200, method: 300 }, 300],
  [{ global: 300, method: Infinity }, Infinity],
  [{ global: 300, clientMs: 50_000 }, 50],
  [{ global: 300, clientMs: 500_000 }, 300],
  [{ clientMs: 50_000 }, 50],
];

Deno.test("timeout of a method goes before its service's and the app's, and a client may shorten it", async (t) => {
  for (const [layers, expected] of LAYERS) {
    const { global, service, method, clientMs } = layers;
    await using greeter = await serveGreeter({
      app: global === undefined ? {} : { timeout: global },
      service: {
        ...(service !== undefined && { timeout: service }),
        methods: { sayHello: method === undefined ? {} : { timeout: method } },
      },
      handlers: { sayHello: (_, context) => ({ message: String(context.timeRemaining()) }) },
    });
    for (const protocol of PROTOCOLS) {
      await t.step(`${protocol}: ${expected} s of ${JSON.stringify(layers)}`, async () => {
        using client = connectGreeter(greeter.baseUrl, { protocol });
        const options = clientMs === undefined ? {} : { timeoutMs: clientMs };
        const remaining = Number((await client.sayHello({}, options)).message);
        assert(remaining === expected || (remaining < expected && remaining > expected - 10));
      });
    }
  }
});

/** What a handler that takes no heed of its signal can do. */
const IGNORING: readonly {
  what: string;
  handlers: Partial<ServiceImplementation<typeof Greeter>>;
  call: (client: Client) => Promise<unknown>;
}[] = [
  { what: "unary, no answer", handlers: { sayHello: never }, call: (c) => c.sayHello({}) },
  {
    what: "unary, event loop blocked",
    handlers: { sayHello: () => (block(TIMEOUT_MS + 20), { message: "late" }) },
    call: (c) => c.sayHello({}),
  },
  {
    what: "server stream that does not begin",
    handlers: {
      // deno-lint-ignore require-yield
      async *sayHelloTimes() {
        await never();
      },
    },
    call: (c) => Array.fromAsync(c.sayHelloTimes({})),
  },
  {
    what: "server stream that does not go on",
    handlers: {
      async *sayHelloTimes() {
        yield { message: "first" };
        await never();
      },
    },
    call: (c) => Array.fromAsync(c.sayHelloTimes({})),
  },
  {
    what: "server stream that never waits",
    handlers: {
      async *sayHelloTimes() {
        while (true) yield { message: "more" };
      },
    },
    call: (c) => Array.fromAsync(c.sayHelloTimes({})),
  },
  {
    what: "client stream, not read",
    handlers: { sayHelloToAll: never },
    call: (c) => c.sayHelloToAll(endlessRequests()),
  },
  {
    what: "client stream, waiting for more",
    handlers: {},
    call: (c) => c.sayHelloToAll(endlessRequests()),
  },
  {
    what: "bidirectional stream, not read",
    handlers: {
      // deno-lint-ignore require-yield
      async *chat() {
        await never();
      },
    },
    call: (c) => Array.fromAsync(c.chat(endlessRequests())),
  },
  {
    what: "bidirectional stream, waiting for more",
    handlers: {},
    call: (c) => Array.fromAsync(c.chat(endlessRequests())),
  },
];

Deno.test("deadline ends a call whose handler ignores its signal", async (t) => {
  for (const { what, handlers, call } of IGNORING) {
    await using greeter = await serveGreeter({ app: { timeout: `${TIMEOUT_MS}ms` }, handlers });
    for (const protocol of PROTOCOLS) {
      await t.step(`${protocol}: ${what}`, async () => {
        using client = connectGreeter(greeter.baseUrl, { protocol });
        const startedAt = performance.now();
        assertEquals(
          await codeOf(call(client)),
          `DeadlineExceeded: deadline exceeded after ${TIMEOUT_MS}ms`,
        );
        assertLess(performance.now() - startedAt, TIMEOUT_MS + SLACK_MS);
        await eventually("the call is over", () => greeter.server.callCount === 0);
      });
    }
  }
});

for (const protocol of PROTOCOLS) {
  Deno.test(`deadline keeps back what a stream yields too late (${protocol})`, async () => {
    await using greeter = await serveGreeter({
      app: { timeout: `${TIMEOUT_MS}ms` },
      handlers: {
        async *sayHelloTimes() {
          yield { message: "in time" };
          // Else the first message leaves with the error, and Connect's client drops it.
          await new Promise((resolve) => setTimeout(resolve, 5));
          block(TIMEOUT_MS);
          yield { message: "late" };
        },
      },
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const received: string[] = [];
    const read = async () => {
      for await (const { message } of client.sayHelloTimes({})) received.push(message);
    };
    assertEquals(
      await codeOf(read()),
      `DeadlineExceeded: deadline exceeded after ${TIMEOUT_MS}ms`,
    );
    assertEquals(received, ["in time"]);
  });
}
