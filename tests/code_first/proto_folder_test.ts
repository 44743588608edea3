import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { pathToFileURL } from "node:url";
import {
  findStaleFiles,
  readTextIfThere,
  writeStaleFiles,
} from "../../src/code_first/proto_folder.ts";
import { ConfigError } from "../../src/errors.ts";

const [PROTO, LOCK] = ["demo/v1/demo.proto", "demo/v1/demo.lock"];
const TEXTS = new Map([[PROTO, "// proto\n"], [LOCK, "{}\n"]]);

Deno.test("writeStaleFiles() writes what findStaleFiles() calls stale, and nothing else", async () => {
  await using folder = await makeFolder();
  const missing = [PROTO, LOCK].map((name) => ({ name, reason: "missing" as const }));
  assertEquals(await findStaleFiles(TEXTS, folder.path), missing);
  assertEquals(await writeStaleFiles(TEXTS, folder.path), missing);
  assertEquals(await Deno.readTextFile(`${folder.path}/${PROTO}`), "// proto\n");
  assertEquals(await findStaleFiles(TEXTS, folder.path), []);
  assertEquals(await writeStaleFiles(TEXTS, folder.path), []);

  await Deno.writeTextFile(`${folder.path}/${LOCK}`, "by hand\n", { append: true });
  const different = [{ name: LOCK, reason: "different" as const }];
  assertEquals(await findStaleFiles(TEXTS, folder.path), different);
  assertEquals(await writeStaleFiles(TEXTS, folder.path), different);
});

Deno.test("writeStaleFiles() makes the folder, and takes a URL with a slash or without", async () => {
  await using folder = await makeFolder();
  const url = pathToFileURL(`${folder.path}/a b/proto`);
  assertEquals((await writeStaleFiles(TEXTS, url)).length, 2);
  assertEquals(await writeStaleFiles(TEXTS, new URL(`${url}/`)), []);
  assertEquals(await writeStaleFiles(TEXTS, `${folder.path}/a b/proto/`), []);
});

Deno.test("readTextIfThere() reads, finds nothing, and says what it cannot read", async () => {
  await using folder = await makeFolder();
  await writeStaleFiles(TEXTS, folder.path);
  assertEquals(readTextIfThere(folder.path, LOCK), "{}\n");
  assertEquals(readTextIfThere(folder.path, "other.lock"), undefined);
  assertThrows(() => readTextIfThere(folder.path, "demo"), ConfigError, `Cannot read "`);
});

for (
  const name of ["../out.proto", "/etc/out.proto", "a/../../b.proto", "a//b.proto", "", "a\\b"]
) {
  Deno.test(`writeStaleFiles() refuses the name "${name}", and writes nothing`, async () => {
    await using folder = await makeFolder();
    await assertRejects(
      () => writeStaleFiles(new Map([...TEXTS, [name, ""]]), folder.path),
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
