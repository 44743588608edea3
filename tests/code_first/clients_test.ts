import { assert, assertEquals, assertLess } from "@std/assert";
import { ConnectError } from "@connectrpc/connect";
import { z } from "zod";
import { message } from "@fastgrpc/fastgrpc/zod";
import { BadRequestSchema } from "@fastgrpc/fastgrpc/errors";
import { type AppOptions, FastGRPC, type ServeOptions, Service } from "../../mod.ts";
import { type ClientOptions, createClient, type ServiceClient } from "../../src/client.ts";
import { testClient } from "../../src/testing.ts";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf, PROTOCOLS } from "../support/connect_node.ts";
import { createPemSet } from "../support/pem_files.ts";
import { never } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const Order = z.object({
  id: z.int64(),
  kind: z.enum(["book", "record"]),
  count: z.uint32().default(1),
  at: z.date(),
  labels: z.map(z.string(), z.int32()),
  tags: z.array(z.string()).min(1),
  payment: z.discriminatedUnion("by", [
    z.object({ by: z.literal("cash") }),
    z.object({ by: z.literal("card"), number: z.string().length(4) }),
  ]),
  note: z.string().nullable(),
  data: z.json(),
  hello: message(SayHelloRequestSchema).optional(),
}).meta({ id: "Order" });

const order: z.input<typeof Order> = {
  id: 2n ** 60n,
  kind: "record",
  at: new Date(86_400_000),
  labels: new Map([["a", 1]]),
  tags: ["x"],
  payment: { by: "card", number: "1234" },
  note: null,
  data: { a: [1, null] },
};
const whole: z.output<typeof Order> = { ...Order.parse(order) };
const bad = { ...order, tags: [], payment: { by: "card" as const, number: "1" } };

const notes: string[] = [];

/** Echoes orders, in each kind of method, and notes when it is left. */
function createOrders() {
  const both = { request: Order, response: Order };
  return new Service("demo.v1.Orders")
    .unaryUnary("One", both, (order) => order)
    .unaryStream("Many", both, async function* (order) {
      try {
        while (true) yield order;
      } finally {
        notes.push("many left");
      }
    })
    .streamUnary("Last", both, async (orders) => (await Array.fromAsync(orders)).at(-1)!)
    .streamStream("Chat", both, async function* (orders) {
      try {
        for await (const order of orders) yield order;
      } finally {
        notes.push("chat left");
      }
    })
    .unaryUnary("Hang", { ...both, timeout: "60ms" }, never)
    .unaryUnary("Wait", both, never);
}

const orders = createOrders();
type Orders = ServiceClient<typeof orders>;

async function serve(service: Service, app: AppOptions = {}, options: ServeOptions = {}) {
  const server = await new FastGRPC(app).addService(service)
    .serve({ port: 0, hostname: "127.0.0.1", ...options });
  const isTls = options.sslCertificateChain !== undefined;
  return {
    server,
    url: isTls ? `https://localhost:${server.addr.port}` : `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      assertEquals([server.callCount, server.connectionCount], [0, 0]);
    },
  };
}

/** Clients over the wire and in memory, in each protocol. */
const CLIENTS: readonly (readonly [
  name: string,
  use: (run: (client: Orders) => Promise<void>) => Promise<void>,
])[] = PROTOCOLS.flatMap((protocol) => [
  [`createClient() by ${protocol}`, async (run) => {
    await using server = await serve(orders);
    await using client = createClient(orders, server.url, { protocol });
    await run(client);
  }],
  [`testClient() by ${protocol}`, async (run) => {
    await using client = testClient(new FastGRPC().addService(orders), orders, { protocol });
    await run(client);
  }],
]);

async function* requestsOf(...all: z.input<typeof Order>[]) {
  try {
    yield* all;
  } finally {
    notes.push("requests left");
  }
}

async function firstOf<T>(replies: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const reply of replies) if (found.push(reply) === count) break;
  return found;
}

function errorOf(work: PromiseLike<unknown>): Promise<ConnectError> {
  return Promise.resolve(work).then(() => {
    throw new Error("there was no error");
  }, (error) => ConnectError.from(error));
}

for (const [name, use] of CLIENTS) {
  Deno.test(`${name} calls all four kinds in code with values both ways`, () =>
    use(async (client) => {
      assertEquals(await client.one(order), whole);
      const hello = { name: "Ada" };
      assertEquals((await client.one({ ...order, hello })).hello?.name, "Ada");
      assertEquals(await client.last(requestsOf({ ...order, id: 1n }, order)), whole);
      assertEquals(await Array.fromAsync(client.chat(requestsOf(order, order))), [whole, whole]);
      assertEquals(await firstOf(client.many(order), 2), [whole, whole]);
    }));

  Deno.test(`${name} finds what is wrong with a request of any kind`, () =>
    use(async (client) => {
      for (
        const call of [
          () => client.one(bad),
          () => Array.fromAsync(client.many(bad)),
          () => client.last(requestsOf(order, bad)),
          () => Array.fromAsync(client.chat(requestsOf(bad))),
        ]
      ) {
        const error = await errorOf(call());
        assertEquals(
          error.rawMessage.startsWith("invalid request: tags: Too small"),
          true,
          error.message,
        );
        const fields = error.findDetails(BadRequestSchema)
          .flatMap(({ fieldViolations }) => fieldViolations)
          .map(({ field, reason }) => `${field} ${reason}`);
        assertEquals(fields, ["tags TOO_SMALL", "card.number TOO_SMALL"]);
      }
    }));

  Deno.test(`${name} has deadlines, its own and the method's`, () =>
    use(async (client) => {
      const after = "DeadlineExceeded: deadline exceeded after 60ms";
      assertEquals(await codeOf(client.hang(order)), after);
      assertEquals(await codeOf(client.wait(order, { timeout: "60ms" })), after);
    }));

  Deno.test(`${name} frees a handler's generator when it leaves a stream early`, () =>
    use(async (client) => {
      notes.length = 0;
      await firstOf(client.many(order), 3);
      await eventually("the handler is free", () => notes.includes("many left"));
      const endless = async function* () {
        try {
          while (true) {
            yield order;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          notes.push("endless left");
        }
      };
      await firstOf(client.chat(endless()), 3);
      await eventually("the handler of chat is free", () => notes.includes("chat left"));
      await eventually("the requests are free", () => notes.includes("endless left"));
    }));

  Deno.test(`${name} is told of a request that cannot be made, and leaves the others`, () =>
    use(async (client) => {
      notes.length = 0;
      const unmade = { ...order, kind: "none" as "book" };
      assert((await errorOf(client.one(unmade))).message.includes("Not one of"));
      const stream = client.last(requestsOf(order, unmade, order));
      assert((await errorOf(stream)).message.includes("Not one of"));
      assertEquals(notes, ["requests left"]);
    }));
}

Deno.test("a call in code is cancelled by its signal, and by a client that is closed", async () => {
  await using server = await serve(orders);
  const client = createClient(orders, server.url);
  const leaving = new AbortController();
  const calls = [client.wait(order, { signal: leaving.signal }), client.wait(order)];
  const codes = calls.map((call) => codeOf(call).then((code) => code.split(":")[0]));
  await eventually("both calls", () => server.server.callCount === 2);
  leaving.abort();
  assertEquals(await codes[0], "Canceled");
  await client.close();
  assertEquals(await codes[1], "Canceled");
  assertEquals((await codeOf(client.one(order))).split(":")[0], "Canceled");
});

Deno.test("a call in code lasts no longer than the handler's call that it is made in", async () => {
  await using upstream = await serve(orders);
  await using client = createClient(orders, upstream.url);
  const proxy = new Service("demo.v1.Proxy").unaryUnary(
    "Pass",
    { request: Order, response: Order, timeout: "80ms" },
    (order, context) => client.wait(order, { context }),
  );
  await using caller = testClient(new FastGRPC().addService(proxy), proxy);
  const startedAt = performance.now();
  assertEquals((await codeOf(caller.pass(order))).split(":")[0], "DeadlineExceeded");
  assertLess(performance.now() - startedAt, 3000);
  await eventually("the call upstream is over", () => upstream.server.callCount === 0);
});

Deno.test("createClient() calls a service in code by mTLS, whose handler sees the certificate", async () => {
  await using pem = await createPemSet();
  const who = new Service("demo.v1.Who").unaryUnary(
    "Who",
    { request: z.void(), response: z.object({ name: z.string(), isEncrypted: z.boolean() }) },
    (_, { peer }) => ({
      name: peer.certificate?.subjectAltNames.dns[0] ?? peer.certificate?.subject ?? "",
      isEncrypted: peer.encrypted,
    }),
  );
  await using server = await serve(who, {}, pem.mtls);
  const { caCertificate, clientCertificateChain, clientPrivateKey } = pem;
  const options: ClientOptions = {
    tls: { caCertificate, clientCertificateChain, clientPrivateKey },
  };
  for (const protocol of PROTOCOLS) {
    await using client = createClient(who, server.url, { ...options, protocol });
    const { name, isEncrypted } = await client.who();
    assertEquals([name !== "", isEncrypted], [true, true]);
  }
  await using stranger = createClient(who, server.url, { tls: { caCertificate } });
  assertEquals((await codeOf(stranger.who())).split(":")[0], "Unavailable");
});
