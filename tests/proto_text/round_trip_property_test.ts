import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { toProtoText } from "../../src/proto_text/proto_text.ts";
import { FILE_SHAPE } from "../support/arbitrary_proto.ts";
import { createBufModule } from "../support/buf_module.ts";
import { checkAsyncProperty } from "../support/properties.ts";
import { createProto } from "../support/proto_of_shape.ts";
import { readProtoTexts } from "../support/proto_texts.ts";
import { assertSameDescriptor } from "../support/same_descriptor.ts";

const FIXTURES = new URL("fixtures/", import.meta.url);

Deno.test("toProtoText() writes random files so that buf compiles them to what they were", async () => {
  const texts = await readProtoTexts(new URL("options/", FIXTURES), "options/");
  await using options = await createBufModule(texts);
  const registry = await options.build();
  // Many files share one run of buf.
  const batches = fc.array(FILE_SHAPE, { minLength: 30, maxLength: 60 });
  await checkAsyncProperty(
    fc.asyncProperty(batches, async (shapes) => {
      const files = shapes.map((shape, index) =>
        link(createProto(shape, { index, registry }), registry)
      );
      const written = files.map((file) => [file.proto.name, toProtoText(file)] as const);
      await using module = await createBufModule(new Map([...texts, ...written]));
      assertEquals(await module.format(), "");
      const built = await module.build();
      for (const file of files) assertSameDescriptor(built.getFile(file.proto.name)!, file);
    }),
    4,
  );
});

function link(proto: FileDescriptorProto, registry: FileRegistry) {
  const linked = createFileRegistry(
    proto,
    (name) => registry.getFile(name),
  );
  return linked.getFile(proto.name)!;
}
