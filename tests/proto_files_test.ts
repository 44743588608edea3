import { assertEquals, assertRejects } from "@std/assert";
import { pathToFileURL } from "node:url";
import { Greeter } from "../gen/greeter/v1/greeter_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { findStaleProtoFiles, writeProtoFiles } from "../src/proto_files.ts";
import { toProtoText } from "../src/proto_text/proto_text.ts";

const FILES = [Greeter.file, Health.file];
const [GREETER, HEALTH] = ["greeter/v1/greeter.proto", "grpc/health/v1/health.proto"];

Deno.test("writeProtoFiles() writes what findStaleProtoFiles() calls stale, and nothing else", async () => {
  await using folder = await makeFolder();
  const missing = [GREETER, HEALTH].map((name) => ({ name, reason: "missing" }));
  assertEquals<unknown>(await findStaleProtoFiles(FILES, folder.path), missing);
  assertEquals(await writeProtoFiles(FILES, folder.path), [GREETER, HEALTH]);
  assertEquals(await Deno.readTextFile(`${folder.path}/${GREETER}`), toProtoText(Greeter.file));
  assertEquals(await findStaleProtoFiles(FILES, folder.path), []);
  assertEquals(await writeProtoFiles(FILES, folder.path), []);

  await Deno.writeTextFile(`${folder.path}/${HEALTH}`, "// changed by hand\n", { append: true });
  const different: unknown = [{ name: HEALTH, reason: "different" }];
  assertEquals<unknown>(await findStaleProtoFiles(FILES, folder.path), different);
  assertEquals(await writeProtoFiles(FILES, folder.path), [HEALTH]);
});

Deno.test("writeProtoFiles() makes the folder, and takes a URL with a slash or without", async () => {
  await using folder = await makeFolder();
  const url = pathToFileURL(`${folder.path}/a b/proto`);
  assertEquals(await writeProtoFiles(FILES, url), [GREETER, HEALTH]);
  assertEquals(await writeProtoFiles(FILES, new URL(`${url}/`)), []);
  assertEquals(await writeProtoFiles(FILES, `${folder.path}/a b/proto/`), []);
});

for (
  const name of ["../out.proto", "/etc/out.proto", "a/../../b.proto", "a//b.proto", "", "a\\b"]
) {
  Deno.test(`writeProtoFiles() refuses the name "${name}", and writes nothing`, async () => {
    await using folder = await makeFolder();
    const bad = { ...Greeter.file, proto: { ...Greeter.file.proto, name } };
    await assertRejects(
      () => writeProtoFiles([Health.file, bad], folder.path),
      TypeError,
      `Cannot write "${name}" to a folder: use a path within it`,
    );
    assertEquals(await Array.fromAsync(Deno.readDir(folder.path)), []);
  });
}

async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
