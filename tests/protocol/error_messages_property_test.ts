import fc from "fast-check";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { Greeter, SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { sayHelloRequest } from "../support/envelopes.ts";
import { type RunningGreeter, serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { ANY_TEXT, checkAsyncProperty } from "../support/properties.ts";
import { bodyOf } from "../support/wire_formats.ts";

/** What may stand in `grpc-message` (gRPC over HTTP/2, "Responses"). */
const PERCENT_ENCODED = /^(?:[\x20-\x24\x26-\x7e]|%[0-9A-F]{2})*$/;

/** Texts, and such as have been encoded once already. */
const MESSAGE = fc.oneof(
  ANY_TEXT,
  fc.stringMatching(/^([ %:,;"]|%[0-9a-f]{2}|[a-c]){1,12}$/),
  ANY_TEXT.map((text) => encodeURIComponent(text.toWellFormed())),
);
const CODE = fc.constantFrom(
  ...Object.values(Code).filter((code): code is Code => typeof code === "number"),
);

/** A greeter that throws what it is told to. */
async function serveThrower(): Promise<RunningGreeter & { throwNext: (error: Error) => void }> {
  let next = new Error();
  const greeter = await serveGreeter({
    handlers: {
      sayHello() {
        throw next;
      },
    },
  });
  return { ...greeter, throwNext: (error) => void (next = error) };
}

Deno.test("an error's code and message arrive the same at grpc-js", async () => {
  await using greeter = await serveThrower();
  using client = connectGrpcJs(greeter.port);
  await checkAsyncProperty(fc.asyncProperty(CODE, MESSAGE, async (code, message) => {
    greeter.throwNext(new ConnectError(message, code));
    const { status } = await client.call(Greeter.method.sayHello, [{}]);
    assertEquals([status.code, status.details], [code, message.toWellFormed()]);
  }));
});

for (const protocol of PROTOCOLS) {
  Deno.test(`an error's code, message and details arrive the same at connect-node (${protocol})`, async () => {
    await using greeter = await serveThrower();
    using client = connectGreeter(greeter.baseUrl, { protocol });
    await checkAsyncProperty(
      fc.asyncProperty(CODE, MESSAGE, fc.array(ANY_TEXT, { maxLength: 3 }), async (
        code,
        message,
        names,
      ) => {
        const wanted = names.map((name) => name.toWellFormed());
        const details = wanted.map((name) => ({ desc: SayHelloRequestSchema, value: { name } }));
        greeter.throwNext(new ConnectError(message, code, undefined, details));
        const error = await assertRejects(() => client.sayHello({}), ConnectError);
        assertEquals([error.code, error.rawMessage], [code, message.toWellFormed()]);
        const received = error.findDetails(SayHelloRequestSchema);
        assertEquals(received.map(({ name }) => name), wanted);
      }),
    );
  });
}

for (const format of ["grpc", "grpc-web"] as const) {
  Deno.test(`grpc-message has no character on the wire that it must not have (${format})`, async () => {
    await using greeter = await serveThrower();
    using client = connectHttp2(greeter.baseUrl);
    await checkAsyncProperty(fc.asyncProperty(MESSAGE, async (message) => {
      greeter.throwNext(new ConnectError(message, Code.Aborted));
      const response = await client.request(
        "/greeter.v1.Greeter/SayHello",
        { "content-type": `application/${format}` },
        bodyOf(format, sayHelloRequest("a")),
      );
      const { headers, trailers, body } = response;
      const inBody = /^grpc-message: (.*)\r$/m.exec(new TextDecoder().decode(body.subarray(5)));
      const sent = String(headers["grpc-message"] ?? trailers["grpc-message"] ?? inBody?.[1] ?? "");
      assertMatch(sent, PERCENT_ENCODED);
      assertEquals(decodeURIComponent(sent), message.toWellFormed());
    }));
  });
}
