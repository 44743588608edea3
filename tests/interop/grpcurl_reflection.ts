/** grpcurl without a .proto file: it asks the server for its schema. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { createRegistry, toJson } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { FastGRPC } from "@fastgrpc/fastgrpc";
import { reflectionHandlers } from "../../src/reflection.ts";
import { ServerReflection } from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { transcript } from "../support/command.ts";
import { GREETER_CALLS, readReplies, toJsonStream } from "../support/greeter_calls.ts";
import { GRPCURL, grpcurl, type GrpcurlTarget } from "../support/grpcurl.ts";
import { PORT_KINDS, startExampleServer } from "../support/interop_servers.ts";
import {
  addLibrary,
  generateLibrary,
  type Library,
  LIBRARY_PROTOS,
  readFiles,
} from "../support/library.ts";

const DESCRIPTOR = "google/protobuf/descriptor.proto";

/** What it prints, once it has succeeded. */
async function print(
  target: GrpcurlTarget,
  args: readonly string[],
  ...command: string[]
): Promise<string> {
  const result = await grpcurl(target, args, ...command);
  assertEquals(result.code, 0, transcript(result));
  return result.stdout;
}

for (const kind of PORT_KINDS) {
  Deno.test({
    name: `grpcurl over ${kind}`,
    ignore: GRPCURL === undefined,
    async fn(t) {
      await using server = await startExampleServer(kind);
      await t.step("lists services by reflection", async () => {
        assertEquals((await print(server, [], "list")).trim().split("\n"), [
          "greeter.v1.Greeter",
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
        ]);
      });
      await t.step("lists methods by reflection", async () => {
        const methods = GREETER_CALLS.map(({ method }) => `greeter.v1.Greeter.${method}`);
        const listed = await print(server, [], "list", "greeter.v1.Greeter");
        assertEquals(listed.trim().split("\n"), methods.sort());
      });
      await t.step("describes messages by reflection", async () => {
        assertEquals(
          await print(server, [], "describe", ".greeter.v1.SayHelloRequest"),
          "greeter.v1.SayHelloRequest is a message:\n" +
            "message SayHelloRequest {\n  string name = 1;\n}\n",
        );
      });
      await t.step("is told by reflection that a name is unknown", async () => {
        const { stderr } = await grpcurl(server, [], "describe", "no.Such");
        assertStringIncludes(stderr, "Symbol not found: no.Such");
      });
      for (const { kind, method, requests, replies } of GREETER_CALLS) {
        await t.step(`calls ${kind} by reflection`, async () => {
          const args = ["-d", toJsonStream(requests)];
          assertEquals(
            readReplies(await print(server, args, `greeter.v1.Greeter/${method}`)),
            replies,
          );
        });
      }
      await t.step("calls health by reflection", async () => {
        const reply = await print(server, [], "grpc.health.v1.Health/Check");
        assertEquals(JSON.parse(reply), { status: "SERVING" });
      });
      await server.stop();
    },
  });
}

/** What each symbol is, in the words of the tool. */
const DESCRIPTIONS: readonly [symbol: string, description: string][] = [
  ["Library", "is a service:"],
  ["Library.FindBooks", "is a method:"],
  ["GetBookRequest", "optional string reader = 3 [(.library.v1.sensitive) = true];"],
  ["GetBookRequest.notes", "map<string, .library.v1.GetBookRequest.Note> notes = 4;"],
  ["GetBookRequest.by", "is a one-of:"],
  ["GetBookRequest.Note", "is a message:"],
  ["Order", "is an enum:"],
  ["ORDER_TITLE", "is an enum value:"],
  ["Book", "required string title = 1;"],
  ["Book.Rating.rating", "extend .library.v1.Book"],
  ["shelf", "extend .google.protobuf.MethodOptions"],
  ["shelf_mark", "optional string shelf_mark = 150;"],
];

Deno.test({
  name: "grpcurl over plaintext, files with options, extensions and imports",
  ignore: GRPCURL === undefined,
  async fn(t) {
    await using library = await generateLibrary();
    const app = addLibrary(new FastGRPC({ types: createRegistry(library.shelfMark) }), library);
    await using server = await app.serve({ port: 0, hostname: "127.0.0.1", reflection: true });
    const target = toTarget(server.addr.port);
    await t.step("describes whatever they declare by reflection", async () => {
      for (const [symbol, description] of DESCRIPTIONS) {
        const described = await print(target, [], "describe", `library.v1.${symbol}`);
        assertStringIncludes(described, description);
      }
    });
    await t.step(
      "saves them by reflection as the compiler made them",
      () => assertSaves(target, library),
    );
    await t.step("is sent extensions by reflection as by proto file", async () => {
      const call = (...args: string[]) => print(target, args, "library.v1.Library/GetBook");
      const byFile = ["library", "shelf_mark"].map((name) => `-proto=library/v1/${name}.proto`);
      const reply = await call();
      assertStringIncludes(reply, '"E 7"');
      assertEquals(reply, await call(`-import-path=${LIBRARY_PROTOS}`, ...byFile));
    });
  },
});

Deno.test({
  name: "grpcurl over plaintext, lists and calls by reflection where there is only v1alpha",
  ignore: GRPCURL === undefined,
  async fn() {
    await using library = await generateLibrary();
    const app = addLibrary(new FastGRPC(), library);
    const services = [library.service, ServerReflection];
    app.addService(ServerReflection, reflectionHandlers({ services, types: undefined }));
    await using server = await app.serve({ port: 0, hostname: "127.0.0.1" });
    const target = toTarget(server.addr.port);
    assertEquals(
      await print(target, [], "list"),
      "grpc.reflection.v1alpha.ServerReflection\nlibrary.v1.Library\n",
    );
    const reply = await print(target, ["-d", "{} {} {}"], "library.v1.Library/CountBooks");
    assertEquals(JSON.parse(reply), { count: 3 });
  },
});

/** The files that the tool has put together from what it was told are those of the compiler. */
async function assertSaves(target: GrpcurlTarget, { files }: Library): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await print(target, [`-protoset-out=${path}`], "describe", "library.v1.Library");
    const saved = readFiles(await Deno.readFile(path));
    // Generated code has an abridged one.
    const names = [...saved.keys()].filter((name) => name !== DESCRIPTOR);
    assertEquals(saved.size, 6);
    for (const name of names) {
      assertEquals(
        toJson(FileDescriptorProtoSchema, saved.get(name)!),
        toJson(FileDescriptorProtoSchema, files.get(name)!),
      );
    }
  } finally {
    await Deno.remove(path);
  }
}

function toTarget(port: number): GrpcurlTarget {
  const files = { ca: "", cert: "", key: "", strangerCa: "" };
  return { kind: "plaintext", address: `127.0.0.1:${port}`, files };
}
