import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { FastGRPC } from "../../mod.ts";
import { createBufModule } from "../support/buf_module.ts";
import { prepareProtoc, runProtoc } from "../support/protoc.ts";
import { assertSameDescriptor } from "../support/same_descriptor.ts";
import { appServices } from "../../src/app.ts";

/** Names that something nearer has too: a method, its neighbour, a service, the entry of a map. */
const HIDDEN: Readonly<Record<string, string>> = {
  "demo.v1.Forest": "rpc Tree(demo.v1.Tree) returns (demo.v1.Tree);",
  "Forest": "rpc Tree(.Tree) returns (.Tree);",
};

/** An app with a method named like its message, beside one that only uses that. */
function createForest(name: string): FastGRPC {
  const Tree = z.object({
    height: z.int32(),
    leaf: z.map(z.string(), z.int32()),
    other: z.object({ name: z.string() }).meta({ id: "LeafEntry" }),
  }).meta({ id: "Tree" });
  const app = new FastGRPC({ name });
  for (const method of ["Tree", "Grow"]) {
    app.unaryUnary(method, { request: Tree, response: Tree }, (tree) => tree);
  }
  return app;
}

for (const [name, rpc] of Object.entries(HIDDEN)) {
  Deno.test(`toProto() of ${name} writes names that are hidden in full, as buf wants them`, async () => {
    const app = createForest(name);
    const [[file, text]] = Object.entries(app.toProto()) as [[string, string]];
    assertStringIncludes(text, rpc);
    await using module = await createBufModule(new Map([[file, text]]));
    const served = appServices(app).compile()[0]!.file;
    assertSameDescriptor((await module.build()).getFile(file)!, served);
    assertEquals(await module.format(), "");
  });
}

Deno.test("toProto() writes names that are hidden in full, as protoc wants them", async () => {
  const protoc = await prepareProtoc();
  if ("leftOut" in protoc) {
    assert(!Deno.env.get("REQUIRE_TOOLS"), `Cannot leave out ${protoc.leftOut}`);
    console.error(`Left out: ${protoc.leftOut}`);
    return;
  }
  for (const name of Object.keys(HIDDEN)) {
    const app = createForest(name);
    await using module = await createBufModule(new Map(Object.entries(app.toProto())));
    const { file } = appServices(app).compile()[0]!;
    const names = [file.proto.name];
    const built = await runProtoc(protoc.python, { folder: module.folder, names });
    assertSameDescriptor(built.getFile(file.proto.name)!, file);
  }
});
