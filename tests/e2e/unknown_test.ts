import { assert, assertEquals } from "@std/assert";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Metadata } from "@grpc/grpc-js";
import { FastGRPC } from "../../mod.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { createPemSet, readPemTexts } from "../support/certificates.ts";
import { envelope } from "../support/envelopes.ts";
import { createSessionManager, serveGreeter } from "../support/greeter.ts";
import { callGrpcJs, connectGrpcJsGreeter } from "../support/grpc_js_greeter.ts";
import { connectRaw } from "../support/raw_client.ts";
import { codeOf } from "../support/stubborn.ts";
import { CONTENT_TYPES, readStatus } from "../support/wire_status.ts";

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
const FORMATS = Object.keys(CONTENT_TYPES) as (keyof typeof CONTENT_TYPES)[];
const UNKNOWN_PATHS = [
  "/greeter.v1.Greeter/Nope",
  "/nope.v1.Nope/SayHello",
  "/greeter.v1.Greeter/sayHello",
  "/greeter.v1.Greeter/SayHello/",
  "/greeter.v1.Greeter",
  "/",
  "//",
  "/toString",
  "/%67reeter.v1.Greeter/SayHello",
];

for (const format of FORMATS) {
  Deno.test(`unknown service or method is UNIMPLEMENTED in the caller's protocol (${format})`, async (t) => {
    await using greeter = await serveGreeter();
    using client = connectRaw(greeter.baseUrl);
    for (const path of UNKNOWN_PATHS) {
      await t.step(path, async () => {
        const response = await client.request(path, { "content-type": CONTENT_TYPES[format] });
        assertEquals(readStatus(response), {
          code: "unimplemented",
          message: `unknown method ${path}`,
        });
        // gRPC and gRPC-Web clients look for Trailers-Only.
        assertEquals(response.headersOnly, format.startsWith("grpc"));
      });
    }
  });
}

Deno.test("unknown service is UNIMPLEMENTED for connect-node's streams and calls by Connect", async () => {
  await using greeter = await serveGreeter();
  const { baseUrl } = greeter;
  const sessionManager = createSessionManager(baseUrl);
  for (const useBinaryFormat of [true, false]) {
    const client: Client<typeof Health> = createClient(
      Health,
      createConnectTransport({ baseUrl, httpVersion: "2", sessionManager, useBinaryFormat }),
    );
    assertEquals((await codeOf(client.check({}))).split(":")[0], "Unimplemented");
    const watching = Array.fromAsync(client.watch({}));
    assertEquals((await codeOf(watching)).split(":")[0], "Unimplemented");
  }
  sessionManager.abort();
});

Deno.test("unknown method is code 12 for grpc-js, with all of its kinds", async () => {
  await using empty = await new FastGRPC().serve({ port: 0, hostname: "127.0.0.1" });
  using stranger = connectGrpcJsGreeter(`127.0.0.1:${empty.addr.port}`);
  for (const method of ["sayHello", "sayHelloTimes", "sayHelloToAll", "chat"] as const) {
    const result = await callGrpcJs(stranger, method, { names: ["a"], metadata: new Metadata() });
    assertEquals(Number(result.status.code), 12);
  }
});

/** With the status over HTTP/2, and over HTTP/1.1 where that differs: it cannot carry both ways. */
const NOT_GRPC: readonly [string, string, Record<string, string>, number, number?][] = [
  ["POST", SAY_HELLO, { "content-type": "text/plain" }, 415],
  ["POST", SAY_HELLO, { "content-type": "application/grpc+thrift" }, 415],
  ["POST", SAY_HELLO, { "content-type": "application/grpc-web-text" }, 415],
  ["POST", SAY_HELLO, { "content-type": "application/connect+proto" }, 415],
  ["POST", SAY_HELLO, {}, 415],
  ["POST", "/greeter.v1.Greeter/Chat", { "content-type": "application/proto" }, 415, 505],
  ["PUT", SAY_HELLO, { "content-type": "application/json" }, 405],
  ["DELETE", SAY_HELLO, {}, 405],
  ["OPTIONS", SAY_HELLO, {}, 405],
  ["HEAD", SAY_HELLO, {}, 405],
  ["GET", SAY_HELLO, {}, 415],
  ["GET", `${SAY_HELLO}?encoding=json&message={}`, {}, 200],
  ["GET", `${SAY_HELLO}?encoding=json&message=%7B%22name%22%3A%22a%22%7D&connect=v1`, {}, 200],
  ["GET", `${SAY_HELLO}?encoding=proto&base64=1&message=CgFh`, {}, 200],
  ["GET", `${SAY_HELLO}?encoding=json&message=nonsense`, {}, 400],
  ["GET", "/greeter.v1.Greeter/SayHelloTimes?encoding=json&message={}", {}, 405],
  ["GET", "/greeter.v1.Greeter/Chat", {}, 405, 505],
  ["GET", "/", {}, 501],
  ["HEAD", "/", {}, 501],
  ["GET", "/favicon.ico", {}, 501],
  ["HEAD", "/favicon.ico", {}, 501],
];

Deno.test("requests that are no calls get a fitting HTTP status", async (t) => {
  await using pem = await createPemSet();
  const { caCertificate } = await readPemTexts(pem);
  const { sslCertificateChain, sslPrivateKey } = pem;
  await using greeter = await serveGreeter({ serve: { sslCertificateChain, sslPrivateKey } });
  using client = connectRaw(greeter.baseUrl, { ca: caCertificate });
  for (const [method, path, headers, status, http1Status = status] of NOT_GRPC) {
    const what = `${method} ${path} ${headers["content-type"] ?? ""}`;
    await t.step(`HTTP/2: ${what}`, async () => {
      const response = await client.request(path, { ":method": method, ...headers });
      assertEquals(response.headers[":status"] as unknown, status);
      assertEquals(response.rstCode, 0);
      if (method === "HEAD") assertEquals(response.body.length, 0);
      if (status === 200) {
        assertEquals(
          response.headers["content-type"]?.includes("json") ?? false,
          path.includes("json"),
        );
      }
    });
    await t.step(`HTTP/1.1: ${what}`, async () => {
      const response = await requestHttp1(greeter.port, {
        method,
        path,
        headers,
        ca: caCertificate,
      });
      assertEquals(response.status, http1Status);
      if (method === "HEAD") assertEquals(response.body, "");
    });
  }
});

for (const host of ["[", "%%%", "a:b:c", "host:99999"]) {
  Deno.test(`a host that is none ("${host}") does not fail a call`, async () => {
    await using greeter = await serveGreeter();
    using client = connectRaw(greeter.baseUrl);
    const headers = { "content-type": "application/json", ":authority": host };
    const response = await client.request(SAY_HELLO, headers, "{}");
    assertEquals(readStatus(response).code, "ok");
  });
}

Deno.test("empty body is the empty message for Connect, and none for gRPC", async () => {
  await using greeter = await serveGreeter();
  using client = connectRaw(greeter.baseUrl);
  const codes = await Promise.all(FORMATS.map(async (format) => {
    const path = format === "connect stream" ? "/greeter.v1.Greeter/SayHelloTimes" : SAY_HELLO;
    return readStatus(await client.request(path, { "content-type": CONTENT_TYPES[format] })).code;
  }));
  assertEquals(codes, ["unimplemented", "unimplemented", "unimplemented", "ok"]);
  const two = new Uint8Array([...envelope(new Uint8Array()), ...envelope(new Uint8Array())]);
  const response = await client.request(SAY_HELLO, { "content-type": "application/grpc" }, two);
  assertEquals(readStatus(response).code, "unimplemented");
  assert(readStatus(response).message.includes("extra input message"));
});

interface Http1Options {
  method: string;
  path: string;
  headers: Record<string, string>;
  ca: string;
}

function requestHttp1(
  port: number,
  options: Http1Options,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: "localhost", port, agent: false, ...options });
    request.on("error", reject);
    request.on("response", async (response) => {
      resolve({ status: response.statusCode ?? 0, body: await text(response) });
    });
    request.end();
  });
}
