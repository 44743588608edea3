import { assert, assertEquals } from "@std/assert";
import { clone, create, createFileRegistry, type DescFile } from "@bufbuild/protobuf";
import { file_google_protobuf_descriptor, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Greeter } from "../../gen/greeter/v1/greeter_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { toProtoText } from "../../src/proto_text/proto_text.ts";
import { createBufModule, type ProtoTexts } from "../support/buf_module.ts";
import { protoImports } from "../support/proto_imports.ts";
import { readProtoTexts } from "../support/proto_texts.ts";
import { prepareProtoc, runProtoc } from "../support/protoc.ts";
import { assertSameDescriptor } from "../support/same_descriptor.ts";

const OURS = new Map([
  ...await readProtoTexts(new URL("../../proto/", import.meta.url)),
  ...protoImports(),
]);
const FIXTURES = await readProtoTexts(new URL("fixtures/", import.meta.url));

/** Every file that Google ships with compilers, which buf and protoc both know. */
const WELL_KNOWN = [
  ...["any", "api", "duration", "empty", "field_mask", "source_context", "struct", "timestamp"],
  ...["type", "wrappers", "descriptor", "compiler/plugin", "cpp_features", "java_features"],
].map((name) => `google/protobuf/${name}.proto`);

const MODULES: readonly { readonly name: string; readonly texts: ProtoTexts }[] = [
  { name: "the files of proto/", texts: OURS },
  { name: "files with all that the language has", texts: FIXTURES },
];

for (const { name, texts } of MODULES) {
  Deno.test(`toProtoText() gives back the text, to the letter, of ${name}`, async () => {
    await using module = await createBufModule(texts);
    const registry = await module.build();
    for (const [name, text] of texts) assertEquals(toProtoText(registry.getFile(name)!), text);
  });

  Deno.test(`toProtoText() loses nothing without source info of ${name}`, async () => {
    await using module = await createBufModule(texts);
    const originals = await namedFiles(module, [...texts.keys()]);
    await assertRoundTrip(originals.map(withoutSource));
  });
}

Deno.test("toProtoText() writes the well-known types so that buf compiles them the same", async () => {
  const imports = WELL_KNOWN.map((name) => `import "${name}";`).join("\n");
  await using module = await createBufModule(
    new Map([["all.proto", `syntax = "proto3";\n${imports}`]]),
  );
  await assertRoundTrip(await namedFiles(module, WELL_KNOWN));
});

Deno.test("toProtoText() writes what protoc-gen-es generated so that buf compiles it the same", async () => {
  await assertRoundTrip([
    Greeter.file,
    Health.file,
    file_google_protobuf_descriptor,
    file_buf_validate_validate,
  ]);
});

Deno.test("toProtoText() writes files that protoc compiles as it does the originals", async () => {
  const protoc = await prepareProtoc();
  if ("leftOut" in protoc) {
    assert(!Deno.env.get("REQUIRE_TOOLS"), `Cannot leave out ${protoc.leftOut}`);
    console.error(`Left out: ${protoc.leftOut}`);
    return;
  }
  const texts = new Map([...OURS, ...FIXTURES]);
  const names = [...texts.keys()];
  await using module = await createBufModule(texts);
  const built = await runProtoc(protoc.python, { folder: module.folder, names });
  const files = [...built.files].filter(({ proto }) => !proto.name.startsWith("google/protobuf/"));
  const written = new Map(files.map((file) => [file.proto.name, toProtoText(file)]));
  await using again = await createBufModule(written);
  const rebuilt = await runProtoc(protoc.python, { folder: again.folder, names });
  for (const file of files) assertSameDescriptor(rebuilt.getFile(file.proto.name)!, file);
});

Deno.test("toProtoText() writes a message set, whose numbers go further than those of others", async () => {
  // In a module of its own: with others in it, buf 1.74 loses the option.
  const name = "message_set.proto";
  const text = `syntax = "proto2";

message Set {
  option message_set_wire_format = true;

  extensions 4 to max;
}
`;
  await using module = await createBufModule(new Map([[name, text]]));
  const file = (await module.build()).getFile(name)!;
  assertEquals(file.proto.messageType[0]?.extensionRange[0]?.end, 2 ** 31 - 1);
  assertEquals(toProtoText(file), text);
});

Deno.test("toProtoText() writes a service made in memory as buf lint and buf format want it", async () => {
  const name = "demo/v1/demo.proto";
  const field = (name: string, number: number, type: number) => ({ name, number, type, label: 1 });
  const proto = create(FileDescriptorProtoSchema, {
    name,
    syntax: "proto3",
    package: "demo.v1",
    messageType: [
      { name: "SayHelloRequest", field: [field("name", 1, 9), field("times", 2, 5)] },
      { name: "SayHelloResponse", field: [field("message", 1, 9)] },
    ],
    service: [{
      name: "DemoService",
      method: [{
        name: "SayHello",
        inputType: ".demo.v1.SayHelloRequest",
        outputType: ".demo.v1.SayHelloResponse",
        serverStreaming: true,
      }],
    }],
    // Comments without a place: there is no source.
    sourceCodeInfo: {
      location: [
        { path: [12], leadingComments: "Written by a program." },
        { path: [6, 0], leadingComments: "Greets.\n\nAt length. */" },
        { path: [6, 0, 2, 0], leadingComments: "Says hello." },
        { path: [4, 0, 2, 0], leadingComments: " Whom to greet.\n" },
      ],
    },
  });
  const text = toProtoText(createFileRegistry(proto, () => undefined).getFile(name)!);
  assertEquals(
    text,
    `// Written by a program.
syntax = "proto3";

package demo.v1;

// Greets.
//
// At length. */
service DemoService {
  // Says hello.
  rpc SayHello(SayHelloRequest) returns (stream SayHelloResponse);
}

message SayHelloRequest {
  // Whom to greet.
  string name = 1;
  int32 times = 2;
}

message SayHelloResponse {
  string message = 1;
}
`,
  );
  await using module = await createBufModule(new Map([[name, text]]));
  assertEquals(await module.lint(), "");
  assertEquals(await module.format(), "");
});

/** Writes files, without their imports of Google's, and compares what buf makes of them. */
async function assertRoundTrip(files: readonly DescFile[]): Promise<void> {
  const texts = new Map(files.map((file) => [file.proto.name, toProtoText(file)]));
  await using module = await createBufModule(texts);
  assertEquals(await module.format(), "");
  const built = await module.build();
  for (const file of files) assertSameDescriptor(built.getFile(file.proto.name)!, file);
}

async function namedFiles(
  module: { build(): Promise<{ getFile(name: string): DescFile | undefined }> },
  names: readonly string[],
): Promise<DescFile[]> {
  const registry = await module.build();
  return names.map((name) => registry.getFile(name)!);
}

function withoutSource(file: DescFile): DescFile {
  const proto = clone(FileDescriptorProtoSchema, file.proto);
  delete proto.sourceCodeInfo;
  return { ...file, proto };
}
