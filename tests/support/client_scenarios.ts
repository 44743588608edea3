/**
 * Calls with a client of ours, and what comes of them: the same whether the client calls a server or an
 * app in memory.
 *
 * @module
 */

import { assert } from "@std/assert";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { CallOptions, ServiceClient } from "../../src/client.ts";
import type { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf, requestsOf } from "./connect_node.ts";
import type { GreeterOptions } from "./greeter.ts";
import { never } from "./stalling.ts";

/** A client of the example service. */
export type GreeterClient = ServiceClient<typeof Greeter>;

/** One of {@linkcode SCENARIOS}: an app, and what is done with it. */
export interface Scenario extends Pick<GreeterOptions, "app" | "handlers" | "service"> {
  readonly interceptors?: readonly Interceptor[];
  /** What is done with a client, noted down with what comes of it. */
  readonly run: (client: GreeterClient) => Promise<unknown>;
}

const LARGE = "Ada ".repeat(100_000);

const note = (name: string): Interceptor => (next) => async (request) => {
  request.header.append("x-seen", name);
  const response = await next(request);
  response.header.append("x-seen", name);
  return response;
};

/** By what they are about. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "a unary call": { run: (client) => client.sayHello({ name: "Ada" }) },
  "a server stream": { run: (client) => all(client.sayHelloTimes({ name: "Ada", times: 3 })) },
  "an empty server stream": { run: (client) => all(client.sayHelloTimes({ times: 0 })) },
  "a client stream": { run: (client) => client.sayHelloToAll(requestsOf("Ada", "Bob")) },
  "an empty client stream": { run: (client) => client.sayHelloToAll(requestsOf()) },
  "a bidirectional stream": { run: (client) => all(client.chat(requestsOf("Ada", "Bob"))) },
  "a large message": {
    handlers: { sayHello: ({ name }) => ({ message: name }) },
    run: async (client) => (await client.sayHello({ name: LARGE })).message === LARGE,
  },
  "large messages both ways": {
    handlers: {
      async *chat(requests) {
        for await (const { name } of requests) yield { message: name };
      },
    },
    run: async (client) =>
      (await all(client.chat(requestsOf(LARGE, LARGE, LARGE)))).map(({ message }) =>
        message.length
      ),
  },
  "metadata": {
    handlers: {
      sayHello(_, { metadata, responseHeaders, responseTrailers }) {
        responseHeaders.set("x-back", metadata.get("x-sent")!);
        responseHeaders.append("x-many", "one");
        responseHeaders.append("x-many", "two");
        responseTrailers.set("x-end-bin", metadata.get("x-sent-bin")!);
        return { message: [...metadata.keys()].filter((name) => name.startsWith("x-")).join() };
      },
    },
    run: (client) => noted(client, { headers: { "x-sent": "1", "x-sent-bin": "AAEC" } }),
  },
  "interceptors": {
    interceptors: [note("outer"), note("inner")],
    handlers: { sayHello: (_, { metadata }) => ({ message: metadata.get("x-seen")! }) },
    run: (client) => noted(client),
  },
  "an interceptor that refuses": {
    interceptors: [() => () => {
      throw new ConnectError("who are you?", Code.Unauthenticated);
    }],
    run: (client) => codeOf(client.sayHello({})),
  },
  "an error with metadata": {
    handlers: {
      sayHello() {
        throw new ConnectError("no: \u{1f44b}", Code.NotFound, { "x-why": "because" });
      },
    },
    run: async (client) => {
      const error = await client.sayHello({}).catch((error) => error as ConnectError);
      assert(error instanceof ConnectError);
      return [error.code, error.rawMessage, error.metadata.get("x-why")];
    },
  },
  "an error that may not go out": {
    handlers: {
      sayHello() {
        throw new Error("a secret");
      },
    },
    run: (client) => codeOf(client.sayHello({})),
  },
  "an error amid a stream": {
    handlers: {
      async *sayHelloTimes() {
        yield { message: "one" };
        throw new ConnectError("enough", Code.Aborted);
      },
    },
    run: async (client) => {
      const messages: string[] = [];
      const read = async () => {
        for await (const { message } of client.sayHelloTimes({})) messages.push(message);
      };
      return [await codeOf(read()), messages];
    },
  },
  "a handler that asks for the deadline": {
    handlers: {
      sayHello: (_, context) => ({ message: `${Math.ceil(context.timeRemaining())}` }),
    },
    service: { timeout: 50 },
    run: (client) =>
      Promise.all([
        client.sayHello({}),
        client.sayHello({}, { timeout: 9 }),
        client.sayHello({}, {
          timeout: 99,
        }),
      ]),
  },
  "a deadline of the server's": {
    handlers: { sayHello: never },
    service: { timeout: "20ms" },
    run: (client) => codeOf(client.sayHello({})),
  },
  "a request that is too large": {
    app: { maxReceiveBytes: 100 },
    run: (client) => codeOf(client.sayHello({ name: "x".repeat(200) })),
  },
  "a reply that is too large": {
    app: { maxSendBytes: 100 },
    run: (client) => codeOf(client.sayHello({ name: "x".repeat(200) })),
  },
  "a header that is too long": {
    // The server's name is a part of it.
    run: async (client) =>
      (await codeOf(client.sayHello({}, { headers: { "x-long": "x".repeat(20_000) } })))
        .replace(/\d+/, "so many"),
  },
  "a handler that leaves requests unread": {
    handlers: { sayHelloToAll: () => ({ message: "early" }) },
    run: (client) => client.sayHelloToAll(requestsOf("Ada", "Bob")),
  },
};

async function all<T>(replies: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of replies) messages.push(message);
  return messages;
}

/** A call with what its header and trailers have of ours. */
async function noted(client: GreeterClient, options: CallOptions = {}): Promise<unknown> {
  const own = (headers: Headers) => [...headers].filter(([name]) => name.startsWith("x-"));
  const fields: unknown[] = [];
  const { message } = await client.sayHello({}, {
    ...options,
    onHeader: (headers) => fields.push(own(headers)),
    onTrailer: (trailers) => fields.push(own(trailers)),
  });
  return [message, ...fields];
}
