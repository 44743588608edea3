import { assertEquals, assertStringIncludes } from "@std/assert";
import { createProtoProject, greeterModule, moduleOf } from "../support/proto_project.ts";

const [PROTO, LOCK] = ["proto/demo/v1/demo.proto", "proto/demo/v1/demo.lock"];
const APP = greeterModule("name: z.string(), times: z.int32()");

/** Text of whoever wrote the `.proto` by hand, before there was a service in code. */
const BY_HAND =
  'syntax = "proto3";\n\npackage demo.v1;\n\nmessage Hello {\n  string name = 7;\n}\n';
const REMEDIES = [
  "  remedy: if the lock was lost, restore it from version control",
  "if the .proto was written by hand, give the services in code another package",
  "to begin anew, with other numbers, delete the .proto",
];

Deno.test("proto.ts overwrites no .proto that has no lock, by hand or with the lock lost", async () => {
  await using project = await createProtoProject({ "app.ts": APP });
  const write = async () => (await project.proto(["app.ts"])).code;
  const losses = {
    "written by hand": () => project.write(PROTO, BY_HAND),
    "its lock lost": async () => {
      await Deno.remove(`${project.path}/${PROTO}`);
      assertEquals(await write(), 0);
      await Deno.remove(`${project.path}/${LOCK}`);
    },
  };
  for (const lose of Object.values(losses)) {
    await lose();
    const before = await project.files();
    assertEquals(Object.keys(before), ["demo/v1/demo.proto"]);
    for (const args of [["app.ts"], ["--check", "app.ts"]]) {
      const { code, stdout, stderr } = await project.proto(args);
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertStringIncludes(stderr, `Package "demo.v1" has "${PROTO}", and no lock "${LOCK}"`);
      for (const remedy of REMEDIES) assertStringIncludes(stderr, remedy);
      assertEquals(await project.files(), before);
    }
  }
  await Deno.remove(`${project.path}/${PROTO}`);
  assertEquals(await write(), 0);
});

Deno.test("proto.ts writes the other packages beside one whose lock is lost", async () => {
  await using project = await createProtoProject({
    "app.ts": moduleOf(
      "const of = (name) => new Service(name, { proto });",
      'export const app = new FastGRPC().addService(of("demo.v1.A")).addService(of("shop.B"));',
    ),
    [PROTO]: BY_HAND,
  });
  const { code, stdout } = await project.proto(["app.ts"]);
  assertEquals({ code, stdout }, {
    code: 1,
    stdout: "wrote proto/shop/shop.lock\nwrote proto/shop/shop.proto\n",
  });
  assertEquals(await project.read(PROTO), BY_HAND);
});

Deno.test("proto.ts tells of a package that has a lock, and no services any more", async () => {
  await using project = await createProtoProject({ "app.ts": APP });
  await project.proto(["app.ts"]);
  // Others that end so too.
  await project.write("proto/deno.lock", '{ "version": "5" }\n');
  await project.write("proto/yarn.lock", "# yarn\n");
  await project.write("proto/node_modules/a/a.lock", (await project.read(LOCK))!);
  await project.write("app.ts", APP.replace("demo.v1.", "demo.v2."));
  const wanted = `Package "demo.v1" has a lock "${LOCK}", and no services that clients call\n` +
    "  remedy: name the module that has them too, or keep them until no client calls them, then " +
    "delete the lock and its .proto\n";

  const written = await project.proto(["app.ts"]);
  assertEquals([written.code, written.stderr], [0, wanted]);
  const checked = await project.proto(["--check", "app.ts"]);
  assertEquals([checked.code, checked.stderr], [1, wanted]);
  await project.write("old.ts", APP);
  assertEquals((await project.proto(["--check", "app.ts", "old.ts"])).stderr, "");

  for (const file of [LOCK, PROTO]) await Deno.remove(`${project.path}/${file}`);
  const { code, stderr } = await project.proto(["--check", "app.ts"]);
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("proto.ts takes files with the line ends and the marks of Windows for up to date", async () => {
  await using project = await createProtoProject({ "app.ts": APP });
  await project.proto(["app.ts"]);
  for (const file of [PROTO, LOCK]) {
    await project.write(file, `\uFEFF${(await project.read(file))!.replaceAll("\n", "\r\n")}`);
  }
  const before = await project.files();
  for (const args of [["--check", "app.ts"], ["app.ts"]]) {
    const { code, stdout, stderr } = await project.proto(args);
    assertEquals({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
  }
  assertEquals(await project.files(), before);
});
