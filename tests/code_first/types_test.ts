import { assertEquals } from "@std/assert";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { message } from "@fastgrpc/fastgrpc/zod";
import { FastGRPC, Service, type ServiceContext } from "../../mod.ts";
import { type CallOptions, createClient, type ServiceClient } from "../../src/client.ts";
import { testClient } from "../../src/testing.ts";
import {
  type SayHelloRequest,
  SayHelloRequestSchema,
  type SayHelloResponse,
  SayHelloResponseSchema,
} from "../../gen/greeter/v1/greeter_pb.ts";

type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

function assertType<_T extends true>(): void {}

const Request = z.object({
  times: z.int32().default(1),
  at: z.string().transform((text) => new Date(text)),
  hello: message(SayHelloRequestSchema).optional(),
});
type RequestIn = {
  times?: number | undefined;
  at: string;
  hello?: MessageInitShape<typeof SayHelloRequestSchema> | undefined;
};
type RequestOut = { times: number; at: Date; hello?: SayHelloRequest | undefined };

const Reply = z.object({
  year: z.int32().default(1970),
  when: z.codec(z.string(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  }),
});
type ReplyIn = { year?: number | undefined; when: string };
type ReplyOut = { year: number; when: Date };

const schemas = { request: Request, response: Reply };
const generated = { request: SayHelloRequestSchema, response: SayHelloResponseSchema };
const nothing = { request: z.void(), response: z.void() };

/** Declared in one chain, with a method of each kind. */
const service = new Service("demo.v1.Types")
  .unaryUnary("One", schemas, (request, context) => {
    assertType<IsSame<typeof request, RequestOut>>();
    assertType<IsSame<typeof context, ServiceContext>>();
    return { when: request.at.toISOString() };
  })
  .unaryStream("Many", schemas, async function* (request) {
    assertType<IsSame<typeof request, RequestOut>>();
    yield { year: 2000, when: request.at.toISOString() };
  })
  .streamUnary("Sum", schemas, async (requests) => {
    assertType<IsSame<typeof requests, AsyncIterable<RequestOut>>>();
    return { when: (await Array.fromAsync(requests))[0]!.at.toISOString() };
  })
  .streamStream("Chat", schemas, async function* (requests) {
    assertType<IsSame<typeof requests, AsyncIterable<RequestOut>>>();
    for await (const { at } of requests) yield { when: at.toISOString() };
  })
  .unaryUnary("Generated", generated, (request) => {
    assertType<IsSame<typeof request, SayHelloRequest>>();
    return { message: request.name };
  })
  .streamStream("GeneratedChat", generated, async function* (requests) {
    assertType<IsSame<typeof requests, AsyncIterable<SayHelloRequest>>>();
    for await (const { name } of requests) yield { message: name };
  })
  .unaryUnary("Nothing", nothing, (request) => {
    assertType<IsSame<typeof request, void>>();
  });

type Client = ServiceClient<typeof service>;

Deno.test("callers of a service in code send its input and get its output, by names in camelCase", () => {
  assertType<
    IsSame<
      keyof Client,
      | "one"
      | "many"
      | "sum"
      | "chat"
      | "generated"
      | "generatedChat"
      | "nothing"
      | "close"
      | typeof Symbol.asyncDispose
    >
  >();
  assertType<
    IsSame<Client["one"], (request: RequestIn, options?: CallOptions) => Promise<ReplyOut>>
  >();
  assertType<
    IsSame<Client["many"], (request: RequestIn, options?: CallOptions) => AsyncIterable<ReplyOut>>
  >();
  assertType<
    IsSame<
      Client["sum"],
      (requests: AsyncIterable<RequestIn>, options?: CallOptions) => Promise<ReplyOut>
    >
  >();
  assertType<
    IsSame<
      Client["chat"],
      (requests: AsyncIterable<RequestIn>, options?: CallOptions) => AsyncIterable<ReplyOut>
    >
  >();
  assertType<
    IsSame<
      Client["generated"],
      (
        request: MessageInitShape<typeof SayHelloRequestSchema>,
        options?: CallOptions,
      ) => Promise<SayHelloResponse>
    >
  >();
  assertType<
    IsSame<Client["nothing"], (request: void, options?: CallOptions) => Promise<void>>
  >();
});

Deno.test("createClient() and testClient() have the types of ServiceClient, and work by them", async () => {
  const app = new FastGRPC().addService(service);
  await using client = testClient(app, service);
  assertType<IsSame<typeof client, Client>>();
  assertType<IsSame<ReturnType<typeof connect>, Client>>();
  const at = "2001-02-03T04:05:06.000Z";
  const reply: ReplyOut = await client.one({ at });
  assertEquals(reply.year, 1970);
  assertEquals(
    (await Array.fromAsync(client.many({ at, times: 2, hello: { name: "x" } })))[0]!.year,
    2000,
  );
  assertEquals((await client.generated({ name: "Ada" })).message, "Ada");
  assertEquals(await client.nothing(), undefined);
});

function connect() {
  return createClient(service, "http://127.0.0.1:1");
}

/** What does not compile; nothing of it is run. */
function wrong(client: Client, app: FastGRPC): void {
  // @ts-expect-error There is no such method.
  client.two({ at: "" });
  // @ts-expect-error Its name is in camelCase.
  client.One({ at: "" });
  // @ts-expect-error A date is what the handler gets.
  client.one({ at: new Date() });
  // @ts-expect-error What has no default is wanted.
  client.one({ times: 1 });
  // @ts-expect-error There is no such field.
  client.one({ at: "", time: 1 });
  // @ts-expect-error There is one reply.
  client.one({ at: "" })[Symbol.asyncIterator];
  // @ts-expect-error There are many replies.
  client.many({ at: "" }).then;
  // @ts-expect-error There are many requests.
  client.chat({ at: "" });
  // @ts-expect-error There is no such option.
  client.one({ at: "" }, { timeot: 5 });
  // @ts-expect-error The name of a generated message is a text.
  client.generated({ name: 5 });

  // @ts-expect-error The reply lacks what has no default.
  app.unaryUnary("One", schemas, () => ({ year: 1 }));
  // @ts-expect-error A date is what the client gets.
  app.unaryUnary("One", schemas, () => ({ when: new Date() }));
  // @ts-expect-error The reply is one, not many.
  app.unaryUnary("One", schemas, async function* () {
    yield { when: "" };
  });
  // @ts-expect-error The replies are many, not one.
  app.unaryStream("Many", schemas, () => ({ when: "" }));
  // @ts-expect-error A promise of many is not many.
  app.unaryStream("Many", schemas, () => Promise.resolve((async function* () {})()));
  // @ts-expect-error There are many requests.
  app.streamUnary("Sum", schemas, ({ at }) => ({ when: at }));
  app.streamStream("Chat", schemas, async function* (requests) {
    // @ts-expect-error There is no such field.
    for await (const { missing } of requests) yield { when: missing };
  });
  // @ts-expect-error The reply is of another schema.
  app.unaryUnary("Generated", generated, () => ({ text: "" }));
  // @ts-expect-error There is no reply.
  app.unaryUnary("Nothing", nothing, () => 5);
  // @ts-expect-error There is no such option.
  app.unaryUnary("One", { ...nothing, timeot: 5 }, () => {});
  // @ts-expect-error A schema is missing.
  app.unaryUnary("One", { request: z.void() }, () => {});
  // @ts-expect-error It is no schema.
  app.unaryUnary("One", { ...nothing, request: { name: z.string() } }, () => {});
  // @ts-expect-error The handler is missing.
  app.unaryUnary("One", nothing);
  // @ts-expect-error It has its own handlers.
  app.addService(service, {});
}

void wrong;

Deno.test("a service that was declared in statements is served, and its clients have no methods", async () => {
  const inStatements = new Service("demo.v1.Types");
  inStatements.unaryUnary("One", nothing, () => {});
  assertType<
    IsSame<keyof ServiceClient<typeof inStatements>, "close" | typeof Symbol.asyncDispose>
  >();
  await using client = testClient(new FastGRPC().addService(inStatements), inStatements);
  // @ts-expect-error Its type does not know what was added.
  assertEquals(await client.one(), undefined);
});

Deno.test("a method of the name of a client's own keeps it", async () => {
  const door = new Service("demo.v1.Door").unaryUnary(
    "Close",
    { request: z.object({ hard: z.boolean() }), response: z.object({ loud: z.boolean() }) },
    ({ hard }) => ({ loud: hard }),
  );
  await using client = testClient(new FastGRPC().addService(door), door);
  assertType<IsSame<keyof typeof client, "close" | typeof Symbol.asyncDispose>>();
  assertEquals(await client.close({ hard: true }), { loud: true });
});

Deno.test("names that objects have already are names of methods as others", async () => {
  const odd = new Service("demo.v1.Odd")
    .unaryUnary("Constructor", nothing, () => {})
    .unaryUnary("ToString", nothing, () => {});
  await using client = testClient(new FastGRPC().addService(odd), odd);
  assertEquals(await client.constructor(), undefined);
  assertEquals(await client.toString(), undefined);
});
