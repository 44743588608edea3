/** Signals to a server in a process of its own, with no permission but that for its port. */

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { startGreeter } from "../support/child_greeter.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { assertExitsWell } from "../support/program.ts";
import { untilRefused } from "../support/waiting.ts";
import type { RunOptions } from "../../mod.ts";

const UNAVAILABLE = "14 UNAVAILABLE: the server is shutting down";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} loses none of 50 calls and 10 streams in flight`, async () => {
    await using server = startGreeter({ run: { gracefulTimeout: "1m", healthCheck: true } });
    const port = await server.port();
    using channels = createChannels(port, 5);
    using clients = createClients(port);
    const answers = Promise.allSettled([
      ...Array.from({ length: 50 }, async (_, index) => {
        const client = channels.list[index % 5]!;
        return [(await client.unary(Greeter.method.sayHello, { name: "wait" })).message];
      }),
      ...Array.from({ length: 10 }, (_, index) => {
        const client = clients.list[index % 3]!;
        return Array.fromAsync(client.sayHelloTimes({}), (reply) => reply.message);
      }),
    ]);
    await server.printed(/waiting 60$/m);

    server.kill(signal);
    await server.printed(/Shutting down gracefully\.\.\./);
    await untilRefused(port);
    assert(!server.output().includes("stopped"));

    server.kill("SIGUSR1");
    assertEquals(await answers, [
      ...Array(50).fill({ status: "fulfilled", value: ["Hello wait"] }),
      ...Array(10).fill({ status: "fulfilled", value: ["first", "last"] }),
    ]);
    await assertExitsWell(server);
  });
}

const ENDINGS: readonly {
  title: string;
  options: RunOptions;
  signals: readonly Deno.Signal[];
}[] = [
  { title: "at once without a gracefulTimeout", options: {}, signals: ["SIGTERM"] },
  { title: "at gracefulTimeout", options: { gracefulTimeout: "100ms" }, signals: ["SIGTERM"] },
  {
    title: "at a second SIGTERM",
    options: { gracefulTimeout: "20s" },
    signals: ["SIGTERM", "SIGTERM"],
  },
  {
    title: "at SIGTERM after SIGINT, in the midst of lameDuck",
    options: { lameDuck: "20s", gracefulTimeout: "20s" },
    signals: ["SIGINT", "SIGTERM"],
  },
];
for (const { title, options, signals } of ENDINGS) {
  Deno.test(`run() ends calls in flight ${title}, and the process exits 0 by itself`, async () => {
    await using server = startGreeter({ run: options });
    const port = await server.port();
    using channels = createChannels(port, 1);
    const [client] = channels.list;
    const { sayHello, sayHelloTimes } = Greeter.method;
    const ended = Promise.all([
      assertRejects(() => client!.unary(sayHello, { name: "wait" }), Error, UNAVAILABLE),
      assertRejects(
        () => Array.fromAsync(client!.serverStream(sayHelloTimes, {})),
        Error,
        UNAVAILABLE,
      ),
    ]);
    await server.printed(/waiting 2$/m);
    const before = performance.now();
    for (const signal of signals) {
      server.kill(signal);
      await server.printed(/Shutting down gracefully\.\.\./);
    }
    await ended;
    assertLess(performance.now() - before, 10_000);
    await assertExitsWell(server);
  });
}

Deno.test("run() works a second time in the same process", async () => {
  await using server = startGreeter({ run: { gracefulTimeout: "1m" }, runs: 2 });
  for (const run of [1, 2]) {
    const port = await server.port(run);
    using channels = createChannels(port, 1);
    const reply = await channels.list[0]!.unary(Greeter.method.sayHello, { name: "you" });
    assertEquals(reply.message, "Hello you");
    server.kill("SIGTERM");
    await server.printed(new RegExp(`(?:\\nstopped\\n[^]*?){${run}}`));
  }
  await assertExitsWell(server);
});

Deno.test("run() gives the signals back when it resolves", async () => {
  await using server = startGreeter({ staysAlive: true });
  await server.port();
  server.kill("SIGTERM");
  await server.printed(/^stopped$/m);
  server.kill("SIGTERM");
  assertEquals((await server.status).signal, "SIGTERM");
});

function createChannels(port: number, count: number) {
  const list = Array.from({ length: count }, () => connectGrpcJs(port));
  return { list, [Symbol.dispose]: () => list.forEach((client) => client[Symbol.dispose]()) };
}

/** One of connect-node for each protocol. */
function createClients(port: number) {
  const list = PROTOCOLS.map((protocol) =>
    connectGreeter(`http://127.0.0.1:${port}`, { protocol })
  );
  return { list, [Symbol.dispose]: () => list.forEach((client) => client[Symbol.dispose]()) };
}
