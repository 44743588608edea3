import { assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ServiceContext } from "../../mod.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf, connectGreeter, PROTOCOLS, requestsOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { requestHttp1 } from "../support/http1_client.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { createPemSet } from "../support/pem_files.ts";
import { bodyOf, CONTENT_TYPES, FORMATS, readStatus } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
/** Fields that are HTTP's own, as an answer that was got from another server has them. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  "connection": "keep-alive",
  "content-length": "3",
  "http2-settings": "AAAA",
  "keep-alive": "timeout=5",
  "proxy-connection": "keep-alive",
  "te": "gzip",
  "trailer": "x-after",
  "transfer-encoding": "chunked",
  "upgrade": "h2c",
};

/** Sets what is forbidden, and something that is not. */
function setAll({ responseHeaders, responseTrailers }: ServiceContext): void {
  for (const fields of [responseHeaders, responseTrailers]) {
    for (const [name, value] of Object.entries(FORBIDDEN)) fields.set(name, value);
  }
  responseHeaders.set("x-before", "1");
  responseTrailers.set("x-after", "2");
}

/** A greeter that sets forbidden fields, and fails with them when it is asked for `fail`. */
function serveForbidden(tls = {}) {
  const greet = ({ name }: { name: string }, context: ServiceContext) => {
    if (name === "fail") throw new ConnectError("no such name", Code.NotFound, FORBIDDEN);
    setAll(context);
    return { message: `Hello ${name}` };
  };
  return serveGreeter({
    serve: tls,
    handlers: {
      sayHello: greet,
      async *sayHelloTimes(request, context) {
        yield greet(request, context);
      },
      sayHelloToAll: async (requests, context) =>
        greet((await Array.fromAsync(requests))[0]!, context),
    },
  });
}

for (const protocol of PROTOCOLS) {
  Deno.test(`a handler's fields that are HTTP's own are left out (${protocol})`, async () => {
    await using greeter = await serveForbidden();
    using client = connectGreeter(greeter.baseUrl, { protocol });
    for (const kind of ["unary", "server stream", "client stream"] as const) {
      let [before, after] = [new Headers(), new Headers()];
      const options = {
        onHeader: (fields: Headers) => before = fields,
        onTrailer: (fields: Headers) => after = fields,
      };
      const calls = {
        "unary": (name: string) => client.sayHello({ name }, options),
        "server stream": async (name: string) =>
          (await Array.fromAsync(client.sayHelloTimes({ name }, options)))[0]!,
        "client stream": (name: string) => client.sayHelloToAll(requestsOf(name), options),
      };
      assertEquals((await calls[kind]("you")).message, "Hello you");
      assertEquals([before.get("x-before"), after.get("x-after")], ["1", "2"]);
      assertEquals(await codeOf(calls[kind]("fail")), "NotFound: no such name");
    }
  });
}

Deno.test("a handler's fields that are HTTP's own are left out (grpc-js)", async () => {
  await using greeter = await serveForbidden();
  using client = connectGrpcJs(greeter.port);
  for (const method of [Greeter.method.sayHello, Greeter.method.sayHelloTimes]) {
    const { messages, header, status } = await client.call(method, [{ name: "you" }]);
    assertEquals(status.code, 0);
    assertEquals(messages.map(({ message }) => message), ["Hello you"]);
    assertEquals(header?.get("x-before"), ["1"]);
    assertEquals(status.metadata.get("x-after"), ["2"]);
    const failed = await client.call(method, [{ name: "fail" }]);
    assertEquals(failed.status.details, "no such name");
  }
});

for (const format of FORMATS) {
  const method = format === "connect stream" ? "SayHelloTimes" : "SayHello";
  const fields = { "content-type": CONTENT_TYPES[format] };

  Deno.test(`HTTP/2 gets a length of nobody's but Connect's unary replies (${format})`, async () => {
    await using greeter = await serveForbidden();
    using client = connectHttp2(greeter.baseUrl);
    const response = await client.request(PATH + method, fields, bodyOf(format));
    assertEquals(readStatus(response).code, "ok");
    const length = format === "connect unary" ? String(response.body.length) : undefined;
    assertEquals(response.headers["content-length"], length);
    for (const name of Object.keys(FORBIDDEN).filter((name) => name !== "content-length")) {
      assertEquals([response.headers[name], response.trailers[name]], [undefined, undefined]);
    }
  });

  if (format === "grpc") continue;
  Deno.test(`HTTP/1.1 frames its answers itself (${format})`, async () => {
    await using pem = await createPemSet();
    await using greeter = await serveForbidden(pem.tls);
    const response = await requestHttp1(greeter.port, {
      ca: pem.ca.certificate,
      path: PATH + method,
      headers: fields,
      body: bodyOf(format),
    });
    assertEquals(readStatus(response).code, "ok");
    const { "content-length": length, "transfer-encoding": encoding } = response.headers;
    const expected = format === "connect unary"
      ? [String(response.body.length), undefined]
      : [undefined, "chunked"];
    assertEquals([length, encoding], expected);
    assertEquals(response.headers["keep-alive"] === FORBIDDEN["keep-alive"], false);
    assertEquals(response.headers["upgrade"], undefined);
  });
}
