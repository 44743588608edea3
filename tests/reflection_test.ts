import { assert, assertEquals, assertRejects } from "@std/assert";
import { create, createRegistry, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, FastGRPC } from "../mod.ts";
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
import { addLibrary, generateLibrary } from "./support/library.ts";
import {
  connectReflection,
  filesOf,
  type Question,
  REFLECTION_VERSIONS,
  type Request,
  tell,
} from "./support/reflection_client.ts";

const ALL_SERVICES = [
  "greeter.v1.Greeter",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];
const LIST: Question = { case: "listServices", value: "" };
const GREETER_FILE = "greeter/v1/greeter.proto";

function serveReflection(options: GreeterOptions = {}): Promise<RunningGreeter> {
  return serveGreeter({ ...options, serve: { reflection: true, ...options.serve } });
}

function symbol(value: string): Question {
  return { case: "fileContainingSymbol", value };
}

function fileName(value: string): Question {
  return { case: "fileByFilename", value };
}

function extension(containingType: string, extensionNumber: number): Question {
  return { case: "fileContainingExtension", value: { containingType, extensionNumber } };
}

function numbersOf(value: string): Question {
  return { case: "allExtensionNumbersOfType", value };
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

const BOOK = "library/v1/book.proto";
const LIBRARY = "library/v1/library.proto";
const ANNOTATIONS = "library/v1/annotations.proto";
const SHELF_MARK = "library/v1/shelf_mark.proto";
const ANY = "google/protobuf/any.proto";
const TIMESTAMP = "google/protobuf/timestamp.proto";
const DESCRIPTOR = "google/protobuf/descriptor.proto";

/** The file that comes first, or whatever else the answer is. */
const FINDINGS: readonly [Question, string | readonly unknown[]][] = [
  [symbol("library.v1.Library"), LIBRARY],
  [symbol(".library.v1.Library"), LIBRARY],
  [symbol("library.v1.Library.FindBooks"), LIBRARY],
  [symbol("library.v1.GetBookRequest"), LIBRARY],
  [symbol("library.v1.GetBookRequest.title"), LIBRARY],
  [symbol("library.v1.GetBookRequest.by"), LIBRARY],
  [symbol("library.v1.GetBookRequest._reader"), LIBRARY],
  [symbol("library.v1.GetBookRequest.Note"), LIBRARY],
  [symbol("library.v1.GetBookRequest.Note.content"), LIBRARY],
  [symbol("library.v1.GetBookRequest.NotesEntry"), LIBRARY],
  [symbol("library.v1.GetBookRequest.NotesEntry.value"), LIBRARY],
  [symbol("library.v1.Order"), LIBRARY],
  [symbol("library.v1.ORDER_TITLE"), LIBRARY],
  [symbol("library.v1.Book.Kind"), BOOK],
  [symbol("library.v1.Book.KIND_NOVEL"), BOOK],
  [symbol("library.v1.Book.Rating.rating"), BOOK],
  [symbol("library.v1.shelf"), ANNOTATIONS],
  [symbol("library.v1.shelf_mark"), SHELF_MARK],
  [symbol("google.protobuf.Any"), ANY],
  [symbol("google.protobuf.FieldOptions.ctype"), DESCRIPTOR],
  [fileName(LIBRARY), LIBRARY],
  [fileName(SHELF_MARK), SHELF_MARK],
  [fileName(DESCRIPTOR), DESCRIPTOR],
  [extension("library.v1.Book", 100), SHELF_MARK],
  [extension(".library.v1.Book", 101), BOOK],
  [extension("google.protobuf.FieldOptions", 50002), ANNOTATIONS],
  [numbersOf("library.v1.Book"), ["library.v1.Book", 100, 101]],
  [numbersOf(".library.v1.Book"), ["library.v1.Book", 100, 101]],
  [numbersOf("google.protobuf.MethodOptions"), ["google.protobuf.MethodOptions", 50001]],
  [numbersOf("library.v1.GetBookRequest"), ["library.v1.GetBookRequest"]],
  [symbol(""), `5 unknown symbol ""`],
  [symbol("."), `5 unknown symbol ""`],
  [symbol("..library.v1.Library"), `5 unknown symbol ".library.v1.Library"`],
  [symbol("library"), `5 unknown symbol "library"`],
  [symbol("library.v1"), `5 unknown symbol "library.v1"`],
  [symbol("library.v1.Order.ORDER_TITLE"), `5 unknown symbol "library.v1.Order.ORDER_TITLE"`],
  [symbol("constructor"), `5 unknown symbol "constructor"`],
  [fileName("library/v1/library"), `5 unknown file "library/v1/library"`],
  [fileName(""), `5 unknown file ""`],
  [fileName("../deno.json"), `5 unknown file "../deno.json"`],
  [extension("library.v1.Book", 102), `5 unknown extension 102 of "library.v1.Book"`],
  [extension("", 0), `5 unknown extension 0 of ""`],
  [extension("library.v1.Book", -1), `5 unknown extension -1 of "library.v1.Book"`],
  [numbersOf("library.v1.Paper"), `5 unknown type "library.v1.Paper"`],
];

Deno.test("ServerReflection knows all that generated files declare", async (t) => {
  await using library = await generateLibrary();
  const app = addLibrary(new FastGRPC({ types: createRegistry(library.shelfMark) }), library);
  await using server = await app.serve({ port: 0, hostname: "127.0.0.1", reflection: true });
  using client = connectReflection(`http://127.0.0.1:${server.addr.port}`);

  await t.step("finds what is asked for, in any file", async () => {
    const answers = await client.ask(...FINDINGS.map(([question]) => question));
    const told = answers.map((each) => filesOf(each)[0]?.name ?? tell(each));
    assertEquals(told, FINDINGS.map(([, expected]) => expected));
  });

  await t.step("sends what a file imports, once on a stream", async () => {
    const answers = await client.ask(
      ...[symbol("library.v1.Book"), fileName(LIBRARY), fileName(LIBRARY), fileName(ANY)],
      extension("library.v1.Book", 100),
    );
    assertEquals(answers.map(tell), [
      [BOOK],
      [LIBRARY, ANY, TIMESTAMP, ANNOTATIONS, DESCRIPTOR],
      [LIBRARY],
      [ANY],
      [SHELF_MARK],
    ]);
    assertEquals((await client.ask(fileName(SHELF_MARK))).map(tell), [[SHELF_MARK, BOOK]]);
  });

  await t.step(
    "sends files as the compiler made them, with options that it does not know",
    async () => {
      const [answer] = await client.ask(fileName(LIBRARY));
      const files = filesOf(answer!).filter(({ name }) => name !== DESCRIPTOR);
      const asJson = files.map((file) => toJson(FileDescriptorProtoSchema, file));
      const expected = files.map(({ name }) => library.files.get(name)!);
      assertEquals(asJson, expected.map((file) => toJson(FileDescriptorProtoSchema, file)));
      const method = files[0]!.service[0]!.method[0]!;
      assertEquals(method.options?.$unknown?.map(({ no }) => no), [50001]);
    },
  );
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

Deno.test("reflectionHandlers() take a question when the answer before it was read", async () => {
  const { serverReflectionInfo } = reflectionHandlers({ services: [Greeter], types: undefined });
  let asked = 0;
  async function* endless(): AsyncGenerator<ServerReflectionRequest> {
    while (true) {
      asked++;
      yield create(ServerReflectionRequestSchema, { messageRequest: symbol("no.Such") });
    }
  }
  const answers = serverReflectionInfo(endless())[Symbol.asyncIterator]();
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
  await using greeter = await serveReflection({ serve: { gracefulTimeout: "10m" } });
  using client = connectReflection(greeter.baseUrl);
  const { promise: end, resolve } = Promise.withResolvers<void>();
  async function* open(): AsyncGenerator<Request> {
    yield { messageRequest: LIST };
    await end;
  }
  const answers = client.stream(open())[Symbol.asyncIterator]();
  await answers.next();
  const finished = greeter.server.shutdown();
  const error = await assertRejects(() => answers.next(), ConnectError);
  assertEquals([error.code, error.rawMessage], [Code.Unavailable, "the server is shutting down"]);
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
