import { assert, assertEquals } from "@std/assert";
import type { CorsOptions } from "../../mod.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
const APP = "https://app.example.com";
const FOREIGN = "https://evil.example.com";
const LISTED: CorsOptions = {
  origins: [APP],
  allowedHeaders: ["X-Tenant"],
  exposedHeaders: ["X-Request-Id"],
  maxAge: "10m",
};

/** A preflight, as a browser sends it. */
async function preflight(cors: CorsOptions | undefined, origin: string) {
  await using greeter = await serveGreeter({ app: cors === undefined ? {} : { cors } });
  using client = connectHttp2(greeter.baseUrl);
  return (await client.request(SAY_HELLO, {
    ":method": "OPTIONS",
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,connect-protocol-version,x-tenant",
  })).headers;
}

/** A call by Connect JSON, as a script in a browser makes it. */
async function call(cors: CorsOptions | undefined, origin?: string) {
  await using greeter = await serveGreeter({ app: cors === undefined ? {} : { cors } });
  using client = connectHttp2(greeter.baseUrl);
  const headers = { "content-type": "application/json", ...(origin !== undefined && { origin }) };
  return await client.request(SAY_HELLO, headers, `{"name":"Deno"}`);
}

function listOf(field: string | string[] | undefined): string[] {
  return String(field ?? "").toLowerCase().split(",").map((each) => each.trim());
}

Deno.test("CORS preflight allows a listed origin what calls need", async () => {
  const headers = await preflight(LISTED, APP);
  assertEquals(Number(headers[":status"]), 204);
  assertEquals(headers["access-control-allow-origin"], APP);
  assertEquals(listOf(headers["access-control-allow-methods"]), ["post", "get"]);
  const allowed = listOf(headers["access-control-allow-headers"]);
  for (
    const name of [
      "content-type",
      "connect-protocol-version",
      "grpc-timeout",
      "x-grpc-web",
      "x-tenant",
    ]
  ) assert(allowed.includes(name), name);
  assertEquals(headers["access-control-max-age"], "600");
  assertEquals(headers["access-control-allow-credentials"], undefined);
  assertEquals(headers["vary"], "origin");
});

Deno.test("CORS preflight refuses a foreign origin", async () => {
  for (const origin of [FOREIGN, "null", `${APP}:8443`, "http://app.example.com", ""]) {
    const headers = await preflight(LISTED, origin);
    assertEquals(Number(headers[":status"]), 403);
    assertEquals(headers["access-control-allow-origin"], undefined);
    assertEquals(headers["access-control-allow-methods"], undefined);
  }
});

Deno.test("CORS exposes the headers of gRPC-Web to a listed origin", async () => {
  const { headers, body } = await call(LISTED, APP);
  assertEquals(headers["access-control-allow-origin"], APP);
  const exposed = listOf(headers["access-control-expose-headers"]);
  for (const name of ["grpc-status", "grpc-message", "grpc-status-details-bin", "x-request-id"]) {
    assert(exposed.includes(name), name);
  }
  assertEquals(JSON.parse(new TextDecoder().decode(body)), { message: "Hello Deno" });
});

Deno.test("CORS shows a foreign origin nothing, and tells caches so", async () => {
  for (const origin of [FOREIGN, undefined]) {
    const { headers } = await call(LISTED, origin);
    assertEquals(Number(headers[":status"]), 200);
    assertEquals(headers["access-control-allow-origin"], undefined);
    assertEquals(headers["access-control-expose-headers"], undefined);
    assertEquals(headers["vary"], "origin");
  }
});

Deno.test("CORS marks answers that reach no method", async () => {
  await using greeter = await serveGreeter({ app: { cors: LISTED } });
  using client = connectHttp2(greeter.baseUrl);
  const paths = ["/nope", SAY_HELLO];
  for (const contentType of ["application/grpc-web+proto", "application/json", "text/plain"]) {
    for (const path of paths) {
      const { headers } = await client.request(path, { "content-type": contentType, origin: APP });
      assertEquals(headers["access-control-allow-origin"], APP);
    }
  }
});

Deno.test("CORS lets listed origins send cookies if it is told to", async () => {
  const cors = { origins: [APP], credentials: true };
  assertEquals((await preflight(cors, APP))["access-control-allow-credentials"], "true");
  const { headers } = await call(cors, APP);
  assertEquals(headers["access-control-allow-credentials"], "true");
  assertEquals(headers["access-control-allow-origin"], APP);
});

Deno.test("CORS lets all origins call with *", async () => {
  assertEquals(Number((await preflight({ origins: "*" }, FOREIGN))[":status"]), 204);
  const { headers } = await call({ origins: "*" }, FOREIGN);
  assertEquals(headers["access-control-allow-origin"], "*");
  assertEquals(headers["vary"], undefined);
});

Deno.test("CORS is off unless it is set", async () => {
  assertEquals(Number((await preflight(undefined, APP))[":status"]), 405);
  const { headers } = await call(undefined, APP);
  assertEquals(headers["access-control-allow-origin"], undefined);
});

Deno.test("CORS leaves a handler's own vary in place", async () => {
  await using greeter = await serveGreeter({
    app: { cors: LISTED },
    handlers: {
      sayHello: (_, { responseHeaders }) => (responseHeaders.set("vary", "authorization"), {}),
    },
  });
  using client = connectHttp2(greeter.baseUrl);
  const fields = { "content-type": "application/json", origin: APP };
  const { headers } = await client.request(SAY_HELLO, fields, "{}");
  assertEquals(listOf(headers["vary"]).sort(), ["authorization", "origin"]);
});
