import { assertEquals, assertStringIncludes } from "@std/assert";
import { z, type ZodType } from "zod";
import { Service } from "../../mod.ts";
import { compilePackages } from "../../src/code_first/code_package.ts";
import { findStaleFiles, writeStaleFiles } from "../../src/code_first/proto_folder.ts";
import { reportOn } from "../../src/code_first/proto_report.ts";
import { createProtoProject, type ProtoProject } from "../support/proto_project.ts";

/** Packages `a.v1` and `b.v1`, each with a message of one field. */
function packagesOf({ path }: ProtoProject, a: ZodType, b: ZodType) {
  const services = Object.entries({ a, b }).map(([name, field]) => {
    const request = z.object({ field });
    return new Service(`${name}.v1.Echo`, { proto: `${path}/proto` })
      .unaryUnary("Say", { request, response: z.object({}) }, () => ({}));
  });
  return compilePackages(services, { validateReplies: true });
}

Deno.test("reportOn() writes the packages that break nobody beside one that does", async () => {
  await using project = await createProtoProject();
  const first = await reportOn(packagesOf(project, z.string(), z.string()), writeStaleFiles);
  assertEquals(first.stale.length, 4);
  // All is new where there was no lock, which is not worth a word.
  assertEquals(first.changes, []);
  const before = await project.files();

  const packages = packagesOf(project, z.int32(), z.string().optional());
  const report = await reportOn(packages, writeStaleFiles);
  assertEquals(
    report.stale,
    ["lock", "proto"].map((kind) => ({
      path: `${project.path}/proto/b/v1/b.${kind}`,
      reason: "different",
    })),
  );
  assertEquals(report.changes, [
    "changed b.v1.SayRequest.field from string to optional string",
  ]);
  assertEquals(report.problems.length, 1);
  assertStringIncludes(report.problems[0]!, "a.v1.SayRequest.field was string, is int32\n");
  const after = await project.files();
  const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
  assertEquals(changed.sort(), ["b/v1/b.lock", "b/v1/b.proto"]);
});

Deno.test("reportOn() finds files that were edited by hand", async () => {
  await using project = await createProtoProject();
  const packages = () => packagesOf(project, z.string(), z.string());
  await reportOn(packages(), writeStaleFiles);
  const name = "proto/a/v1/a.proto";
  await project.write(name, `${await project.read(name)}// mine\n`);
  const { stale } = await reportOn(packages(), findStaleFiles);
  assertEquals(stale, [{ path: `${project.path}/${name}`, reason: "different" }]);
});

Deno.test("reportOn() warns of packages whose folder their services do not name", async () => {
  await using project = await createProtoProject();
  const services = [new Service("a.v1.A"), new Service("b.v1.B", { proto: `${project.path}/b` })];
  const defaultFolder = `${project.path}/proto`;
  const packages = compilePackages(services, { validateReplies: true, defaultFolder });
  const { warnings, stale } = await reportOn(packages, findStaleFiles);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, 'Package "a.v1" is served by the order of declaration');
  assertEquals(stale.map(({ path }) => path.slice(project.path.length)), [
    ...["/proto/a/v1/a.lock", "/proto/a/v1/a.proto"],
    ...["/b/b/v1/b.lock", "/b/b/v1/b.proto"],
  ]);
});
