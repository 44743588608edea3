import { assertEquals, assertRejects } from "@std/assert";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { FastGRPC } from "../mod.ts";
import { ConfigError } from "../src/errors.ts";
import { checkProto, writeProto } from "../src/proto.ts";
import { createProtoProject } from "./support/proto_project.ts";

const LOCK = "proto/demo/v1/demo.lock";

Deno.test("writeProto() and checkProto() tell what was and what would be written", async () => {
  await using project = await createProtoProject();
  const folder = `${project.path}/proto`;
  const app = new FastGRPC({ name: "demo.v1.Greeter", proto: folder });
  app.unaryUnary(
    "SayHello",
    { request: z.object({ name: z.string() }), response: z.object({}) },
    () => ({}),
  );
  const stale = ["lock", "proto"].map((kind) => ({
    path: `${folder}/demo/v1/demo.${kind}`,
    reason: "missing" as const,
  }));
  const report = { stale, changes: [], problems: [], warnings: [] };
  assertEquals(await checkProto(app), report);
  assertEquals(await writeProto([app, app]), report);
  assertEquals(await checkProto(app), { ...report, stale: [] });
  assertEquals((await project.files())["demo/v1/demo.proto"], Object.values(app.toProto())[0]);
});

Deno.test("writeProto() and checkProto() refuse options that are none", async () => {
  const app = new FastGRPC();
  for (const write of [writeProto, checkProto]) {
    const folder = new URL("https://localhost/proto");
    await assertRejects(() => write(app, { folder }), TypeError, 'Cannot use "https://localhost/');
    await assertRejects(
      () => write(app, { foldr: "" } as never),
      TypeError,
      'did you mean "folder"?',
    );
  }
});

Deno.test("writeProto() says what it cannot write, by path or by URL", async () => {
  await using project = await createProtoProject({ "proto/demo": "" });
  for (const proto of [`${project.path}/proto`, pathToFileURL(`${project.path}/proto/`)]) {
    const app = new FastGRPC({ name: "demo.v1.Greeter", proto });
    app.unaryUnary("Say", { request: z.object({}), response: z.object({}) }, () => ({}));
    await assertRejects(
      () => writeProto(app),
      ConfigError,
      `Cannot read "${project.path}/${LOCK}"`,
    );
  }
});
