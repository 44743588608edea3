import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const BUF = "npm:@bufbuild/buf@1.74.0/buf";

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

/** buf starts its plugin as "deno", so this very Deno comes first on its path. */
async function buf(...args: string[]): Promise<void> {
  const directory = new URL(".", `file://${Deno.execPath()}`).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "-A", BUF, ...args],
    cwd: ROOT,
    env: { PATH: `${directory}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 0, decode(stdout) + decode(stderr));
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
