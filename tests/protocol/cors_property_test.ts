import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { Cors } from "../../src/protocol/cors.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { ANY_TEXT, checkAsyncProperty, checkProperty, FIELD_VALUE } from "../support/properties.ts";
import { readStatus } from "../support/wire_formats.ts";

const SAY_HELLO = "/greeter.v1.Greeter/SayHello";
const LISTED = ["https://app.example.com", "https://app.example.com:8443", "http://localhost:3000"];

/** Origins, and what looks like one. */
const ORIGIN = fc.oneof(
  fc.constantFrom(...LISTED),
  FIELD_VALUE,
  fc.webUrl(),
  fc.tuple(fc.constantFrom("https", "http", "HTTPS", "file"), fc.domain(), fc.nat(9999))
    .map(([scheme, host, port]) => `${scheme}://${host}:${port}`),
  // One that is listed, with something changed in it.
  fc.tuple(fc.constantFrom(...LISTED), fc.nat(40), fc.constantFrom("", ".", "x", "/", ":443", "@"))
    .map(([origin, at, text]) => origin.slice(0, at) + text + origin.slice(at)),
  fc.tuple(fc.constantFrom(...LISTED), fc.constantFrom("/", ".evil.example", ":443", ", null"))
    .map(([origin, end]) => origin + end),
);

Deno.test("CORS allows the listed origins, to the letter, and no other", async () => {
  await using greeter = await serveGreeter({ app: { cors: { origins: LISTED } } });
  using client = connectHttp2(greeter.baseUrl);
  await checkAsyncProperty(
    fc.asyncProperty(ORIGIN, fc.boolean(), async (origin, isPreflight) => {
      const { headers } = await client.request(SAY_HELLO, {
        origin,
        ...(isPreflight
          ? { ":method": "OPTIONS", "access-control-request-method": "POST" }
          : { "content-type": "application/json" }),
      }, isPreflight ? undefined : "{}");
      const isListed = LISTED.includes(origin);
      assertEquals(headers["access-control-allow-origin"], isListed ? origin : undefined);
      assertEquals(headers["vary"], isPreflight ? "origin" : headers["vary"]);
      // Whoever calls is answered: it is the browser that keeps the answer from the page.
      assertEquals(Number(headers[":status"]), isPreflight ? isListed ? 204 : 403 : 200);
    }),
    200,
  );
});

Deno.test("Cors takes an origin as browsers write it, and refuses every other text", () => {
  const text = fc.oneof(ANY_TEXT, ORIGIN);
  checkProperty(fc.property(text, (origin) => {
    let isTaken = true;
    try {
      new Cors({ origins: [origin] });
    } catch (error) {
      assert(error instanceof TypeError, String(error));
      isTaken = false;
    }
    assertEquals(isTaken, URL.canParse(origin) && new URL(origin).origin === origin);
  }));
});

/** The path of the method, another's, and what looks like one. */
const PATH = fc.oneof(
  fc.constantFrom(SAY_HELLO, "/greeter.v1.Greeter/", "/greeter.v1.Greeter", "/"),
  fc.stringMatching(/^\/[!-~]{0,40}$/),
  fc.stringMatching(/^\/greeter\.v1\.Greeter\/[!-~]{0,20}$/),
  fc.tuple(fc.nat(30), fc.constantFrom("/", ".", "%2F", "?", "#", "//", "x", "\\", "%"))
    .map(([at, text]) => SAY_HELLO.slice(0, at) + text + SAY_HELLO.slice(at))
    .filter((path) => path.startsWith("/")),
  fc.stringMatching(/^[!-~]{0,20}$/).map((query) => `${SAY_HELLO}?${query}`),
);

Deno.test("app.serve() finds a method by its path, to the letter, with whatever query", async () => {
  await using greeter = await serveGreeter();
  using client = connectHttp2(greeter.baseUrl);
  const type = fc.constantFrom("application/grpc", "application/grpc-web", "application/json");
  await checkAsyncProperty(
    fc.asyncProperty(PATH, type, async (path, contentType) => {
      const body = contentType === "application/json" ? "{}" : new Uint8Array(5);
      const response = await client.request(path, { "content-type": contentType }, body);
      const [method] = path.split("?");
      const isOther = /^\/greeter\.v1\.Greeter\/(SayHelloTimes|SayHelloToAll|Chat)$/.test(method!);
      fc.pre(!isOther);
      assertEquals(readStatus(response).code, method === SAY_HELLO ? "ok" : "unimplemented");
    }),
    200,
  );
});
