import { assert, assertEquals } from "@std/assert";
import { runBuf } from "./support/buf.ts";

const ROOT = new URL("../", import.meta.url);

Deno.test("gen/ is what proto/ generates", async () => {
  const output = await Deno.makeTempDir();
  try {
    await buf("generate", "--output", output);
    const committed = await readTree(new URL("gen/", ROOT));
    assertEquals(await readTree(new URL(`file://${output}/gen/`)), committed);
  } finally {
    await Deno.remove(output, { recursive: true });
  }
});

Deno.test("proto/ passes buf lint and is formatted", async () => {
  await buf("lint");
  await buf("format", "--diff", "--exit-code");
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
