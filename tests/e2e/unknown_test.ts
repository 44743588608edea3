import { assert, assertEquals } from "@std/assert";
import { Agent } from "node:https";
import { FastGRPC } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { codeOf, connectService } from "../support/connect_node.ts";
import { envelope } from "../support/envelopes.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { createPemSet } from "../support/pem_files.ts";
import { CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
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
    using client = connectHttp2(greeter.baseUrl);
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
  for (const useBinaryFormat of [true, false]) {
    using client = connectService(Health, greeter.baseUrl, {
      protocol: "connect",
      transport: { useBinaryFormat },
    });
    assertEquals((await codeOf(client.check({}))).split(":")[0], "Unimplemented");
    const watching = Array.fromAsync(client.watch({}));
    assertEquals((await codeOf(watching)).split(":")[0], "Unimplemented");
  }
});

Deno.test("unknown method is code 12 for grpc-js, with all of its kinds", async () => {
  await using empty = await new FastGRPC().serve({ port: 0, hostname: "127.0.0.1" });
  using stranger = connectGrpcJs(empty.addr.port);
  for (const method of Greeter.methods) {
    const { status } = await stranger.call(method, [{ name: "a" }]);
    assertEquals(Number(status.code), 12);
    const path = `/${method.parent.typeName}/${method.name}`;
    assertEquals(status.details, `unknown method ${path}`);
  }
});

/** With the status over HTTP/2, and over HTTP/1.1 where that differs: it cannot carry both ways. */
const NOT_GRPC: readonly [string, string, Record<string, string>, number, number?][] = [
  ["POST", SAY_HELLO, { "content-type": "text/plain" }, 415],
  ["POST", SAY_HELLO, { "content-type": "application/grpc+thrift" }, 415, 505],
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
  ["GET", "/", {}, 404],
  ["HEAD", "/", {}, 404],
  ["GET", "/favicon.ico", {}, 404],
  ["HEAD", "/favicon.ico", {}, 404],
];

Deno.test("requests that are no calls get a fitting HTTP status", async (t) => {
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ serve: pem.tls });
  using client = connectHttp2(greeter.baseUrl, { ca: pem.ca.certificate });
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
        ca: pem.ca.certificate,
      });
      assertEquals(Number(response.headers[":status"]), http1Status);
      if (method === "HEAD") assertEquals(response.body.length, 0);
    });
  }
});

for (const host of ["[", "%%%", "a:b:c", "host:99999"]) {
  Deno.test(`a host that is none ("${host}") does not fail a call`, async () => {
    await using greeter = await serveGreeter();
    using client = connectHttp2(greeter.baseUrl);
    const headers = { "content-type": "application/json", ":authority": host };
    const response = await client.request(SAY_HELLO, headers, "{}");
    assertEquals(readStatus(response).code, "ok");
  });
}

Deno.test("empty body is the empty message for Connect, and none for gRPC", async () => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
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

Deno.test("gRPC over HTTP/1.1 gets 505 and a line in the access log, and others are served", async () => {
  await using log = await captureLog();
  await using pem = await createPemSet();
  await using greeter = await serveGreeter({ serve: pem.tls });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const call = (contentType: string, path: string) =>
    requestHttp1(greeter.port, {
      ca: pem.ca.certificate,
      path,
      headers: { "content-type": contentType },
      body: contentType === "application/json" ? "{}" : envelope(new Uint8Array()),
      agent,
    });
  const calls = [
    ["application/json", SAY_HELLO, "200"],
    ["application/grpc", SAY_HELLO, "505"],
    ["application/grpc", "/nope.v1.Nope/SayHello?x=1", "505"],
    ["application/grpc-web+proto", SAY_HELLO, "200"],
    ["application/json", SAY_HELLO, "200"],
  ] as const;
  const statuses: unknown[] = [];
  for (const [contentType, path] of calls) {
    statuses.push((await call(contentType, path)).headers[":status"]);
  }
  agent.destroy();
  assertEquals(statuses, calls.map(([, , status]) => status));
  assertEquals(await log.waitForAccess(calls.length), [
    `${SAY_HELLO} ok connect`,
    `${SAY_HELLO} unknown grpc`,
    "/nope.v1.Nope/SayHello unknown grpc",
    `${SAY_HELLO} ok grpc-web`,
    `${SAY_HELLO} ok connect`,
  ]);
});
