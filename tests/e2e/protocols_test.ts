import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { Metadata } from "@grpc/grpc-js";
import type { ServiceContext, ServiceImplementation } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter, PROTOCOLS, requestsOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { createPemSet } from "../support/pem_files.ts";

type Client = ReturnType<typeof createClient<typeof Greeter>>;

const BINARY = new Uint8Array([0, 255, 128, 10, 13]);
const BINARY_TEXT = Buffer.from(BINARY).toString("base64").replace(/=+$/, "");

/** Sends metadata back, as header and as trailer. */
function echo({ metadata, responseHeaders, responseTrailers }: ServiceContext): void {
  for (const name of ["x-text", "x-data-bin"]) {
    const value = metadata.get(name) ?? "none";
    responseHeaders.set(name, value);
    responseTrailers.set(name.replace("x-", "x-after-"), value);
  }
}

const handlers: ServiceImplementation<typeof Greeter> = {
  sayHello(request, context) {
    echo(context);
    return { message: `Hello ${request.name}` };
  },
  async *sayHelloTimes({ name, times }, context) {
    echo(context);
    for (let sent = 0; sent < times; sent++) yield { message: `Hello ${name}` };
  },
  async sayHelloToAll(requests, context) {
    echo(context);
    const names: string[] = [];
    for await (const { name } of requests) names.push(name);
    return { message: `Hello ${names}` };
  },
  async *chat(requests, context) {
    echo(context);
    for await (const { name } of requests) yield { message: `Hello ${name}` };
  },
};

/** Calls every kind of method with metadata both ways. */
async function callAll(client: Client, kinds: readonly string[], t: Deno.TestContext) {
  for (const kind of kinds) {
    await t.step(kind, async () => {
      let header = new Headers();
      let trailer = new Headers();
      const options = {
        headers: { "x-text": "a b", "x-data-bin": BINARY_TEXT },
        onHeader: (received: Headers) => header = received,
        onTrailer: (received: Headers) => trailer = received,
      };
      const messages = kind === "unary"
        ? [await client.sayHello({ name: "Ädä" }, options)]
        : kind === "server stream"
        ? await Array.fromAsync(client.sayHelloTimes({ name: "Ädä", times: 3 }, options))
        : kind === "client stream"
        ? [await client.sayHelloToAll(requestsOf("a", "b"), options)]
        : await Array.fromAsync(client.chat(requestsOf("a", "b"), options));
      assertEquals(messages.map(({ message }) => message), EXPECTED[kind]);
      assertEquals(header.get("x-text"), "a b");
      assertEquals(header.get("x-data-bin"), BINARY_TEXT);
      assertEquals(trailer.get("x-after-text"), "a b");
      assertEquals(trailer.get("x-after-data-bin"), BINARY_TEXT);
    });
  }
}

const EXPECTED: Record<string, string[]> = {
  "unary": ["Hello Ädä"],
  "server stream": ["Hello Ädä", "Hello Ädä", "Hello Ädä"],
  "client stream": ["Hello a,b"],
  "bidirectional stream": ["Hello a", "Hello b"],
};
const KINDS = Object.keys(EXPECTED);

for (const tls of [false, true]) {
  for (const protocol of PROTOCOLS) {
    for (const useBinaryFormat of [true, false]) {
      const over = `${useBinaryFormat ? "binary" : "JSON"}, ${tls ? "TLS" : "plaintext"}`;
      Deno.test(`connect-node calls all kinds of method by ${protocol} (${over})`, async (t) => {
        await using pem = await createPemSet();
        await using greeter = await serveGreeter({
          handlers,
          ...(tls && { serve: pem.tls }),
        });
        using client = connectGreeter(greeter.baseUrl, {
          protocol,
          ...(tls && { tls: { ca: pem.ca.certificate } }),
          transport: { useBinaryFormat },
        });
        await callAll(client, KINDS, t);
      });
    }
  }
}

const HTTP1_TRANSPORTS: Record<string, (baseUrl: string, ca: string) => Transport> = {
  "connect": (baseUrl, ca) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca, agent: false } }),
  "connect, JSON": (baseUrl, ca) =>
    createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      useBinaryFormat: false,
      nodeOptions: { ca, agent: false },
    }),
  "grpc-web": (baseUrl, ca) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca, agent: false } }),
};

for (const [protocol, createTransport] of Object.entries(HTTP1_TRANSPORTS)) {
  Deno.test(`connect-node calls by ${protocol} over HTTP/1.1 on the TLS port`, async (t) => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({
      handlers,
      serve: pem.tls,
    });
    const client = createClient(Greeter, createTransport(greeter.baseUrl, pem.ca.certificate));
    await callAll(client, KINDS.slice(0, 3), t);
  });
}

for (const tls of [false, true]) {
  Deno.test(`grpc-js calls all kinds of method (${tls ? "TLS" : "plaintext"})`, async (t) => {
    await using pem = await createPemSet();
    await using greeter = await serveGreeter({
      handlers,
      ...(tls && { serve: pem.tls }),
    });
    using client = connectGrpcJs(greeter.port, tls ? { tls: { ca: pem.ca.certificate } } : {});
    const { sayHello, sayHelloTimes, sayHelloToAll, chat } = Greeter.method;
    const calls = [
      [sayHello, [{ name: "a" }], ["Hello a"]],
      [sayHelloTimes, [{ name: "a", times: 2 }], ["Hello a", "Hello a"]],
      [sayHelloToAll, [{ name: "a" }, { name: "b" }], ["Hello a,b"]],
      [chat, [{ name: "a" }, { name: "b" }], ["Hello a", "Hello b"]],
    ] as const;
    for (const [method, requests, expected] of calls) {
      await t.step(method.localName, async () => {
        const metadata = new Metadata();
        metadata.set("x-text", "a b");
        metadata.set("x-data-bin", Buffer.from(BINARY));
        const result = await client.call(method, requests, { metadata });
        assertEquals(result.status.code, 0);
        assertEquals(result.messages.map(({ message }) => message), [...expected]);
        assertEquals(result.header?.get("x-text"), ["a b"]);
        assertEquals(bytesIn(result.header!, "x-data-bin"), BINARY);
        assertEquals(result.status.metadata.get("x-after-text"), ["a b"]);
        assertEquals(bytesIn(result.status.metadata, "x-after-data-bin"), BINARY);
      });
    }
  });
}

function bytesIn(metadata: Metadata, name: string): Uint8Array {
  const [value] = metadata.get(name);
  assert(value instanceof Uint8Array);
  return new Uint8Array(value);
}
