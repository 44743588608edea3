import { assert, assertEquals } from "@std/assert";
import { runBuf } from "./support/buf.ts";
import { writeProtoImports } from "./support/proto_imports.ts";

const ROOT = new URL("../", import.meta.url);
const IMPORTS = "buf.imports.yaml";

Deno.test("gen/ is what proto/ generates", async () => {
  const output = await Deno.makeTempDir();
  try {
    await writeProtoImports();
    await buf("generate", "--config", IMPORTS, "--output", output);
    const committed = await readTree(new URL("gen/", ROOT));
    assertEquals(await readTree(new URL(`file://${output}/gen/`)), committed);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

Deno.test("proto/ passes buf lint and is formatted", async () => {
  await writeProtoImports();
  for (const which of [[], ["--config", IMPORTS, "--path", "proto/accounts"]]) {
    await buf("lint", ...which);
    await buf("format", "--diff", "--exit-code", ...which);
  }
});

async function buf(...args: string[]): Promise<void> {
  const { success, output } = await runBuf(...args);
  assert(success, output);
}

async function readTree(directory: URL): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of Deno.readDir(directory)) {
    const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, directory);
    if (entry.isDirectory) {
      const below = await readTree(url);
      for (const name in below) files[`${entry.name}/${name}`] = below[name]!;
    } else {
      files[entry.name] = await Deno.readTextFile(url);
    }
  }
  return files;
}
