import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** The modules that run when another is imported. */
async function modulesOf(entry: string): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const graph = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: { specifier: string; dependencies?: { code?: { specifier?: string } }[] }[];
  };
  const found = new Set(graph.roots);
  for (const specifier of found) {
    const module = graph.modules.find((each) => each.specifier === specifier);
    for (const { code } of module?.dependencies ?? []) {
      if (code?.specifier !== undefined) found.add(code.specifier);
    }
  }
  return [...found];
}

const isZod = (specifier: string) => /\bzod\b/.test(specifier.replace(ROOT.href, ""));

for (const entry of ["mod.ts", "src/schema/compile_services.ts"]) {
  Deno.test(`${entry} loads no Zod`, async () => {
    const modules = await modulesOf(entry);
    assert(modules.length > 10);
    assertEquals(modules.filter(isZod), []);
  });
}

Deno.test("src/generated_message.ts loads Zod, so that the tests above can tell", async () => {
  assert((await modulesOf("src/generated_message.ts")).some(isZod));
});
