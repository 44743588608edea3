import { assert, assertEquals, assertRejects } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "../mod.ts";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { reflectionHandlers } from "../src/reflection.ts";
import { bounded } from "./support/bounded.ts";
import { codeOf, PROTOCOLS } from "./support/connect_node.ts";
import { type GreeterOptions, type RunningGreeter, serveGreeter } from "./support/greeter.ts";
import { connectGrpcJs } from "./support/grpc_js.ts";
import {
  connectReflection,
  extension,
  fileName,
  LIST,
  numbersOf,
  type Question,
  REFLECTION_VERSIONS,
  type Request,
  symbol,
  tell,
} from "./support/reflection_client.ts";

const ALL_SERVICES = [
  "greeter.v1.Greeter",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];
const GREETER_FILE = "greeter/v1/greeter.proto";

function serveReflection(options: GreeterOptions = {}): Promise<RunningGreeter> {
  return serveGreeter({ ...options, serve: { reflection: true, ...options.serve } });
}

/** What the handlers make of questions, without a server. */
async function* answersTo(questions: Iterable<Question> | AsyncIterable<Question>) {
  const { serverReflectionInfo } = reflectionHandlers({ services: [Greeter], types: undefined });
  async function* requests(): AsyncGenerator<ServerReflectionRequest> {
    for await (const messageRequest of questions) {
      yield create(ServerReflectionRequestSchema, { messageRequest });
    }
  }
  yield* serverReflectionInfo(requests());
}

for (const version of REFLECTION_VERSIONS) {
  for (const protocol of PROTOCOLS) {
    Deno.test(`ServerReflection lists and describes services, as ${version} by ${protocol}`, async () => {
      await using greeter = await serveReflection({ serve: { healthCheck: true } });
      using client = connectReflection(greeter.baseUrl, { version, protocol });
      const answers = await client.ask(LIST, ...ALL_SERVICES.map(symbol));
      assertEquals(answers.map(tell), [
        ALL_SERVICES,
        [GREETER_FILE],
        ["grpc/health/v1/health.proto"],
        ["grpc/reflection/v1/reflection.proto"],
        ["grpc/reflection/v1alpha/reflection.proto"],
      ]);
    });
  }
}

Deno.test("ServerReflection answers grpc-js, which knows the older version", async () => {
  await using greeter = await serveReflection();
  using client = connectGrpcJs(greeter.port);
  for (const { method } of [ServerReflection, ServerReflectionAlpha]) {
    const { messages, status } = await client.call(method.serverReflectionInfo, [
      { host: "example.org", messageRequest: LIST },
      { messageRequest: symbol("greeter.v1.Greeter.SayHello") },
    ]);
    assertEquals(status.code, 0);
    assertEquals(messages.map(tell), [
      ALL_SERVICES.filter((name) => name !== "grpc.health.v1.Health"),
      [GREETER_FILE],
    ]);
  }
});

Deno.test("ServerReflection gives back the request, and its host", async () => {
  await using greeter = await serveReflection();
  using client = connectReflection(greeter.baseUrl);
  const requests: Request[] = [
    { host: "a.example", messageRequest: LIST },
    { host: "b.example", messageRequest: symbol("no.Such") },
    { messageRequest: extension("no.Such", 7) },
  ];
  const stream = client.stream([...requests]);
  for await (const { validHost, originalRequest } of stream) {
    const { host = "", messageRequest } = requests.shift()!;
    assertEquals(validHost, host);
    assertEquals(originalRequest?.host, host);
    assertEquals(originalRequest?.messageRequest.case, messageRequest?.case);
    const value = originalRequest?.messageRequest.value;
    if (typeof value === "object") assertEquals(value.extensionNumber, 7);
    else assertEquals(value, messageRequest?.value as string);
  }
  assertEquals(requests, []);
});

Deno.test("ServerReflection ends a stream on which nothing is asked", async () => {
  await using greeter = await serveReflection();
  for (const version of REFLECTION_VERSIONS) {
    using client = connectReflection(greeter.baseUrl, { version });
    const asked = Array.fromAsync(client.stream([{ host: "a.example" }]));
    assertEquals(await codeOf(asked), "InvalidArgument: message_request is not set");
  }
});

Deno.test("ServerReflection gives little of a huge name back in an error", async () => {
  await using greeter = await serveReflection();
  using client = connectReflection(greeter.baseUrl);
  const huge = "a" + "\u{1f4d6}".repeat(500_000);
  const answers = await client.ask(
    symbol(huge),
    fileName(huge),
    numbersOf(huge),
    extension(huge, 1),
  );
  for (const { messageResponse: { case: kind, value } } of answers) {
    assert(kind === "errorResponse");
    assertEquals(value.errorCode, Code.NotFound);
    assert(value.errorMessage.length < 300, String(value.errorMessage.length));
  }
});

Deno.test("reflectionHandlers() shorten a name to what can be sent", async () => {
  for (const offset of ["", "a"]) {
    const answers = answersTo([symbol(offset + "\u{1f4d6}".repeat(1000))]);
    const { messageResponse: { case: kind, value } } = (await answers.next()).value!;
    assert(kind === "errorResponse");
    assert(value.errorMessage.isWellFormed(), value.errorMessage);
  }
});

Deno.test("reflectionHandlers() take a question when the answer before it was read", async () => {
  let asked = 0;
  async function* endless(): AsyncGenerator<Question> {
    while (true) {
      asked++;
      yield symbol("no.Such");
    }
  }
  const answers = answersTo(endless());
  for (let read = 1; read <= 5; read++) {
    await answers.next();
    assertEquals(asked, read);
  }
});

Deno.test("ServerReflection is left alone by the app's interceptors and timeout", async () => {
  await using greeter = await serveReflection({
    app: { timeout: "20ms" },
    prepare: (app) =>
      app.use(() => () => Promise.reject(new ConnectError("no entry", Code.PermissionDenied))),
  });
  using client = connectReflection(greeter.baseUrl);
  async function* slowly(): AsyncGenerator<Request> {
    yield { messageRequest: LIST };
    await new Promise((resolve) => setTimeout(resolve, 60));
    yield { messageRequest: LIST };
  }
  assertEquals((await Array.fromAsync(client.stream(slowly()))).length, 2);
});

Deno.test("ServerReflection holds no shutdown up", async () => {
  await using greeter = await serveReflection({ serve: { gracefulTimeout: "5s" } });
  using client = connectReflection(greeter.baseUrl);
  const { promise: end, resolve } = Promise.withResolvers<void>();
  async function* open(): AsyncGenerator<Request> {
    yield { messageRequest: LIST };
    await end;
  }
  const answers = client.stream(open())[Symbol.asyncIterator]();
  await answers.next();
  const finished = greeter.server.shutdown();
  const ended = bounded("the end of the stream", answers.next());
  assertEquals(await codeOf(ended), "Unavailable: the server is shutting down");
  resolve();
  await bounded("the shutdown", finished);
});

Deno.test("reflection is off by default: its calls are UNIMPLEMENTED", async () => {
  await using greeter = await serveGreeter();
  for (const version of REFLECTION_VERSIONS) {
    using client = connectReflection(greeter.baseUrl, { version });
    const error = await assertRejects(() => client.ask(LIST), ConnectError);
    assertEquals(error.code, Code.Unimplemented);
  }
});
