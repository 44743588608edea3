import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import { appServices } from "../../src/app.ts";
import { prepareProtoc, runProtoc } from "../support/protoc.ts";
import { connectReflection, filesOf, symbol } from "../support/reflection_client.ts";
import { assertSameDescriptor } from "../support/same_descriptor.ts";
import { createProtoModule } from "../support/wide_module.ts";
import { createWideApp, WIDE_FILE, WIDE_IMPORT, WIDE_SERVICE } from "../support/wide_service.ts";

const app = createWideApp();

/** What the app itself has compiled. */
const served = appServices(app).compile()[0]!.file;

Deno.test("toProto() of a service with everything gives files that buf lints, and formats as they are", async () => {
  assertEquals(Object.keys(app.toProto()), [WIDE_FILE]);
  await using module = await createProtoModule(app);
  assertEquals(await module.lint(), "");
  assertEquals(await module.format(), "");
});

Deno.test("toProto() gives what buf compiles to just what the app serves", async () => {
  await using module = await createProtoModule(app);
  const built = await module.build();
  assertSameDescriptor(built.getFile(WIDE_FILE)!, served);
  assertComments(built);
});

Deno.test("toProto() gives what protoc compiles to just what the app serves", async () => {
  const protoc = await prepareProtoc();
  if ("leftOut" in protoc) {
    assert(!Deno.env.get("REQUIRE_TOOLS"), `Cannot leave out ${protoc.leftOut}`);
    console.error(`Left out: ${protoc.leftOut}`);
    return;
  }
  await using module = await createProtoModule(app);
  const names = [WIDE_FILE, WIDE_IMPORT];
  const built = await runProtoc(protoc.python, { folder: module.folder, names });
  assertSameDescriptor(built.getFile(WIDE_FILE)!, served);
});

Deno.test("toProto() gives what reflection tells of", async () => {
  await using module = await createProtoModule(app);
  const built = await module.build();
  await using server = await createWideApp()
    .serve({ hostname: "127.0.0.1", port: 0, reflection: true });
  using client = connectReflection(`http://127.0.0.1:${server.addr.port}`);
  const [response] = await client.ask(symbol(WIDE_SERVICE));
  const reflected = filesOf(response!).find(({ name }) => name === WIDE_FILE)!;
  const linked = createFileRegistry(reflected, (name) => built.getFile(name));
  assertSameDescriptor(linked.getFile(WIDE_FILE)!, built.getFile(WIDE_FILE)!);
});

/** Descriptions of everything, as a compiler finds them in the text. */
function assertComments(registry: FileRegistry): void {
  const comments = registry.getFile(WIDE_FILE)!.proto.sourceCodeInfo!.location
    .map(({ leadingComments }) => leadingComments)
    .filter((comment) => comment !== "");
  const all = comments.join("");
  for (
    const comment of [
      " Has everything.\n\n In two paragraphs.\n",
      " Gives back what it gets.\n",
      " Everything.\n",
      " of 64 bits\n",
      " how it is paid\n",
      " What it looks like.\n",
      " One of some.\n",
      ' It has a second paragraph, with `code`, "quotes", */ and // in it,\n' +
      "   a line that is indented, and é and 🎉.\n",
    ]
  ) assertStringIncludes(all, comment);
}
