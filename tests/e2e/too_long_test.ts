import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { SayHelloRequestSchema } from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { connectGreeter, PROTOCOLS } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { LANES, openCall } from "../support/lane_calls.ts";
import { eventually } from "../support/waiting.ts";

const TOO_LONG: Readonly<
  Record<string, { thrown: ConnectError; message: string; logged: number }>
> = {
  "a long message": {
    thrown: new ConnectError("€".repeat(100_000), Code.NotFound),
    message: `${"€".repeat(4096)}… (100000 characters)`,
    logged: 0,
  },
  "long details": {
    thrown: new ConnectError("no", Code.NotFound, {}, [
      { desc: SayHelloRequestSchema, value: { name: "a".repeat(100_000) } },
    ]),
    message: "no",
    logged: 2,
  },
};

for (const [what, { thrown, message, logged }] of Object.entries(TOO_LONG)) {
  for (const protocol of PROTOCOLS) {
    Deno.test(`an error with ${what} reaches its client all the same (${protocol})`, async () => {
      await using log = await captureLog();
      await using greeter = await serveGreeter({
        handlers: {
          sayHello() {
            throw thrown;
          },
          async *sayHelloTimes() {
            yield { message: "first" };
            throw thrown;
          },
        },
      });
      using client = connectGreeter(greeter.baseUrl, { protocol });
      for (const call of [client.sayHello({}), Array.fromAsync(client.sayHelloTimes({}))]) {
        const error = await call.then(() => undefined, (error) => error);
        assertInstanceOf(error, ConnectError);
        assertEquals([error.code, error.rawMessage, error.details], [Code.NotFound, message, []]);
      }
      const told = log.calls().filter(({ properties }) =>
        String(properties["error"]).includes("were left out")
      );
      assertEquals(told.length, logged);
    });
  }
}

for (const [lane, contentType] of Object.entries(LANES)) {
  Deno.test(`header fields that HTTP/2 cannot send are told of in the log (${lane})`, async () => {
    await using log = await captureLog();
    await using greeter = await serveGreeter({
      handlers: {
        sayHello(_, { responseHeaders }) {
          responseHeaders.set("x-long", "a".repeat(100_000));
          return {};
        },
      },
    });
    using client = connectHttp2(greeter.baseUrl);
    const stream = openCall(client, "sayHello", { contentType });
    stream.on("error", () => {});
    stream.end(new Uint8Array(5));
    await eventually("it is in the log", () => log.calls().length > 0);
    assertMatch(log.calls()[0]!.message.join(""), /longer than HTTP\/2 takes/);
    await eventually("no call is left", () => greeter.server.callCount === 0);
  });
}
