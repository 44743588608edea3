import { assert, assertEquals, assertMatch } from "@std/assert";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { FastGRPC } from "../../mod.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { createCliFolder } from "../support/cli.ts";
import { type CommandResult, transcript } from "../support/command.ts";
import { serveGreeter } from "../support/greeter.ts";
import { HEALTH_CASES } from "../support/health_cases.ts";
import { createPemSet } from "../support/pem_files.ts";

const CONTROL = "\x1b[2J\x9b31m\u202e\r\n\x07";
// deno-lint-ignore no-control-regex
const DANGEROUS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/;

/** Nothing of what the server sent gets at the terminal. */
function assertHarmless(result: CommandResult): void {
  assertEquals(DANGEROUS.test(result.stdout + result.stderr), false, JSON.stringify(result.stderr));
  assertEquals(/^ +at .*\.ts:/m.test(result.stderr), false, result.stderr);
}

async function call(port: number, ...args: string[]): Promise<CommandResult> {
  await using folder = await createCliFolder();
  const result = await folder.run(["call", `127.0.0.1:${port}`, ...args]);
  assertHarmless(result);
  return result;
}

Deno.test("call escapes what would control a terminal: in replies, errors and metadata", async () => {
  await using greeter = await serveGreeter({
    serve: { reflection: true },
    handlers: {
      sayHello: ({ name }) => {
        if (name === "fail") throw new ConnectError(CONTROL, Code.Aborted);
        return { message: CONTROL };
      },
    },
  });
  const reply = await call(greeter.port, "greeter.v1.Greeter/SayHello", "--verbose");
  assertEquals(reply.code, 0, transcript(reply));
  assertEquals(JSON.parse(reply.stdout), { message: CONTROL });
  const failed = await call(greeter.port, "greeter.v1.Greeter/SayHello", '{"name": "fail"}');
  assertEquals(failed.code, 64 + 10);
  assertMatch(
    failed.stderr,
    /^ABORTED: \\u001b\[2J\\u009b31m\\u202e\\u000d\\n\\u0007\n$/,
  );
});

type FileInit = MessageInitShape<typeof FileDescriptorProtoSchema>;

/** A server whose reflection answers as it likes. */
async function serveLies(services: string[], files: (FileInit | Uint8Array)[]) {
  const app = new FastGRPC().addService(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const { messageRequest: { case: question } } of requests) {
        yield {
          messageResponse: question === "listServices"
            ? {
              case: "listServicesResponse",
              value: { service: services.map((name) => ({ name })) },
            }
            : {
              case: "fileDescriptorResponse",
              value: {
                fileDescriptorProto: files.map((file) =>
                  file instanceof Uint8Array ? file : encode(file)
                ),
              },
            },
        };
      }
    },
  });
  return await app.serve({ port: 0, hostname: "127.0.0.1" });
}

function encode(file: FileInit): Uint8Array {
  return toBinary(
    FileDescriptorProtoSchema,
    create(FileDescriptorProtoSchema, file) as FileDescriptorProto,
  );
}

const SERVICE = { name: "S", method: [{ name: "M", inputType: ".a.T", outputType: ".a.T" }] };
const BASE = { name: "a.proto", package: "a", syntax: "proto3", service: [SERVICE] };
const T = { name: "T" };

/** What reflection answers, and what is said of that. */
const LIES: readonly (readonly [title: string, files: (FileInit | Uint8Array)[], says: RegExp])[] =
  [
    [
      "bytes that are none",
      [new Uint8Array([0xff, 0xff])],
      /^Cannot read what the server's reflection sent/,
    ],
    ["no file", [], /^Cannot find service "a\.S"/],
    [
      "a file without the service",
      [{ name: "b.proto", syntax: "proto3" }],
      /^Cannot find service "a\.S"/,
    ],
    ["a type that is missing", [BASE], /^Cannot use the types of the server's reflection: /],
    [
      "an import that is missing",
      [{ ...BASE, messageType: [T], dependency: ["b.proto"] }],
      /a\.proto imports b\.proto, which is not known/,
    ],
    [
      "files that import each other",
      [{ ...BASE, messageType: [T], dependency: ["b.proto"] }, {
        name: "b.proto",
        dependency: ["a.proto"],
      }],
      /imports itself/,
    ],
    [
      "a file that imports itself",
      [{ ...BASE, messageType: [T], dependency: ["a.proto"] }],
      /imports itself/,
    ],
    [
      "a name that controls a terminal",
      [{ ...BASE, messageType: [{ name: CONTROL }] }],
      /invalid message name/,
    ],
    [
      "a file's name that controls a terminal",
      [{ ...BASE, messageType: [T], dependency: [CONTROL] }],
      /imports \\u001b/,
    ],
    [
      "an edition that there is not",
      [{ ...BASE, syntax: "editions", edition: 99_999 }],
      /^Cannot use the types/,
    ],
  ];

for (const [title, files, says] of LIES) {
  Deno.test(`call tells of a server whose reflection sends ${title}`, async () => {
    await using server = await serveLies(["a.S"], files);
    const result = await call(server.addr.port, "a.S/M");
    assertEquals([result.code, result.stdout], [2, ""], transcript(result));
    assertMatch(result.stderr, says);
  });
}

Deno.test("call escapes the names of services", async () => {
  await using server = await serveLies([CONTROL, "b.S"], []);
  const result = await call(server.addr.port);
  assertEquals(result.stdout, "\\u001b[2J\\u009b31m\\u202e\\u000d\\n\\u0007\nb.S\n");
});

Deno.test("call does not ask without end for files that import others", async () => {
  let count = 0;
  const app = new FastGRPC().addService(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const _ of requests) {
        count++;
        const files = Array.from(
          { length: 2000 },
          (_, i) => encode({ name: `${count}-${i}`, dependency: [`${count}-${i + 1}`] }),
        );
        yield {
          messageResponse: {
            case: "fileDescriptorResponse",
            value: { fileDescriptorProto: files },
          },
        };
      }
    },
  });
  await using server = await app.serve({ port: 0, hostname: "127.0.0.1" });
  const result = await call(server.addr.port, "a.S/M");
  assertEquals(result.code, 2, transcript(result));
  assertMatch(result.stderr, /there is no end of them/);
  assert(count < 100, String(count));
});

Deno.test("call tells of a reply that is larger than it takes, and takes it if it is told to", async () => {
  await using greeter = await serveGreeter({
    serve: { reflection: true },
    handlers: { sayHello: () => ({ message: "x".repeat(6_000_000) }) },
  });
  const method = "greeter.v1.Greeter/SayHello";
  const large = await call(greeter.port, method);
  assertEquals([large.code, large.stdout], [64 + 8, ""], large.stderr);
  assertMatch(large.stderr, /^RESOURCE_EXHAUSTED: /);
  const taken = await call(greeter.port, method, "--max-receive-bytes=7000000");
  assertEquals([taken.code, taken.stdout.length], [0, 6_000_000 + '{"message":""}\n'.length]);
});

/** Ports that speak no gRPC, of those that health is tried with. */
const STRANGE = [
  ...["a port of HTTP/1.1", "a port of something else", "a port that says nothing"],
  ...["a server of HTTP/2 without gRPC", "a server that answers with what is no message"],
  ...["a server that cuts its answer off", "a server that resets the call"],
];

for (const title of STRANGE) {
  Deno.test(`call ends in a line with ${title}`, async () => {
    await using pem = await createPemSet();
    await using server = await HEALTH_CASES.find((each) => each.title === title)!.start(pem);
    const result = await call(server.port, "a.S/M", "--connect-timeout=500ms");
    assert(result.code === 1 || result.code > 64, transcript(result));
    assertEquals(result.stdout, "");
    assertMatch(result.stderr, /^[^\n]+\n$/);
  });
}

Deno.test("call asks a server that hangs for as long as --timeout says", async () => {
  await using pem = await createPemSet();
  await using server = await HEALTH_CASES.find(({ title }) => title === "a server that hangs")!
    .start(pem);
  const result = await call(server.port, "a.S/M", "--timeout=300ms");
  assertEquals([result.code, result.stdout], [68, ""], transcript(result));
  assertEquals(result.stderr, "DEADLINE_EXCEEDED: deadline exceeded after 300ms\n");
});
