import { assertEquals, assertMatch } from "@std/assert";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Agent } from "node:https";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { type GreeterOptions, type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { createPemSet, type PemSet } from "../support/pem_files.ts";
import { Gate } from "../support/stalling.ts";
import { eventually } from "../support/waiting.ts";

const PATH = "/greeter.v1.Greeter/SayHello";
const JSON_CALL = `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;

Deno.test("Http1Stream reads a body in chunks and keeps the connection", async () => {
  await using tls = await serveTls();
  using socket = await tls.connect();
  for (const name of ["a", "b"]) {
    await socket.send(`${JSON_CALL}Transfer-Encoding: chunked\r\n\r\n`);
    for (const part of [`{"na`, `me": "`, `${name}"}`]) {
      await socket.send(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    await socket.send("0\r\n\r\n");
    assertMatch(await socket.until(`Hello ${name}"}`), /^HTTP\/1\.1 200 /);
  }
});

Deno.test("Http1Stream carries large messages byte for byte, both ways", async () => {
  await using tls = await serveTls({ handlers: { sayHello: ({ name }) => ({ message: name }) } });
  const agent = new Agent({ ca: tls.ca, keepAlive: false });
  const client = createClient(
    Greeter,
    createConnectTransport({ baseUrl: tls.baseUrl, httpVersion: "1.1", nodeOptions: { agent } }),
  );
  for (const size of [1, 65_536, 2 ** 20, 4 * 2 ** 20 - 16]) {
    const name = Array.from({ length: size / 8 + 1 }, (_, i) => `${i};`).join("").slice(0, size);
    assertEquals((await client.sayHello({ name })).message === name, true, `${size} bytes`);
  }
  agent.destroy();
});

/** What is no good request of HTTP/1.1, and how the answer begins; `undefined` for none. */
const BAD_REQUESTS: Readonly<Record<string, readonly [bytes: string, answer: RegExp]>> = {
  "garbage": ["\x00\x01\x02 garbage\r\n\r\n", /^(HTTP\/1\.1 400 |$)/],
  "the preface of HTTP/2": ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^(HTTP\/1\.1 400 |$)/],
  "a negative length": [`${JSON_CALL}Content-Length: -1\r\n\r\n`, /^(HTTP\/1\.1 400 |$)/],
  "a chunk without a length": [
    `${JSON_CALL}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n`,
    /^(HTTP\/1\.1 400 |$)/,
  ],
  "headers of 1 MiB": [`${JSON_CALL}X-Big: ${"a".repeat(2 ** 20)}\r\n\r\n`, /^(HTTP\/1\.1 4|$)/],
  "an unknown path": ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 404 /],
  "garbage as JSON": [
    `${JSON_CALL}Connection: close\r\nContent-Length: 3\r\n\r\n{no`,
    /^HTTP\/1\.1 400 /,
  ],
};

Deno.test("Http1Stream survives bad requests", async (test) => {
  await using tls = await serveTls();
  for (const [name, [bytes, answer]] of Object.entries(BAD_REQUESTS)) {
    await test.step(name, async () => {
      using socket = await tls.connect();
      await socket.send(bytes);
      assertMatch(await socket.rest(), answer);
      using good = await tls.connect();
      await good.send(`${JSON_CALL}Content-Length: 2\r\n\r\n{}`);
      assertMatch(await good.until("World"), /^HTTP\/1\.1 200 /);
    });
  }
});

Deno.test("Http1Stream ends a call whose client is gone", async () => {
  let signal: AbortSignal | undefined;
  await using tls = await serveTls({
    handlers: {
      async sayHello(_, context) {
        signal = context.signal;
        await new Promise((resolve) => signal!.addEventListener("abort", resolve, { once: true }));
        return {};
      },
    },
  });
  const socket = await tls.connect();
  await socket.send(`${JSON_CALL}Content-Length: 2\r\n\r\n{}`);
  await eventually("the handler runs", () => signal !== undefined);
  socket[Symbol.dispose]();
  await eventually("the call is over", () => tls.server.callCount === 0);
  assertEquals(signal!.aborted, true);
});

Deno.test("Http1Stream ends calls that wait for their turn when the client is gone", async () => {
  const signals: AbortSignal[] = [];
  const gate = new Gate();
  await using tls = await serveTls({
    handlers: {
      async sayHello({ name }, { signal }) {
        signals.push(signal);
        if (name === "wait") await gate.pass();
        return {};
      },
    },
  });
  const socket = await tls.connect();
  const waiting = `${JSON_CALL}Content-Length: 15\r\n\r\n{"name":"wait"}`;
  const answered = `${JSON_CALL}Content-Length: 2\r\n\r\n{}`;
  await socket.send(waiting + waiting + answered + waiting);
  await gate.reached(3);
  socket[Symbol.dispose]();
  await eventually("the calls are over", () => tls.server.callCount === 0);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true, true, true]);
  gate.open();
});

Deno.test("Http1Stream closes the connection after an answer to a body that it did not read", async () => {
  await using tls = await serveTls();
  using socket = await tls.connect();
  await socket.send(`POST /nope HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc`);
  assertMatch(await socket.rest(), /^HTTP\/1\.1 404 [^]*connection: close/i);
});

Deno.test("Http1Stream lets a client send the rest of a body before it closes the connection", async () => {
  await using tls = await serveTls();
  for (const path of ["/nope", "/greeter.v1.Greeter/SayHello"]) {
    using socket = await tls.connect();
    // No content type that a call would have: each is answered before its body is there.
    await socket.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
    const closed = socket.rest();
    const wait = new Promise<false>((resolve) => setTimeout(resolve, 50, false));
    assertEquals(await Promise.race([closed.then(() => true), wait]), false);
    await socket.send("def");
    assertMatch(await closed, /^HTTP\/1\.1 4(04|15) [^]*connection: close/i);
  }
});

/** Bytes over TLS. */
interface TextSocket extends Disposable {
  send(text: string): Promise<void>;
  /** What comes until it ends with this, without what came before. */
  until(end: string): Promise<string>;
  /** What comes until the server closes the connection. */
  rest(): Promise<string>;
}

type TlsGreeter = RunningGreeter & { ca: string; connect(): Promise<TextSocket> };

async function serveTls(options: GreeterOptions = {}): Promise<TlsGreeter> {
  const pem: PemSet = await createPemSet();
  const greeter = await serveGreeter({ ...options, serve: pem.tls });
  const { certificate: ca } = pem.ca;
  return {
    ...greeter,
    ca,
    connect: async () =>
      textSocket(
        await Deno.connectTls({
          hostname: "localhost",
          port: greeter.port,
          caCerts: [ca],
          alpnProtocols: ["http/1.1"],
        }),
      ),
    async [Symbol.asyncDispose]() {
      await greeter[Symbol.asyncDispose]();
      await pem[Symbol.asyncDispose]();
    },
  };
}

function textSocket(conn: Deno.Conn): TextSocket {
  const read = async (isDone: (text: string) => boolean) => {
    const chunk = new Uint8Array(65_536);
    let text = "";
    while (!isDone(text)) {
      // A server that hangs up on an upload may also reset.
      const length = await conn.read(chunk).catch(() => null);
      if (length === null) break;
      text += new TextDecoder().decode(chunk.subarray(0, length));
    }
    return text;
  };
  return {
    async send(text) {
      const bytes = new TextEncoder().encode(text);
      try {
        for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
      } catch {
        // As above.
      }
    },
    until: (end) => read((text) => text.endsWith(end) || text.includes(end)),
    rest: () => read(() => false),
    [Symbol.dispose]: () => conn.close(),
  };
}
