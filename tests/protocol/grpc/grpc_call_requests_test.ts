import { assertEquals, assertInstanceOf } from "@std/assert";
import { Code, ConnectError, type Interceptor, type StreamRequest } from "@connectrpc/connect";
import { bounded } from "../../support/bounded.ts";
import { envelope, openEnvelopes, sayHelloRequest } from "../../support/envelopes.ts";
import { serveGreeter } from "../../support/greeter.ts";
import { connectHttp2, readResponse } from "../../support/http2_client.ts";
import { LANES, openCall } from "../../support/lane_calls.ts";
import { Gate } from "../../support/stalling.ts";
import { eventually } from "../../support/waiting.ts";
import { readStatus } from "../../support/wire_formats.ts";

const OK = { code: "ok", message: "" };

/** As interceptors have it that look at each message. */
const passOn: Interceptor = (next) => async (request) =>
  await next(request.stream ? passAllOf(request) : request);

function passAllOf(request: StreamRequest): StreamRequest {
  return { ...request, message: passAll(request.message) } as StreamRequest;
}

async function* passAll<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const message of messages) yield message;
}

for (const [lane, contentType] of Object.entries(LANES)) {
  Deno.test(`a handler may answer requests that it does not read (${lane})`, async () => {
    await using greeter = await serveGreeter({
      handlers: {
        sayHelloToAll: () => ({ message: "enough" }),
        async *chat(requests) {
          for await (const { name } of requests) {
            yield { message: name };
            return;
          }
        },
      },
    });
    for (const method of ["sayHelloToAll", "chat"] as const) {
      using client = connectHttp2(greeter.baseUrl);
      const stream = openCall(client, method, { contentType });
      const answered = readResponse(stream);
      const body = envelope(sayHelloRequest("a".repeat(10_000)));
      const sending = setInterval(() => stream.closed || stream.write(body), 1);
      const response = await bounded("the answer", answered);
      clearInterval(sending);
      assertEquals(readStatus(response), OK);
      assertEquals(response.rstCode, 0);
      await eventually("no call is left", () => greeter.server.callCount === 0);
    }
  });

  for (const isLate of [false, true]) {
    const when = isLate ? "begins to read" : "reads on";
    Deno.test(`whoever ${when} after the answer is told that the call is over (${lane})`, async () => {
      const { promise: told, resolve: tell } = Promise.withResolvers<unknown>();
      const answered = new Gate();
      await using greeter = await serveGreeter({
        handlers: {
          sayHelloToAll(requests) {
            const read = async () => {
              if (isLate) await answered.pass();
              for await (const _ of requests);
            };
            read().then(() => tell("the requests have ended as if they were whole"), tell);
            return { message: "enough" };
          },
        },
      });
      using client = connectHttp2(greeter.baseUrl);
      const stream = openCall(client, "sayHelloToAll", { contentType });
      const response = readResponse(stream);
      stream.write(new Uint8Array());
      assertEquals(readStatus(await response), OK);
      answered.open();
      const error = await bounded("the reader is told", told);
      assertInstanceOf(error, ConnectError);
      assertEquals([error.code, error.rawMessage], [Code.Canceled, "the call is over"]);
    });
  }

  Deno.test(`a handler may ask for several requests at once (${lane})`, async () => {
    await using greeter = await serveGreeter({
      handlers: {
        async sayHelloToAll(requests) {
          const iterator = requests[Symbol.asyncIterator]();
          const asked = [iterator.next(), iterator.next(), iterator.next()];
          const given = await Promise.all(asked);
          return { message: given.map(({ done, value }) => done ? "." : value.name).join("") };
        },
      },
    });
    using client = connectHttp2(greeter.baseUrl);
    const stream = openCall(client, "sayHelloToAll", { contentType });
    const answered = readResponse(stream);
    stream.write(envelope(sayHelloRequest("Ann")));
    stream.end(envelope(sayHelloRequest("Bob")));
    const response = await bounded("the answer", answered);
    assertEquals(readStatus(response), OK);
    const [reply] = openEnvelopes(response.body);
    assertEquals(new TextDecoder().decode(reply!.data.subarray(2)), "AnnBob.");
  });

  for (const how of ["", ", through an interceptor"]) {
    Deno.test(`a client that leaves does not harm a handler that has asked ahead (${lane}${how})`, async () => {
      const unhandled: unknown[] = [];
      const note = (event: PromiseRejectionEvent) => {
        event.preventDefault();
        unhandled.push(event.reason);
      };
      globalThis.addEventListener("unhandledrejection", note);
      const busy = new Gate();
      await using greeter = await serveGreeter({
        prepare: (app) => void (how !== "" && app.use(passOn)),
        handlers: {
          async sayHelloToAll(requests) {
            const next = requests[Symbol.asyncIterator]().next();
            await busy.pass();
            await next;
            return {};
          },
        },
      });
      using client = connectHttp2(greeter.baseUrl);
      const stream = openCall(client, "sayHelloToAll", { contentType });
      stream.write(new Uint8Array());
      await busy.reached(1);
      stream.close(0x8);
      await eventually("no call is left", () => greeter.server.callCount === 0);
      await new Promise((resolve) => setTimeout(resolve));
      globalThis.removeEventListener("unhandledrejection", note);
      busy.open();
      assertEquals(unhandled, []);
    });
  }
}
