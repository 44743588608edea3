import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  Greeter,
  SayHelloRequestSchema,
  SayHelloTimesRequestSchema,
} from "../../gen/greeter/v1/greeter_pb.ts";
import { captureLog } from "../support/captured_log.ts";
import { connectGreeter, PROTOCOLS, requestsOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";
import { connectGrpcJs } from "../support/grpc_js.ts";
import { connectHttp2 } from "../support/http2_client.ts";
import { bodyOf, CONTENT_TYPES, FORMATS } from "../support/wire_formats.ts";

const PATH = "/greeter.v1.Greeter/";
const KINDS = ["unary", "server stream", "client stream", "bidirectional stream"] as const;

/** A greeter all of whose methods throw this, streams after a message. */
function serveThrowing(thrown: () => unknown) {
  return serveGreeter({
    handlers: {
      sayHello: () => {
        throw thrown();
      },
      async *sayHelloTimes() {
        yield { message: "first" };
        throw thrown();
      },
      async sayHelloToAll(requests) {
        await Array.fromAsync(requests);
        throw thrown();
      },
      async *chat() {
        yield { message: "first" };
        throw thrown();
      },
    },
  });
}

/** The error that a call of this kind ends with. */
async function errorOf(
  client: ReturnType<typeof connectGreeter>,
  kind: typeof KINDS[number],
): Promise<ConnectError> {
  const calls = {
    "unary": () => client.sayHello({}),
    "server stream": () => Array.fromAsync(client.sayHelloTimes({})),
    "client stream": () => client.sayHelloToAll(requestsOf("a")),
    "bidirectional stream": () => Array.fromAsync(client.chat(requestsOf("a"))),
  };
  const error = await calls[kind]().then(() => undefined, (error) => error);
  assertInstanceOf(error, ConnectError);
  return error;
}

Deno.test("ConnectError reaches the client with code, message, details and metadata", async (t) => {
  const cause = new Error("secret cause");
  await using greeter = await serveThrowing(() =>
    new ConnectError(
      "no such name",
      Code.NotFound,
      { "x-reason": "typo" },
      [{ desc: SayHelloRequestSchema, value: { name: "detail" } }],
      cause,
    )
  );
  for (const protocol of PROTOCOLS) {
    for (const kind of KINDS) {
      await t.step(`${protocol}: ${kind}`, async () => {
        using client = connectGreeter(greeter.baseUrl, { protocol });
        const error = await errorOf(client, kind);
        assertEquals(error.code, Code.NotFound);
        assertEquals(error.rawMessage, "no such name");
        assertEquals(error.findDetails(SayHelloRequestSchema).map(({ name }) => name), ["detail"]);
        assertEquals(error.metadata.get("x-reason"), "typo");
      });
    }
  }
  await t.step("grpc-js", async () => {
    using client = connectGrpcJs(greeter.port);
    for (const method of Greeter.methods) {
      const { status } = await client.call(method, [{ name: "a" }]);
      assertEquals(Number(status.code), Code.NotFound);
      assertEquals(status.details, "no such name");
      assertEquals(status.metadata.get("x-reason"), ["typo"]);
    }
  });
});

Deno.test("context.abort() ends a call with its code, message and details", async () => {
  await using greeter = await serveGreeter({
    handlers: {
      sayHello: (_, context) =>
        context.abort(Code.FailedPrecondition, "not yet", [
          { desc: SayHelloRequestSchema, value: { name: "detail" } },
        ]),
    },
  });
  for (const protocol of PROTOCOLS) {
    using client = connectGreeter(greeter.baseUrl, { protocol });
    const error = await errorOf(client, "unary");
    assertEquals(error.code, Code.FailedPrecondition);
    assertEquals(error.rawMessage, "not yet");
    assertEquals(error.findDetails(SayHelloRequestSchema).length, 1);
  }
});

const OTHERS: Record<string, unknown> = {
  "an Error": new Error("secret"),
  "a TypeError": new TypeError("secret"),
  "a string": "secret",
  "an object": { secret: true },
  "null": null,
  "undefined": undefined,
  "a ConnectError with code 0": new ConnectError("secret", 0 as Code),
  "a ConnectError with code 999": new ConnectError("secret", 999 as Code),
  "a ConnectError with code -1": new ConnectError("secret", -1 as Code),
  "a ConnectError with code NaN": new ConnectError("secret", NaN as Code),
  "a ConnectError with code 2.5": new ConnectError("secret", 2.5 as Code),
  'a ConnectError with code "NotFound"': new ConnectError("secret", "NotFound" as never),
  "an AbortError": new DOMException("secret", "AbortError"),
};

for (const [what, thrown] of Object.entries(OTHERS)) {
  Deno.test(`${what} becomes INTERNAL "internal error", with the cause in the log alone`, async (t) => {
    await using log = await captureLog();
    await using greeter = await serveThrowing(() => thrown);
    for (const protocol of PROTOCOLS) {
      for (const kind of KINDS) {
        await t.step(`${protocol}: ${kind}`, async () => {
          const before = log.access().length;
          using client = connectGreeter(greeter.baseUrl, { protocol });
          const error = await errorOf(client, kind);
          assertEquals(error.code, Code.Internal);
          assertEquals(error.rawMessage, "internal error");
          assertEquals(error.details, []);
          assertEquals((await log.waitForAccess(before + 1)).length, before + 1);
          assertEquals(log.calls().length, before + 1);
          const { level, properties } = log.calls().at(-1)!;
          assertEquals(level, "error");
          if (thrown instanceof ConnectError) {
            assert(String(properties["error"]).includes(`No status has the code ${thrown.code}`));
          } else assertStrictEquals(properties["error"], thrown);
        });
      }
    }
  });
}

for (const format of FORMATS) {
  Deno.test(`neither another error nor a cause shows on the wire (${format})`, async () => {
    for (const thrown of [new Error("secret"), new ConnectError("no", 3, {}, [], "secret")]) {
      await using greeter = await serveThrowing(() => thrown);
      using client = connectHttp2(greeter.baseUrl);
      const isUnary = format === "connect unary";
      const { headers, trailers, body } = await client.request(
        `${PATH}${isUnary ? "SayHello" : "SayHelloTimes"}`,
        { "content-type": CONTENT_TYPES[format] },
        bodyOf(format),
      );
      const wire = JSON.stringify([headers, trailers]) + new TextDecoder().decode(body);
      assert(!wire.includes("secret"), wire);
      assert(!wire.includes(".ts:"), wire);
    }
  });
}

const MESSAGES: Record<string, [string, string]> = {
  "unicode": ["Grüße, 世界 🦕", "Grüße, 世界 🦕"],
  "newlines": ["a\r\nb\tc\0d", "a\r\nb\tc\0d"],
  "percent signs": ["100 % of 50%25", "100 % of 50%25"],
  "what a URL has": ["a/b: c? 100% ü #1 & %2F", "a/b: c? 100% ü #1 & %2F"],
  "blanks at its ends": ["  a  ", "  a  "],
  "what looks like a header": ["x\r\ngrpc-status: 0\r\n\r\n", "x\r\ngrpc-status: 0\r\n\r\n"],
  "half a surrogate pair": ["a\ud800b", "a\ufffdb"],
  "halves in the wrong order": ["\udc00\ud800", "\ufffd\ufffd"],
  "nothing": ["", ""],
};

for (const [what, [sent, received]] of Object.entries(MESSAGES)) {
  Deno.test(`an error's message may have in it: ${what}`, async (t) => {
    await using log = await captureLog();
    await using greeter = await serveThrowing(() =>
      new ConnectError(sent, Code.OutOfRange, { "x-reason": "typo" }, [
        { desc: SayHelloRequestSchema, value: { name: "detail" } },
      ])
    );
    for (const protocol of PROTOCOLS) {
      for (const kind of KINDS) {
        await t.step(`${protocol}: ${kind}`, async () => {
          using client = connectGreeter(greeter.baseUrl, { protocol });
          const error = await errorOf(client, kind);
          assertEquals(error.code, Code.OutOfRange);
          assertEquals(error.rawMessage, received);
          assertEquals(error.findDetails(SayHelloRequestSchema).length, 1);
          assertEquals(error.metadata.get("x-reason"), "typo");
        });
      }
    }
    await t.step("grpc-js", async () => {
      using client = connectGrpcJs(greeter.port);
      const { status } = await client.call(Greeter.method.sayHello, [{}]);
      assertEquals([Number(status.code), status.details], [Code.OutOfRange, received]);
    });
    assertEquals(log.calls(), []);
  });
}

for (const protocol of PROTOCOLS) {
  Deno.test(`a handler's own grpc-message does not fail the call (${protocol})`, async () => {
    await using log = await captureLog();
    await using greeter = await serveGreeter({
      handlers: {
        sayHello(_, { responseHeaders, responseTrailers }) {
          responseHeaders.set("grpc-message", "%zz");
          responseTrailers.set("grpc-message", "%zz");
          return { message: "all the same" };
        },
      },
    });
    using client = connectGreeter(greeter.baseUrl, { protocol });
    assertEquals((await client.sayHello({})).message, "all the same");
    assertEquals(await log.waitForAccess(1), [`${PATH}SayHello ok ${protocol}`]);
    assertEquals(log.calls(), []);
  });
}

Deno.test("a handler's own malformed status does not fail the call", async () => {
  await using log = await captureLog();
  await using greeter = await serveGreeter({
    handlers: {
      sayHello(_, { responseTrailers }) {
        responseTrailers.set("grpc-status", "5");
        responseTrailers.set("grpc-message", "%zz");
        return {};
      },
    },
  });
  using client = connectHttp2(greeter.baseUrl);
  const fields = { "content-type": CONTENT_TYPES.grpc };
  const { trailers, rstCode } = await client.request(`${PATH}SayHello`, fields, bodyOf("grpc"));
  assertEquals([trailers["grpc-status"], trailers["grpc-message"], rstCode], ["5", "%zz", 0]);
  assertEquals(await log.waitForAccess(1), [`${PATH}SayHello internal grpc`]);
});

Deno.test("metadata of another server's error stays here, also where its message is mended", async () => {
  for (const message of ["no such name", "half a pair: \ud83d"]) {
    const thrown = new ConnectError(message, Code.NotFound, { "x-internal": "secret" });
    await using greeter = await serveThrowing(() => Object.assign(thrown, { isWireError: true }));
    for (const protocol of PROTOCOLS) {
      using client = connectGreeter(greeter.baseUrl, { protocol });
      for (const kind of KINDS) {
        const error = await errorOf(client, kind);
        assertEquals(error.rawMessage, message.toWellFormed());
        assertEquals(error.metadata.get("x-internal"), null);
      }
    }
  }
});

Deno.test("details that do not fit their schema become INTERNAL, with the cause in the log", async (t) => {
  await using log = await captureLog();
  await using greeter = await serveThrowing(() =>
    new ConnectError("no", Code.NotFound, {}, [
      { desc: SayHelloTimesRequestSchema, value: { times: -1 } },
    ])
  );
  for (const protocol of PROTOCOLS) {
    for (const kind of KINDS) {
      await t.step(`${protocol}: ${kind}`, async () => {
        using client = connectGreeter(greeter.baseUrl, { protocol });
        const error = await errorOf(client, kind);
        assertEquals(error.code, Code.Internal);
        assertEquals(error.rawMessage, "internal error");
        assert(String(log.calls().at(-1)!.properties["error"]).includes("uint32"));
      });
    }
  }
});
