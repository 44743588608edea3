import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createServer } from "node:http2";
import { type AddressInfo, Socket } from "node:net";
import { FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { greeterHandlers } from "../../examples/greeter.ts";
import { FrameClient } from "../support/frame_client.ts";
import { postOf, RawConnection } from "../support/raw_connection.ts";
import { serveGreeter } from "../support/greeter.ts";
import { concat, FLAG, FRAME, frame, PREFACE, settings } from "../support/http2_frames.ts";
import { Gate } from "../support/stalling.ts";
import { eventually, untilRefused } from "../support/waiting.ts";

Deno.test("app.serve() serves HTTP/1.1 and HTTP/2 on one port without TLS", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await using http2 = await FrameClient.connect({ port: greeter.port });
  for (let i = 0; i < 3; i++) {
    await http1.send(postOf("Deno"));
    assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 200 OK\r\n.*{"message":"Hello Deno"}$/s);
    assertEquals((await http2.sayHello()).grpcStatus, 0);
  }
  assertEquals(greeter.server.connectionCount, 2);
});

Deno.test("app.serve() refuses gRPC over HTTP/1.1 without TLS with 505", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(postOf("Deno", "application/grpc"));
  assertMatch(await http1.receive(/\r\n\r\n/), /^HTTP\/1.1 505 /);
});

Deno.test("app.serve() takes a request of HTTP/1.1 that comes byte by byte", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(...postOf("Deno"));
  assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 200 OK\r\n.*{"message":"Hello Deno"}$/s);
});

Deno.test("app.serve() takes a request of HTTP/1.1 of 100 KB", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(postOf("a".repeat(100_000)));
  assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 200 OK\r\n.*{"message":"Hello a{100000}"}$/s);
});

Deno.test("app.serve() takes a preface of HTTP/2 that comes byte by byte", async () => {
  await using greeter = await serveGreeter();
  using http2 = await RawConnection.connect(greeter.port);
  await http2.send(...String.fromCharCode(...concat(PREFACE, settings())));
  const acknowledgement = String.fromCharCode(...frame(FRAME.settings, FLAG.ack, 0));
  assertStringIncludes(await http2.receive(RegExp(`${acknowledgement}$`)), acknowledgement);
});

const NEITHER: Readonly<Record<string, string>> = {
  "bytes that are no text": "\x16\x03\x01\x00",
  "a line that is no request": "INVALID CONNECTION PREFACE\r\n\r\n",
  "a request of HTTP/3": "GET / HTTP/3\r\n\r\n",
  "an empty line": "\r\n",
};

for (const [name, bytes] of Object.entries(NEITHER)) {
  Deno.test(`app.serve() closes a connection without TLS that begins with ${name}`, async () => {
    await using greeter = await serveGreeter();
    using connection = await RawConnection.connect(greeter.port);
    await connection.send(bytes);
    assertEquals(await connection.receive(/./), "");
  });
}

Deno.test("app.serve() answers a request of HTTP/1.1 that is malformed with 400", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send("GET / HTTP/1.1\r\nno field\r\n\r\n");
  assertMatch(await http1.receive(/\r\n\r\n/), /^HTTP\/1.1 400 /);
});

Deno.test("app.serve() answers a request line without an end with an error of HTTP/1.1", async () => {
  await using greeter = await serveGreeter();
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(`GET /${"a".repeat(200_000)}`);
  assertMatch(await http1.receive(/\r\n\r\n/), /^HTTP\/1.1 4\d\d /);
});

for (const [name, bytes] of [["nothing", ""], ["less than it takes to tell", "PR"]] as const) {
  Deno.test(`app.serve() lets go of a client that leaves after ${name}`, async () => {
    await using greeter = await serveGreeter();
    {
      using http1 = await RawConnection.connect(greeter.port);
      await http1.send(bytes);
      await eventually("it is accepted", () => greeter.server.connectionCount === 1);
    }
    await eventually("it is gone", () => greeter.server.connectionCount === 0);
  });

  Deno.test(`handshakeTimeout closes a connection that has sent ${name}`, async () => {
    await using greeter = await serveGreeter({ serve: { handshakeTimeout: "30ms" } });
    using http1 = await RawConnection.connect(greeter.port);
    await http1.send(bytes);
    assertEquals(await http1.receive(/./), "");
  });
}

Deno.test("shutdown() finishes a call of HTTP/1.1 without TLS, and closes those that are idle", async () => {
  const gate = new Gate();
  await using greeter = await serveGreeter({
    handlers: {
      async sayHello({ name }) {
        if (name === "wait") await gate.pass();
        return { message: name };
      },
    },
    serve: { gracefulTimeout: Infinity },
  });
  using idle = await RawConnection.connect(greeter.port);
  await idle.send(postOf("Deno"));
  await idle.receive(/}$/);
  using busy = await RawConnection.connect(greeter.port);
  await busy.send(postOf("wait"));
  await gate.reached(1);
  const finished = greeter.server.shutdown();
  assertEquals(await idle.receive(/./), "");
  gate.open();
  const answer = await busy.receive(/}$/);
  assertMatch(answer, /\r\nconnection: close\r\n/i);
  assertMatch(answer, /{"message":"wait"}$/);
  await finished;
});

Deno.test("app.serve() closes a connection of HTTP/1.1 with too many requests at once", async () => {
  const gate = new Gate();
  await using greeter = await serveGreeter({
    handlers: {
      async sayHello() {
        await gate.pass();
        return {};
      },
    },
  });
  using polite = await RawConnection.connect(greeter.port);
  await polite.send(postOf("Deno").repeat(100));
  await gate.reached(100);
  using greedy = await RawConnection.connect(greeter.port);
  await greedy.send(postOf("Deno").repeat(101));
  assertEquals(await greedy.receive(/./), "");
  gate.open();
  let answers = "";
  const count = () => answers.split("HTTP/1.1 200 OK").length - 1;
  while (count() < 100) answers += await polite.receive(/./);
  assertEquals(count(), 100);
});

Deno.test("app.serve() sends what it has at once, on each connection", async () => {
  const { setNoDelay } = Socket.prototype;
  const seen: (boolean | undefined)[] = [];
  Socket.prototype.setNoDelay = function (on) {
    seen.push(on);
    return setNoDelay.call(this, on);
  };
  try {
    await using greeter = await serveGreeter();
    using http1 = await RawConnection.connect(greeter.port);
    await http1.send(postOf("Deno"));
    await http1.receive(/}$/);
    assertEquals(seen, [true]);
  } finally {
    Socket.prototype.setNoDelay = setNoDelay;
  }
});

Deno.test("app.serve() takes requests of HTTP/1.1 that are cut anywhere", async () => {
  await using greeter = await serveGreeter();
  const request = postOf("Deno");
  const lineBytes = request.indexOf("\n");
  await Promise.all(Array.from({ length: lineBytes }, async (_, at) => {
    using http1 = await RawConnection.connect(greeter.port);
    await http1.send(request.slice(0, at), request.slice(at, at + 9), request.slice(at + 9));
    assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 200 OK\r\n/);
  }));
});

Deno.test("app.serve() keeps a connection of HTTP/1.1 open after requests that it refuses", async () => {
  await using greeter = await serveGreeter({ app: { cors: { origins: ["https://a.example"] } } });
  using http1 = await RawConnection.connect(greeter.port);
  const preflight = "OPTIONS /greeter.v1.Greeter/SayHello HTTP/1.1\r\nhost: localhost\r\n" +
    "origin: https://a.example\r\naccess-control-request-method: POST\r\n\r\n";
  await http1.send(preflight);
  assertMatch(await http1.receive(/\r\n\r\n/), /^HTTP\/1.1 204 /);
  await http1.send("GET /nobody HTTP/1.1\r\nhost: localhost\r\n\r\n");
  assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 404 /);
  await http1.send(preflight + postOf("Deno"));
  assertMatch(await http1.receive(/}$/), /^HTTP\/1.1 204 .*Hello Deno"}$/s);
});

Deno.test("maxConnectionIdle is what ends a connection of HTTP/1.1", async () => {
  await using greeter = await serveGreeter({ serve: { maxConnectionIdle: "50ms" } });
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(postOf("Deno"));
  const answer = await http1.receive(/}$/);
  assertEquals(/keep-alive: timeout/i.test(answer), false, answer);
  assertEquals(await http1.receive(/./), "");
});

Deno.test("shutdown() serves a request of HTTP/1.1 that is on its way", async () => {
  await using greeter = await serveGreeter({ serve: { gracefulTimeout: Infinity } });
  using http1 = await RawConnection.connect(greeter.port);
  await http1.send(postOf("early"));
  await http1.receive(/}$/);
  const finished = greeter.server.shutdown();
  await untilRefused(greeter.port);
  await http1.send(postOf("late"));
  const answer = await http1.receive(/}$/);
  assertMatch(answer, /\r\nconnection: close\r\n.*Hello late/is);
  await finished;
});

Deno.test("app.addToServer() leaves the user's listeners for connections alone", async () => {
  const app = new FastGRPC();
  app.addService(Greeter, greeterHandlers);
  const http2Server = createServer();
  const seen: string[] = [];
  http2Server.on("connection", () => seen.push("each"));
  http2Server.once("connection", () => seen.push("first"));
  await using _server = await app.addToServer(http2Server);
  await new Promise<void>((resolve) => http2Server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = http2Server.address() as AddressInfo;
  await using http2 = await FrameClient.connect({ port });
  await http2.sayHello();
  using http1 = await RawConnection.connect(port);
  await http1.send(postOf("Deno"));
  await http1.receive(/}$/);
  assertEquals(seen, ["each", "first", "each"]);
});
