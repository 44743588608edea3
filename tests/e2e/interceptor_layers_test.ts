import { assertEquals } from "@std/assert";
import type { Message } from "@bufbuild/protobuf";
import { z } from "zod";
import {
  Code,
  ConnectError,
  FastGRPC,
  type Interceptor,
  Service,
  type ServiceImplementation,
} from "../../mod.ts";
import { createClient } from "../../src/client.ts";
import { testClient } from "../../src/testing.ts";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { codeOf, PROTOCOLS, requestsOf } from "../support/connect_node.ts";
import { serveGreeter } from "../support/greeter.ts";

type Request = Parameters<ReturnType<Interceptor>>[0];
type Response = Awaited<ReturnType<ReturnType<Interceptor>>>;

const LAYERS = ["app", "service", "method"] as const;
const INWARDS = LAYERS;
const OUTWARDS = LAYERS.toReversed();

/** Notes all that passes it: each message on its way in and out, the end, and errors. */
function watching(layer: string, notes: string[]): Interceptor {
  const note = (what: string) => void notes.push(`${layer} ${what}`);
  return (next) => async (request) => {
    try {
      return watched(await next(watched(request, "request", note)), "reply", note);
    } catch (error) {
      note(`fails: ${ConnectError.from(error).rawMessage}`);
      throw error;
    }
  };
}

function watched<T extends Request | Response>(
  passing: T,
  what: string,
  note: (what: string) => void,
): T {
  if (!passing.stream) {
    note(`${what} ${textOf(passing.message)}`);
    return passing;
  }
  const { message } = passing;
  const messages = async function* () {
    try {
      for await (const each of message as AsyncIterable<Message>) {
        note(`${what} ${textOf(each)}`);
        yield each;
      }
      note(`no ${what} more`);
    } catch (error) {
      note(`${what} fails: ${ConnectError.from(error).rawMessage}`);
      throw error;
    }
  };
  return { ...passing, message: messages() };
}

/** What a message says: the field that all of the messages here have. */
function textOf(message: unknown): string {
  const { name, message: text } = message as { name?: string; message?: string };
  return name ?? text ?? "";
}

/** What each layer notes, one after the other. */
function each(layers: readonly string[], what: string): string[] {
  return layers.map((layer) => `${layer} ${what}`);
}

/** What is called, and what the layers see of it. */
interface Call {
  readonly call: (client: GreeterLike) => Promise<unknown>;
  readonly notes: readonly string[];
}

/** Clients of a generated service, and of one in code with the same methods. */
interface GreeterLike {
  sayHello(request: { name: string }): Promise<unknown>;
  sayHelloTimes(request: { name: string }): AsyncIterable<unknown>;
  sayHelloToAll(requests: AsyncIterable<{ name: string }>): Promise<unknown>;
  chat(requests: AsyncIterable<{ name: string }>): AsyncIterable<unknown>;
}

const CALLS: Readonly<Record<string, Call>> = {
  "a unary call": {
    call: (client) => client.sayHello({ name: "Ada" }),
    notes: [...each(INWARDS, "request Ada"), ...each(OUTWARDS, "reply Hello Ada")],
  },
  "a unary call that fails": {
    call: (client) => client.sayHello({ name: "" }),
    notes: [...each(INWARDS, "request "), ...each(OUTWARDS, "fails: a name is wanted")],
  },
  "a server stream": {
    call: (client) => Array.fromAsync(client.sayHelloTimes({ name: "Ada" })),
    notes: [
      ...each(INWARDS, "request Ada"),
      ...each(INWARDS, "no request more"),
      ...each(OUTWARDS, "reply Hello Ada"),
      ...each(OUTWARDS, "reply Hello Ada"),
      ...each(OUTWARDS, "no reply more"),
    ],
  },
  "a server stream that fails": {
    call: (client) => Array.fromAsync(client.sayHelloTimes({ name: "" })),
    notes: [
      ...each(INWARDS, "request "),
      ...each(INWARDS, "no request more"),
      ...each(OUTWARDS, "reply Hello "),
      ...each(OUTWARDS, "reply fails: a name is wanted"),
    ],
  },
  "a client stream": {
    call: (client) => client.sayHelloToAll(requestsOf("Ada", "Bob")),
    notes: [
      ...each(INWARDS, "request Ada"),
      ...each(INWARDS, "request Bob"),
      ...each(INWARDS, "no request more"),
      ...each(OUTWARDS, "reply Hello Ada, Bob"),
      ...each(OUTWARDS, "no reply more"),
    ],
  },
  "a client stream that fails": {
    call: (client) => client.sayHelloToAll(requestsOf("Ada", "")),
    notes: [
      ...each(INWARDS, "request Ada"),
      ...each(INWARDS, "request "),
      ...each(OUTWARDS, "fails: a name is wanted"),
    ],
  },
  "streams both ways": {
    call: (client) => Array.fromAsync(client.chat(requestsOf("Ada", "Bob"))),
    notes: [
      ...["Ada", "Bob"].flatMap((name) => [
        ...each(INWARDS, `request ${name}`),
        ...each(OUTWARDS, `reply Hello ${name}`),
      ]),
      ...each(INWARDS, "no request more"),
      ...each(OUTWARDS, "no reply more"),
    ],
  },
  "streams both ways that fail": {
    call: (client) => Array.fromAsync(client.chat(requestsOf("Ada", ""))),
    notes: [
      ...each(INWARDS, "request Ada"),
      ...each(OUTWARDS, "reply Hello Ada"),
      ...each(INWARDS, "request "),
      ...each(OUTWARDS, "reply fails: a name is wanted"),
    ],
  },
};

const handlers: ServiceImplementation<typeof Greeter> = {
  sayHello: ({ name }) => greet(name),
  async *sayHelloTimes({ name }) {
    yield { message: `Hello ${name}` };
    yield greet(name);
  },
  async sayHelloToAll(requests) {
    const names: string[] = [];
    for await (const { name } of requests) names.push(greet(name) && name);
    return greet(names.join(", "));
  },
  async *chat(requests) {
    for await (const { name } of requests) yield greet(name);
  },
};

function greet(name: string): { message: string } {
  if (name === "") throw new ConnectError("a name is wanted", Code.InvalidArgument);
  return { message: `Hello ${name}` };
}

async function assertNotes(client: GreeterLike, notes: string[], call: Call): Promise<void> {
  notes.length = 0;
  const code = await codeOf(call.call(client));
  const fails = call.notes.some((note) => note.includes("fails"));
  assertEquals(code, fails ? "InvalidArgument: a name is wanted" : "OK");
  assertEquals(notes, [...call.notes]);
}

for (const protocol of PROTOCOLS) {
  Deno.test(`interceptors of app, service and method see all that passes (${protocol})`, async (t) => {
    const notes: string[] = [];
    const [ofApp, ofService, ofMethod] = LAYERS.map((layer) => watching(layer, notes));
    const method = { interceptors: [ofMethod!] };
    await using greeter = await serveGreeter({
      handlers,
      prepare: (app) => app.use(ofApp!),
      service: {
        interceptors: [ofService!],
        methods: { sayHello: method, sayHelloTimes: method, sayHelloToAll: method, chat: method },
      },
    });
    await using client = createClient(Greeter, greeter.baseUrl, { protocol });
    for (const [title, call] of Object.entries(CALLS)) {
      await t.step(title, () => assertNotes(client, notes, call));
    }
  });

  Deno.test(`interceptors of a service in code see all that passes (${protocol})`, async (t) => {
    const notes: string[] = [];
    const [ofApp, ofService, ofMethod] = LAYERS.map((layer) => watching(layer, notes));
    const options = {
      request: z.object({ name: z.string() }),
      response: z.object({ message: z.string() }),
      interceptors: [ofMethod!],
    };
    const service = new Service("demo.v1.Greeter", {
      interceptors: [ofService!],
    })
      .unaryUnary("SayHello", options, ({ name }) => greet(name))
      .unaryStream("SayHelloTimes", options, handlers.sayHelloTimes as never)
      .streamUnary("SayHelloToAll", options, handlers.sayHelloToAll as never)
      .streamStream("Chat", options, handlers.chat as never);
    const app = new FastGRPC().use(ofApp!).addService(service);
    await using server = await app.serve({ port: 0, hostname: "127.0.0.1" });
    const url = `http://127.0.0.1:${server.addr.port}`;
    await using client = createClient(service, url, { protocol });
    for (const [title, call] of Object.entries(CALLS)) {
      await t.step(title, () => assertNotes(client, notes, call));
    }
  });
}

Deno.test("interceptors see a request before its schema does, and what that says", async () => {
  const notes: string[] = [];
  const Name = z.object({ name: z.string().min(2, "too short") });
  const service = new Service("demo.v1.Names").unaryUnary("Echo", {
    request: Name,
    response: Name,
    interceptors: [watching("method", notes)],
  }, (request) => request);
  await using client = testClient(new FastGRPC().addService(service), service);
  assertEquals(
    await codeOf(client.echo({ name: "x" })),
    "InvalidArgument: invalid request: name: too short",
  );
  assertEquals(notes, ["method request x", "method fails: invalid request: name: too short"]);
});
