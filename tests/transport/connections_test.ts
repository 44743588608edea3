import { assert, assertEquals, assertLess } from "@std/assert";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { FrameClient } from "../support/frame_client.ts";
import { type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { FLAG, FRAME, goaway, PREFACE, settings, windowUpdate } from "../support/http2_frames.ts";
import { createPemSet, type PemSet } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually, untilRefused } from "../support/waiting.ts";

/** Calls named `wait` stop at the gate; streams send a large message before and after it. */
function serveGated(gate: Gate, pem?: PemSet, gracefulTimeout = Infinity): Promise<RunningGreeter> {
  const message = "x".repeat(500_000);
  return serveGreeter({
    handlers: {
      async sayHello({ name }) {
        if (name === "wait") await gate.pass();
        return { message: `Hello ${name}` };
      },
      async *sayHelloTimes() {
        yield { message };
        await gate.pass();
        yield { message };
      },
    },
    serve: {
      gracefulTimeout,
      ...pem?.tls,
    },
  });
}

/** The last stream that a GOAWAY says is served. */
function lastStreamIdsOf(client: FrameClient): number[] {
  return client.frames.filter(({ type }) => type === FRAME.goaway)
    .map(({ payload }) => new DataView(payload.buffer).getUint32(0));
}

Deno.test("drain() announces the end in a first GOAWAY and says in a second what was served", async () => {
  const gate = new Gate();
  await using greeter = await serveGated(gate);
  await using client = await FrameClient.connect({ port: greeter.port });
  await client.sayHello();
  const call = client.sayHello("wait");
  await gate.reached(1);
  const finished = greeter.server.shutdown();
  await client.frame(({ type }) => type === FRAME.goaway);
  assertEquals(lastStreamIdsOf(client), [2 ** 31 - 1]);
  gate.open();
  assertEquals((await call).grpcStatus, 0);
  await client.closed;
  assertEquals(lastStreamIdsOf(client), [2 ** 31 - 1, 3]);
  await finished;
});

for (const isBusy of [false, true]) {
  const when = isBusy ? "with calls in flight" : "without";
  Deno.test(`drain() serves a stream that comes after the client's own GOAWAY, ${when}`, async () => {
    const gate = new Gate();
    await using greeter = await serveGated(gate);
    await using client = await FrameClient.connect({ port: greeter.port });
    const early = client.sayHello(isBusy ? "wait" : "you");
    await (isBusy ? gate.reached(1) : early);
    const finished = greeter.server.shutdown();
    // The answer to the ping goes out first, as libraries have it.
    await client.frame(({ type, flags }) => type === FRAME.ping && flags !== FLAG.ack);
    client.send(goaway());
    if (isBusy) await client.ping();
    assertEquals((await client.sayHello("late")).grpcStatus, 0);
    gate.open();
    assertEquals((await early).grpcStatus, 0);
    await finished;
  });
}

Deno.test("drain() closes connections whose clients are silent, however long calls may take", async (t) => {
  await using pem = await createPemSet();
  const clients = [
    { name: "nothing sent", isTls: false, opening: new Uint8Array() },
    { name: "HTTP/2 begun, nothing answered", isTls: false, opening: [...PREFACE, ...settings()] },
    { name: "TLS not begun", isTls: true, opening: new Uint8Array() },
  ];
  for (const { name, isTls, opening } of clients) {
    await t.step(name, async () => {
      await using greeter = await serveGated(new Gate(), isTls ? pem : undefined);
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
      await connection.write(Uint8Array.from(opening));
      await eventually("it is accepted", () => greeter.server.connectionCount === 1);
      const before = performance.now();
      await greeter.server.shutdown();
      assertLess(performance.now() - before, 5000);
    });
  }
});

/** A request of HTTP/1.1, in the Connect protocol. */
function startRequest(
  { baseUrl }: RunningGreeter,
  agent: Agent,
  method: string,
  contentType: string,
  body: string | Uint8Array,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = `${baseUrl}/greeter.v1.Greeter/${method}`;
    const options = { method: "POST", agent, headers: { "content-type": contentType } };
    request(url, options, resolve).on("error", reject).end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response) text += chunk;
  return text;
}

function createAgent(pem: PemSet): Agent & Disposable {
  const { certificate: ca } = pem.ca;
  const agent = new Agent({ keepAlive: true, ca });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}

Deno.test("drain() closes connections of HTTP/1.1 between two requests", async () => {
  await using pem = await createPemSet();
  await using greeter = await serveGated(new Gate(), pem);
  using agent = createAgent(pem);
  const response = await startRequest(greeter, agent, "SayHello", "application/json", "{}");
  assertEquals(JSON.parse(await readBody(response)).message, "Hello ");
  assert(response.headers.connection !== "close");
  assertEquals(greeter.server.connectionCount, 1);
  const before = performance.now();
  await greeter.server.shutdown();
  assertLess(performance.now() - before, 5000);
});

Deno.test("drain() lets requests of HTTP/1.1 finish, answered in part or not at all", async () => {
  await using pem = await createPemSet();
  const gate = new Gate();
  await using greeter = await serveGated(gate, pem);
  using agent = createAgent(pem);
  const unary = startRequest(greeter, agent, "SayHello", "application/json", '{"name":"wait"}');
  const envelope = Uint8Array.of(0, 0, 0, 0, 2, 0x7b, 0x7d);
  const stream = await startRequest(
    greeter,
    agent,
    "SayHelloTimes",
    "application/connect+json",
    envelope,
  );
  await gate.reached(2);
  const finished = greeter.server.shutdown();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(greeter.server.connectionCount, 2);
  gate.open();
  const response = await unary;
  assertEquals(response.headers.connection, "close");
  assertEquals(JSON.parse(await readBody(response)).message, "Hello wait");
  const body = await readBody(stream);
  assertEquals(body.match(/x{500000}/g)?.length, 2);
  assert(body.endsWith("{}"));
  await finished;
});

Deno.test("destroy() comes after UNAVAILABLE has gone out on HTTP/1.1", async () => {
  await using pem = await createPemSet();
  const gate = new Gate();
  await using greeter = await serveGated(gate, pem, 0.05);
  using agent = createAgent(pem);
  const unary = startRequest(greeter, agent, "SayHello", "application/json", '{"name":"wait"}');
  await gate.reached(1);
  await greeter.server.shutdown();
  const response = await unary;
  assertEquals(response.statusCode, 503);
  assertEquals(JSON.parse(await readBody(response)).code, "unavailable");
  gate.open();
});

Deno.test("connections are counted until they are gone, however they end", async () => {
  await using greeter = await serveGated(new Gate());
  const sockets = Array.from({ length: 5 }, () => connectTcp(greeter.port, "127.0.0.1"));
  for (const socket of sockets) socket.on("error", () => {});
  await eventually("five connections", () => greeter.server.connectionCount === 5);
  sockets[0]!.end();
  sockets[1]!.destroy();
  sockets[2]!.resetAndDestroy();
  sockets[3]!.write("GET / HTTP/1.1\r\n\r\n");
  await eventually("one connection", () => greeter.server.connectionCount === 1);
  sockets[4]!.destroy();
  await eventually("no connection", () => greeter.server.connectionCount === 0);
  for (const socket of sockets) socket.destroy();
});

Deno.test("a handshakeTimeout that is too long for a timer does not close connections", async () => {
  await using greeter = await serveGreeter({ serve: { handshakeTimeout: "30d" } });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
  await eventually("it is accepted", () => greeter.server.connectionCount === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(greeter.server.connectionCount, 1);
  connection.close();
});

for (const encrypted of [false, true]) {
  const over = encrypted ? "TLS" : "plaintext";
  Deno.test(`drain() serves what comes first on a connection that was accepted before it (${over})`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({
      serve: { gracefulTimeout: Infinity, ...(encrypted && pem.tls) },
    });
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
    await eventually("it is accepted", () => greeter.server.connectionCount === 1);
    const finished = greeter.server.shutdown();
    await untilRefused(greeter.port);
    await using client = FrameClient.over(
      encrypted
        ? await Deno.startTls(tcp, {
          hostname: "localhost",
          caCerts: [pem.ca.certificate],
          alpnProtocols: ["h2"],
        })
        : tcp,
    );
    assertEquals((await client.sayHello()).grpcStatus, 0);
    await client.closed;
    assertEquals(lastStreamIdsOf(client), [2 ** 31 - 1, 1]);
    await finished;
  });
}

Deno.test("drain() does not wait long for a connection on which nothing is said", async () => {
  await using greeter = await serveGreeter({ serve: { gracefulTimeout: Infinity } });
  using _silent = await Deno.connect({ hostname: "127.0.0.1", port: greeter.port });
  await eventually("it is accepted", () => greeter.server.connectionCount === 1);
  await greeter.server.shutdown();
});

Deno.test("drain() waits for a client that empties the system's buffers slowly", async () => {
  const message = "x".repeat(1_500_000);
  let hasCome = false;
  const sayHello = () => {
    hasCome = true;
    return { message };
  };
  await using greeter = await serveGreeter({
    handlers: { sayHello },
    serve: { gracefulTimeout: Infinity },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  client.pause();
  const call = client.sayHello();
  await eventually("the call has come", () => hasCome);
  const finished = greeter.server.shutdown();
  // Signs of life, for longer than a client that is silent is waited for.
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.send(windowUpdate(0, 1));
  }
  client.resume();
  const { bytes, grpcStatus } = await call;
  assertEquals({ isWhole: bytes > message.length, grpcStatus }, { isWhole: true, grpcStatus: 0 });
  await finished;
});
