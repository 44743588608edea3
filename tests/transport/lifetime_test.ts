import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { Agent } from "node:https";
import { resolveConnectionLimits } from "../../src/transport/connection_limits.ts";
import { type Mortal, watchLifetime } from "../../src/transport/lifetime.ts";
import { envelope, sayHelloRequest } from "../support/envelopes.ts";
import { FrameClient, type ReceivedFrame } from "../support/frame_client.ts";
import { type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { FRAME } from "../support/http2_frames.ts";
import { createPemSet, type PemSet, readPemTexts } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";
import type { ServeOptions } from "../../mod.ts";

const NO_ERROR = 0;
const isPing = ({ type, flags }: ReceivedFrame) => type === FRAME.ping && flags === 0;

interface GatedOptions {
  gate?: Gate;
  serve: ServeOptions;
}

/** Calls named `wait` stop at the gate. */
function serveGated({ gate, serve }: GatedOptions): Promise<RunningGreeter> {
  return serveGreeter({
    handlers: {
      async sayHello({ name }) {
        if (name === "wait") await gate!.pass();
        return { message: `Hello ${name}` };
      },
    },
    serve,
  });
}

/** Last stream and error code of each GOAWAY. */
function goawaysOf(client: FrameClient): number[][] {
  return client.frames.filter(({ type }) => type === FRAME.goaway).map(({ payload }) => {
    const view = new DataView(payload.buffer);
    return [view.getUint32(0), view.getUint32(4)];
  });
}

async function connectOver(pem: PemSet | undefined, port: number): Promise<FrameClient> {
  const ca = pem && (await readPemTexts(pem)).caCertificate;
  return FrameClient.connect({ port, ...(ca !== undefined && { ca }) });
}

for (const encrypted of [false, true]) {
  const over = encrypted ? "TLS" : "plaintext";

  Deno.test(`maxConnectionIdle drains a connection without calls (${over})`, async () => {
    await using pem = encrypted ? await createPemSet() : undefined;
    const idleMs = 60;
    await using greeter = await serveGated({
      serve: { maxConnectionIdle: `${idleMs}ms`, ...pem?.tls },
    });
    await using client = await connectOver(pem, greeter.port);
    assertEquals((await client.sayHello()).grpcStatus, 0);
    const endedAt = performance.now();
    await client.closed;
    // The server's own count begins when its stream is closed, which may be a little earlier.
    assertGreater(performance.now() - endedAt, idleMs - 20);
    assertEquals(goawaysOf(client), [[2 ** 31 - 1, NO_ERROR], [1, NO_ERROR]]);
  });

  Deno.test(`keepaliveTimeout closes a connection whose client is silent (${over})`, async () => {
    await using pem = encrypted ? await createPemSet() : undefined;
    await using greeter = await serveGated({
      serve: { keepaliveInterval: "40ms", keepaliveTimeout: "40ms", ...pem?.tls },
    });
    await using silent = await connectOver(pem, greeter.port);
    await using lively = await connectOver(pem, greeter.port);
    await silent.sayHello();
    silent.pause();
    await lively.until(() => lively.frames.filter(isPing).length >= 5);
    await eventually("only one is left", () => greeter.server.connectionCount === 1);
    assertEquals((await lively.sayHello()).grpcStatus, 0);
    silent.resume();
    await silent.closed;
  });
}

Deno.test("maxConnectionIdle leaves a connection with a call alone", async () => {
  const gate = new Gate();
  await using greeter = await serveGated({ gate, serve: { maxConnectionIdle: "30ms" } });
  await using idle = await FrameClient.connect({ port: greeter.port });
  await using busy = await FrameClient.connect({ port: greeter.port });
  const call = busy.sayHello("wait");
  await gate.reached(1);
  await idle.closed;
  await using later = await FrameClient.connect({ port: greeter.port });
  await later.closed;
  assertEquals(goawaysOf(busy), []);
  gate.open();
  assertEquals((await call).grpcStatus, 0);
  await busy.closed;
});

Deno.test("maxConnectionIdle closes a connection whose client does not take its last answers", async () => {
  await using greeter = await serveGreeter({
    handlers: { sayHello: () => ({ message: "a".repeat(2 ** 24) }) },
    serve: { maxConnectionIdle: "100ms" },
    service: { timeout: "100ms" },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  client.pause();
  for (let i = 0; i < 4; i++) client.startCall({ body: envelope(sayHelloRequest("a")) });
  await eventually("the calls have begun", () => greeter.server.callCount > 0);
  await eventually("no connection is left", () => greeter.server.connectionCount === 0);
});

Deno.test("maxConnectionAge drains a connection, and lets its calls finish", async () => {
  const gate = new Gate();
  await using greeter = await serveGated({ gate, serve: { maxConnectionAge: "50ms" } });
  await using client = await FrameClient.connect({ port: greeter.port });
  const call = client.sayHello("wait");
  await client.frame(({ type }) => type === FRAME.goaway);
  assertEquals(goawaysOf(client), [[2 ** 31 - 1, NO_ERROR]]);
  // Sent before the client had read of it.
  assertEquals((await client.sayHello()).grpcStatus, 0);
  gate.open();
  assertEquals((await call).grpcStatus, 0);
  await client.closed;
  assertEquals(goawaysOf(client).at(-1), [3, NO_ERROR]);
});

Deno.test("maxConnectionAgeGrace ends the calls that are left", async () => {
  const gate = new Gate();
  await using greeter = await serveGated({
    gate,
    serve: { maxConnectionAge: "40ms", maxConnectionAgeGrace: "60ms" },
  });
  await using client = await FrameClient.connect({ port: greeter.port });
  const startedAt = performance.now();
  const call = client.sayHello("wait").catch(() => undefined);
  await client.closed;
  const livedMs = performance.now() - startedAt;
  assert(livedMs > 80 && livedMs < 1000, `${livedMs} ms`);
  assertEquals((await call)?.grpcStatus, undefined);
  gate.open();
  await eventually("no call is left", () => greeter.server.callCount === 0);
});

Deno.test("maxConnectionAge closes a connection of HTTP/1.1 with the next answer", async () => {
  await using pem = await createPemSet();
  const { caCertificate: ca } = await readPemTexts(pem);
  const gate = new Gate();
  await using greeter = await serveGated({
    gate,
    serve: { maxConnectionAge: "50ms", ...pem.tls },
  });
  const agent = new Agent({ keepAlive: true });
  const answer = requestHttp1(greeter.port, {
    ca,
    agent,
    path: "/greeter.v1.Greeter/SayHello",
    headers: { "content-type": "application/json" },
    body: `{"name":"wait"}`,
  });
  await gate.reached(1);
  await new Promise((resolve) => setTimeout(resolve, 80));
  gate.open();
  assertEquals((await answer).headers.connection, "close");
  agent.destroy();
});

Deno.test("keepaliveInterval sends no PING while the client has something to say", async () => {
  await using greeter = await serveGated({ serve: { keepaliveInterval: "100ms" } });
  await using client = await FrameClient.connect({ port: greeter.port });
  const until = performance.now() + 350;
  while (performance.now() < until) await client.sayHello();
  assertEquals(client.frames.filter(isPing).length, 0);
  await client.frame(isPing);
});

Deno.test("watchLifetime() spreads the age by 10 % to both sides", async () => {
  const ageMs = 200;
  const limits = resolveConnectionLimits({ maxConnectionAge: `${ageMs}ms` });
  const startedAt = performance.now();
  const ages: number[] = [];
  const all = Promise.withResolvers<void>();
  const connection: Mortal = {
    idleSince: Infinity,
    bytesRead: 0,
    ping() {},
    drain() {
      ages.push(performance.now() - startedAt);
      if (ages.length === 100) all.resolve();
    },
    destroy() {},
  };
  const ends = Array.from({ length: 100 }, () => watchLifetime(connection, limits));
  await all.promise;
  for (const end of ends) end();
  assertGreater(ages[0]!, ageMs * 0.9 - 1);
  assertLess(ages[0]!, ageMs * 0.95);
  assertGreater(ages.at(-1)!, ageMs * 1.05);
});
