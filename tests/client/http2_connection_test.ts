import { assert, assertEquals, assertRejects } from "@std/assert";
import { constants, type ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { createClient } from "../../src/client.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { bounded } from "../support/bounded.ts";
import { codeOf, PROTOCOLS } from "../support/connect_node.ts";
import { envelope } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { serveSilence } from "../support/silent_port.ts";
import { eventually } from "../support/waiting.ts";
import { answerGrpc, serveWire } from "../support/wire_server.ts";

for (const protocol of PROTOCOLS) {
  Deno.test(`createClient() loses no answer by ${protocol} to a server that drains`, async () => {
    let taken = 0;
    await using greeter = await serveGreeter({
      handlers: {
        async sayHello() {
          await new Promise((resolve) => setTimeout(resolve, taken++ % 5));
          return { message: "Hello" };
        },
      },
      serve: { gracefulTimeout: "10s" },
    });
    await using client = createClient(Greeter, greeter.baseUrl, { protocol });
    const ends: Record<string, number> = {};
    const callUntilRefused = async () => {
      while (true) {
        const [end] = (await codeOf(client.sayHello({ name: "Ada" }))).split(": 127", 1);
        const kind = end!.replace(/http:.*/, "…");
        ends[kind] = (ends[kind] ?? 0) + 1;
        if (end !== "OK") return;
      }
    };
    const load = Promise.all(Array.from({ length: 20 }, callUntilRefused));
    await eventually("there is load", () => taken > 50);
    await greeter.server.shutdown();
    await load;
    assertEquals(ends, { "OK": taken, "Unavailable: cannot connect to …": 20 });
  });
}

Deno.test("createClient() opens another connection after a GOAWAY, and ends the old one", async () => {
  const open: ServerHttp2Stream[] = [];
  await using server = await serveWire((stream) => {
    if (open.push(stream) === 1) stream.session!.goaway(constants.NGHTTP2_NO_ERROR);
    else answerGrpc(stream);
  });
  await using client = createClient(Greeter, server.url);
  const first = client.sayHello({});
  await eventually("the first call is there", () => open.length === 1);
  await eventually("the second goes elsewhere", () => {
    if (server.sessionCount === 1) void client.sayHello({}).catch(() => {});
    return server.sessionCount === 2;
  });
  answerGrpc(open[0]!);
  await first;
  await eventually("the old connection is closed", () => server.sessions.size === 1);
});

Deno.test("createClient() connects anew when its connection is lost", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url);
  for (let turn = 1; turn <= 3; turn++) {
    await client.sayHello({});
    assertEquals(server.sessionCount, turn);
    for (const session of server.sessions) session.destroy();
    await eventually("the connection is gone", () => server.sessions.size === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

Deno.test("createClient() says UNAVAILABLE when a connection breaks off amid a call", async () => {
  for (const isBegun of [false, true]) {
    for (const protocol of PROTOCOLS) {
      await using server = await serveWire((stream, headers) => {
        if (isBegun) {
          stream.respond({ ":status": 200, "content-type": headers["content-type"] });
          stream.write(envelope(new Uint8Array([1, 2, 3])).subarray(0, 6));
        }
        setTimeout(() => server.cut(), 20);
      });
      await using client = createClient(Greeter, server.url, { protocol });
      const error = await assertRejects(() => client.sayHello({}), ConnectError);
      assertEquals([error.code, error.rawMessage], [
        Code.Unavailable,
        "the connection broke off",
      ], `${protocol}, ${isBegun}`);
    }
  }
});

const RESETS: readonly (readonly [name: string, code: number, wanted: Code])[] = [
  ["REFUSED_STREAM", constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  ["CANCEL", constants.NGHTTP2_CANCEL, Code.Canceled],
  ["ENHANCE_YOUR_CALM", constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  ["INADEQUATE_SECURITY", constants.NGHTTP2_INADEQUATE_SECURITY, Code.PermissionDenied],
  ["INTERNAL_ERROR", constants.NGHTTP2_INTERNAL_ERROR, Code.Internal],
  ["PROTOCOL_ERROR", constants.NGHTTP2_PROTOCOL_ERROR, Code.Internal],
];

for (const [name, code, wanted] of RESETS) {
  Deno.test(`createClient() tells of a stream that is reset with ${name}`, async () => {
    await using server = await serveWire((stream) => stream.close(code));
    await using client = createClient(Greeter, server.url);
    const error = await assertRejects(() => client.sayHello({}), ConnectError);
    assertEquals(Code[error.code], Code[wanted]);
  });
}

Deno.test("createClient() tells of a stream that is reset amid its answer", async () => {
  for (const protocol of PROTOCOLS) {
    await using server = await serveWire((stream, headers) => {
      stream.respond({ ":status": 200, "content-type": headers["content-type"] });
      stream.write(envelope(new Uint8Array([1, 2, 3])).subarray(0, 6));
      setTimeout(() => stream.destroy(new Error("enough")), 10);
    });
    await using client = createClient(Greeter, server.url, { protocol });
    assertEquals(
      await codeOf(client.sayHello({})),
      "Internal: stream was closed with HTTP/2 error code 0x2",
      protocol,
    );
  }
});

Deno.test("createClient() resets what it gives up with CANCEL", async () => {
  await using server = await serveWire(() => {});
  await using client = createClient(Greeter, server.url);
  const signal = AbortSignal.timeout(20);
  assertEquals((await codeOf(client.sayHello({}, { signal }))).slice(0, 8), "Canceled");
  assertEquals((await codeOf(client.sayHello({}, { timeout: "20ms" }))).slice(0, 8), "Deadline");
  await eventually("both are reset", () => server.closeCodes.length === 2);
  assertEquals(server.closeCodes, [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
});

Deno.test("createClient() gives a connection up that does not open in time", async () => {
  using silence = serveSilence();
  const url = `https://localhost:${silence.port}`;
  await using client = createClient(Greeter, url, { connectTimeout: "50ms" });
  assertEquals(
    await codeOf(client.sayHello({})),
    `Unavailable: cannot connect to ${url}: no answer within 50ms`,
  );
});

Deno.test("createClient() gives a connection up on which nobody speaks HTTP/2", async () => {
  using silence = serveSilence();
  const url = `http://127.0.0.1:${silence.port}`;
  await using client = createClient(Greeter, url, { connectTimeout: "50ms" });
  assertEquals((await codeOf(client.sayHello({}))).slice(0, 11), "Unavailable");
});

Deno.test("createClient() does not wait for a connection beyond a call's own end", async () => {
  using silence = serveSilence();
  await using client = createClient(Greeter, `https://localhost:${silence.port}`);
  const startedAt = performance.now();
  assertEquals(
    (await codeOf(client.sayHello({}, { timeout: "30ms" }))).slice(0, 16),
    "DeadlineExceeded",
  );
  assert(performance.now() - startedAt < 2000);
});

Deno.test("keepaliveInterval finds a server that is silent", async () => {
  using silence = serveSilence();
  const url = `http://127.0.0.1:${silence.port}`;
  await using client = createClient(Greeter, url, {
    keepaliveInterval: "30ms",
    keepaliveTimeout: "30ms",
  });
  assertEquals(
    await bounded("the call ends", codeOf(client.sayHello({}))),
    "Unavailable: the connection broke off",
  );
});

Deno.test("keepaliveInterval leaves a server alone that answers PING", async () => {
  let pings = 0;
  await using server = await serveWire((stream) => {
    stream.session!.on("ping", () => pings++);
    setTimeout(() => answerGrpc(stream), 200);
  });
  await using client = createClient(Greeter, server.url, {
    keepaliveInterval: "20ms",
    keepaliveTimeout: "1s",
  });
  assertEquals(await codeOf(client.sayHello({})), "OK");
  assert(pings >= 2, `${pings} pings`);
});

Deno.test("idleTimeout closes a connection without calls, and the next call opens another", async () => {
  await using server = await serveWire();
  await using client = createClient(Greeter, server.url, { idleTimeout: "30ms" });
  await client.sayHello({});
  await eventually("it is closed", () => server.sessions.size === 0);
  await client.sayHello({});
  assertEquals(server.sessionCount, 2);
});
